package verdict

import (
	"testing"
	"time"

	"trunktester/probes/facts"
)

// unreached: the connections for a transport went so.
func unreached(transport string, how facts.Answer) func(*site) {
	return func(s *site) { s.with(silentSIP(transport)); path(s.Facts, transport).Targets[0].Connect = how }
}

// oneMore: a second server took the connection.
func oneMore(transport string) func(*site) {
	return func(s *site) {
		p := path(s.Facts, transport)
		p.Targets = append(p.Targets, facts.Attempt{Target: provider, Connect: facts.Answered})
	}
}

// A trunk over UDP that works, where TCP or TLS does not.
func TestStreamsBesideUDP(t *testing.T) {
	judgeAll(t, []ticket{
		{"TCP is dropped to everybody, and the trunk uses UDP", healthy().with(unreached("tcp", facts.Silent), control(true), controlTCP(facts.Silent)), "ok green", "3-4 green", "ggggg"},
		{"TCP is rejected on the way, and the trunk uses UDP", healthy().with(unreached("tcp", facts.Unreachable)), "ok green", "3-4 green", "ggggg"},
		{"the provider's name names TLS, whose port is reset", healthy().with(unreached("tls", facts.Refused), zoneServes), "ok green", "3-4 green", "ggggg"},
		{"the provider does not serve TCP and TLS, as is usual", healthy().with(unreached("tcp", facts.Refused), unreached("tls", facts.Silent)), "ok green", "", "ggggg"},
		{"the provider does not answer over TCP, and other hosts refuse it", healthy().with(unreached("tcp", facts.Silent), control(true), controlTCP(facts.Refused)), "ok green", "", "ggggg"},
		{"the provider does not answer over TCP, and other hosts do", healthy().with(unreached("tcp", facts.Silent), control(true), controlTCP(facts.Answered)), "ok green", "", "ggggg"},
		{"the provider does not answer over TCP, and other hosts are silent over UDP, too", healthy().with(unreached("tcp", facts.Silent), control(false), controlTCP(facts.Silent)), "ok green", "", "ggggg"},
		{"the provider does not answer over TLS, and other hosts are silent over TCP", healthy().with(unreached("tls", facts.Silent), control(true), controlTCP(facts.Silent)), "ok green", "", "ggggg"},
		{"the provider does not answer over TCP, and its other host does not either", healthy().with(unreached("tcp", facts.Silent), controlsAt(true, "198.51.100.9:5060"), controlTCP(facts.Silent)), "ok green", "", "ggggg"},
		{"no other host was asked over TCP", healthy().with(unreached("tcp", facts.Silent), control(true)), "ok green", "", "ggggg"},
		{"one of two servers takes the connection", healthy().with(unreached("tcp", facts.Silent), oneMore("tcp"), zoneServes), "ok green", "", "ggggg"},
		{"TCP was not tried", healthy().with(forget(func(f *facts.Facts) { f.TCP = nil }), zoneServes), "ok green", "", "ggggg"},
		{"TCP was not tried, as nothing leads there", healthy().with(func(s *site) { s.Facts.TCP.Targets = nil }, zoneServes), "ok green", "", "ggggg"},
		{"the same on a trunk over TLS is no business of TCP's", healthy().with(over("tls"), unreached("tcp", facts.Unreachable)), "ok green", "", "ggggg"},
		{"no SIP passes at all", healthy().with(silentSIP("udp", "tcp", "tls"), zoneServes), "3-1 red", "", "ggR--"},
		{"nobody looked the provider's name up", healthy().with(unreached("tls", facts.Refused), forget(func(f *facts.Facts) { f.Name = nil })), "ok green", "", "ggggg"},
	})
	hearAll(t, []saying{
		{"TCP is dropped to everybody", healthy().with(unreached("tcp", facts.Silent), control(true), controlTCP(facts.Silent)), "3-4", "SIP over TCP (the connection is not answered) does not reach the provider. Other SIP hosts, which answer over UDP, do not answer over TCP either", "cannot tell"},
		{"TCP and TLS are dropped to everybody, and the name names them", healthy().with(unreached("tcp", facts.Silent), unreached("tls", facts.Silent), zoneServes, control(true), controlTCP(facts.Unreachable)), "3-4", "over TCP (the connection is not answered) and TLS (the connection is not answered) does", "provider |"},
		{"TLS is reset", healthy().with(unreached("tls", facts.Refused), zoneServes), "3-4", "or the provider does not answer there: cannot tell which. This was tested from the box's own address. | Nothing need be done as long as the trunk uses UDP. Before", "The trunk's"},
		{"who might act on a reset", healthy().with(unreached("tls", facts.Refused), zoneServes), "3-4", "| it provider", ""},
		{"TCP is rejected on the way", healthy().with(unreached("tcp", facts.Unreachable)), "3-4", "A device on the way rejects it.", "provider does not answer there"},
	})
}

// A certificate at fault beside a trunk that does not use TLS is worth knowing.
func TestCertificateBesideUDP(t *testing.T) {
	session := func(fault string, clock bool) func(*site) {
		return func(s *site) {
			s.Facts.TLS.Targets[0].TLS = &facts.TLSSession{Fault: fault, Names: []string{"other.example.org"}, Issuer: "Example CA", ClockKnown: clock,
				NotBefore: time.Unix(0, 0).Add(-100 * time.Hour), NotAfter: time.Unix(0, 0)}
		}
	}
	toldAt := func(hours int) func(*site) { // after the certificate's end
		return func(s *site) {
			now := time.Unix(0, 0).Add(time.Duration(hours) * time.Hour)
			s.Facts.Clock = &facts.Clock{Source: "ntp", Now: &now}
		}
	}
	ownCA := func(s *site) { s.Profile.Trunk.TLSCA = []byte("PEM") }
	judgeAll(t, []ticket{
		{"the certificate is for another name", healthy().with(session("name", true)), "ok green", "4-8 green", "ggggg"},
		{"the certificate ran out, and the time is known", healthy().with(session("expired", true)), "ok green", "4-8 green", "ggggg"},
		{"the certificate seems to have run out, and the time is not known", healthy().with(session("expired", false)), "ok green", "", "ggggg"},
		{"the certificate ran out, as the time shows that came after it", healthy().with(session("", false), toldAt(1)), "ok green", "4-8 green", "ggggg"},
		{"the certificate is good by the time that came after it", healthy().with(session("", false), toldAt(-1)), "ok green", "", "ggggg"},
		{"the certificate is not yet good by the time that came after it", healthy().with(session("", false), toldAt(-1000)), "ok green", "4-8 green", "ggggg"},
		{"the time was told before, and nothing was wrong by it", healthy().with(session("", true), toldAt(1)), "ok green", "", "ggggg"},
		{"no certificate was shown", healthy().with(session("", false), toldAt(1), func(s *site) { s.Facts.TLS.Targets[0].TLS.NotAfter = time.Time{} }), "ok green", "", "ggggg"},
		{"the handshake failed before its certificate mattered", healthy().with(session("", false), toldAt(1), func(s *site) { s.Facts.TLS.Targets[0].TLS.Error = "reset" }), "ok green", "", "ggggg"},
		{"nobody told the time", healthy().with(session("", false), func(s *site) { s.Facts.Clock = &facts.Clock{Source: "none"} }), "ok green", "", "ggggg"},
		{"the time was told, and no connection was made for TLS", healthy().with(toldAt(1)), "ok green", "", "ggggg"},
		{"the time was told, and the name leads to no server for TLS", healthy().with(toldAt(1), func(s *site) { s.Facts.TLS.Targets = nil }), "ok green", "", "ggggg"},
		{"an authority that the box's file need not name", healthy().with(session("unknown-authority", true)), "ok green", "", "ggggg"},
		{"an authority that is not the one in the box's file", healthy().with(session("unknown-authority", true), ownCA), "ok green", "4-8 green", "ggggg"},
		{"something else than SIP over TLS is there", healthy().with(session("handshake", true), ownCA), "ok green", "", "ggggg"},
	})
	hearAll(t, []saying{{"the certificate is for another name", healthy().with(session("name", true)), "4-8", "is for other.example.org, not for sip.example.net. This trunk does not use TLS", boxFile}})
}

// A registrar that refuses a login asks with a new nonce.
func TestTheSameQuestionOnceMore(t *testing.T) {
	again := func(s *site) { s.Facts.Login.Challenges[1].NewNonce = false }
	judgeAll(t, []ticket{{"the provider asks the same question again", healthy().with(refusedLogin(401, "Unauthorized"), again), "4-2 red", "", "gggR-"}})
	hearAll(t, []saying{
		{"the provider asks the same question again", healthy().with(refusedLogin(401, "Unauthorized"), again), "4-2", "as if it had not seen the login: a device on the way may take that out. Cannot tell which.", ""},
		{"the proxy asks the same question again", healthy().with(refusedLogin(401, "Unauthorized"), again, func(s *site) { s.Facts.Login.Reply.Code = 407 }), "4-2", "reseller it provider", ""},
		{"the provider asks a new one", healthy().with(refusedLogin(401, "Unauthorized")), "4-2", "SIP does not say which of the two. This", "the same nonce"},
		{"the provider says no, and asks nothing", healthy().with(refusedLogin(401, "Unauthorized"), again, func(s *site) { s.Facts.Login.Reply.Code = 403 }), "4-2", "SIP does not say", "the same nonce"},
		{"the provider names no question this time", healthy().with(refusedLogin(401, "Unauthorized"), again, func(s *site) {
			s.Facts.Login.Challenges = s.Facts.Login.Challenges[:1]
			s.Facts.Login.Challenges[0].NewNonce = false
		}), "4-2", "SIP does not say", "the same nonce"},
	})
}
