package verdict

import (
	"testing"

	"trunktester/probes/facts"
)

// remembers: an earlier run saw this.
func remembers(r facts.Remembered) func(*site) { return func(s *site) { s.Facts.Remembered = &r } }

// realmSet: the box's file names this realm.
func realmSet(realm string) func(*site) { return func(s *site) { s.Profile.Trunk.Realm = realm } }

// notTried: the registrar asks for a password, and none was sent.
func notTried(s *site) {
	s.with(refusedBefore(401, "Unauthorized"))
	s.Facts.Login.Challenges = []facts.Challenge{{Code: 401, Realm: "sip.example.net"}}
}

func TestLoginTickets(t *testing.T) {
	judgeAll(t, []ticket{
		{"the login was refused in an earlier run, and now the provider asks for no password", healthy().with(open, remembers(facts.Remembered{LoginRefused: true, RefusedWith: 401})), "ok green", "", "ggggg"},
		{"a realm is set, and the provider is overloaded before it asks for any", healthy().with(realmSet("sip.example.net"), refusedBefore(503, "Service Unavailable")), "4-7 red", "", "gggR-"},
		{"the realm is right, and the login was refused in an earlier run", healthy().with(realmSet("sip.example.net"), notTried, remembers(facts.Remembered{LoginRefused: true, RefusedWith: 401})), "4-2 red", "", "gggR-"},
		{"the provider's challenge ran out twice: the password may be right", healthy().with(refusedLogin(401, "Unauthorized"), func(s *site) { s.Facts.Login.Challenges[1].Stale = true }), "4-2 amber", "", "gggA-"},
		{"wrong password, and the last run saw no realm", healthy().with(refusedLogin(401, "Unauthorized"), remembers(facts.Remembered{})), "4-2 red", "", "gggR-"},
		{"wrong password, and the realm is that of the last run", healthy().with(refusedLogin(401, "Unauthorized"), remembers(facts.Remembered{Realm: "sip.example.net"})), "4-2 red", "", "gggR-"},
		{"wrong password, and no realm was seen to compare with the last run's", healthy().with(refusedLogin(403, "Forbidden"), remembers(facts.Remembered{Realm: "old.example.net"}), func(s *site) {
			s.Facts.Login.Challenges = nil
		}), "4-2 red", "", "gggR-"},
		{"in an earlier run the provider disliked the query: that is no refused login", healthy().with(notTried, remembers(facts.Remembered{LoginRefused: true, RefusedWith: 400})), "box broken", "", "ggg--"},
		{"an address-authenticated trunk, and no address was compared", healthy().with(ipTrunk("203.0.113.2"), forget(func(f *facts.Facts) { f.CheckIP = nil })), "box broken", "", "ggg--"},
		{"no login was tried, since the trunk's way was not tried either", healthy().with(registerUnanswered, forget(func(f *facts.Facts) { f.UDP = nil })), "box broken", "", "gg---"},
		{"REGISTER was answered late, and the login's own message was lost", healthy().with(registerUnanswered, func(s *site) {
			s.Facts.UDP.Targets[0].Exchanges[1].Reply = &facts.Reply{Code: 401}
		}), "box broken", "", "ggg--"},
		{"silence after the login, and nobody measured the line", healthy().with(func(s *site) {
			s.Facts.Login.Accepted, s.Facts.Login.Reply, s.Facts.Login.Attempts, s.Facts.Quality = false, nil, 2, nil
		}, from(5)), "4-9 red", "", "gggR-"},
	})
	ignored := func(more ...func(*site)) *site {
		return healthy().with(silentSIP("udp", "tcp", "tls"), control(true)).with(more...)
	}
	certified := func(proxy string) func(*site) {
		return func(s *site) {
			s.with(over("tls"), silentSIP("tls"))
			s.Profile.Trunk.ProxyHost = proxy
			s.Facts.TLS.Targets[0].TLS = &facts.TLSSession{Fault: "name", Names: []string{"other.example.org"}, ClockKnown: true}
		}
	}
	hearAll(t, []saying{
		{"the provider ignores an address, which STUN tells", ignored(), "4-9", "from 203.0.113.2. Ask whether 203.0.113.2 is blocked", ""},
		{"the provider ignores an address, and nobody asked which", ignored(forget(func(f *facts.Facts) { f.Public = nil })), "4-9", "this line's public address is blocked", ""},
		{"the provider ignores an address, and STUN servers do not agree", ignored(func(s *site) { s.Facts.Public = &facts.Public{Differ: true} }), "4-9", "this line's public address is blocked", "invalid"},
		{"the certificate has another name", healthy().with(certified("")), "4-8", "not for sip.example.net.", " or "},
		{"the certificate has another name, and the trunk has a proxy", healthy().with(certified("proxy.example.net")), "4-8", "not for proxy.example.net or sip.example.net.", ""},
		{"the certificate has another name, and the trunk's proxy is its domain", healthy().with(certified("sip.example.net")), "4-8", "not for sip.example.net.", " or "},
		{"the challenge ran out twice", healthy().with(refusedLogin(401, "Unauthorized"), func(s *site) { s.Facts.Login.Challenges[1].Stale = true }), "4-2", "could not be told", "is wrong"},
	})
}
