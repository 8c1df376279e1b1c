package verdict

import (
	"net/netip"
	"testing"
	"time"

	"trunktester/appliance/catalogue"
	"trunktester/probes/facts"
)

// second is another server of the provider, which DNS names with this priority; the usual one has 10.
func second(priority int, does func(*facts.Attempt)) func(*site) {
	return func(s *site) {
		own := trunk(s.Input).Transport
		a := facts.Attempt{Target: netip.MustParseAddrPort("198.51.100.6:5060"), Exchanges: []facts.Exchange{
			{Method: "OPTIONS", Sends: 4, Spanned: facts.Duration(3500 * time.Millisecond)}}}
		does(&a)
		s.Facts.Name.Targets = []facts.Target{{Addr: a.Target, Transport: "udp", Priority: priority}, {Addr: a.Target, Transport: "tcp", Priority: 99},
			{Addr: provider, Transport: own, Priority: 10}}
		if own != "udp" {
			s.Facts.Name.Targets[0].Priority, s.Facts.Name.Targets[1].Priority = 99, priority
		}
		p := path(s.Facts, own)
		p.Targets = append([]facts.Attempt{a}, p.Targets...)
		if priority > 10 {
			p.Targets[0], p.Targets[1] = p.Targets[1], p.Targets[0]
		}
	}
}

func silentOnly(*facts.Attempt) {}

// registerToo: it was asked to register as well, in vain.
func registerToo(a *facts.Attempt) {
	register := a.Exchanges[0]
	register.Method = "REGISTER"
	a.Exchanges = append(a.Exchanges, register)
}

func serves(a *facts.Attempt) {
	a.Exchanges[0].Sends, a.Exchanges[0].Reply = 1, &facts.Reply{Code: 200}
}

// sent: so many messages over so long, none answered.
func sent(n int, span time.Duration) func(*facts.Attempt) {
	return func(a *facts.Attempt) { a.Exchanges[0].Sends, a.Exchanges[0].Spanned = n, facts.Duration(span) }
}

// connecting: how the connection to it went.
func connecting(answer facts.Answer, sends int) func(*facts.Attempt) {
	return func(a *facts.Attempt) {
		a.Connect, a.Exchanges[0].Sends, a.Exchanges[0].Spanned = answer, sends, 0
	}
}

// deniedBy: an ICMP error came back from there.
func deniedBy(who string, kind int) func(*facts.Attempt) {
	return func(a *facts.Attempt) {
		a.ICMP = []facts.ICMP{{Offender: netip.MustParseAddr(who), Type: kind, Code: 13, Provider: who == "198.51.100.6"}}
		a.Exchanges[0].Sends = 1
	}
}

// ignoresOptions: the usual server answers REGISTER alone.
func ignoresOptions(s *site) { s.Facts.UDP.Targets[0].Exchanges[0].Reply = nil }

func TestSeveralServers(t *testing.T) {
	const firewall, itself = "192.168.1.1", "198.51.100.6"
	judgeAll(t, []ticket{
		{"the first of two servers is dead, and the login works at the second", healthy().with(second(5, silentOnly)), "3-1 amber", "", "ggAgg"},
		{"the first of two servers is dead, and the provider answers REGISTER alone", healthy().with(ignoresOptions, second(5, registerToo)), "3-1 amber", "", "ggAgg"},
		{"one of two equal servers is dead", healthy().with(second(10, silentOnly)), "3-1 amber", "", "ggAgg"},
		{"the spare server is dead", healthy().with(second(20, silentOnly)), "ok green", "3-1 green", "ggggg"},
		{"both servers answer", healthy().with(second(5, serves)), "ok green", "", "ggggg"},
		{"three messages to one of two servers were lost", healthy().with(second(5, sent(3, 3500*time.Millisecond))), "ok green", "", "ggggg"},
		{"four messages to one of two servers within a second were lost", healthy().with(second(5, sent(4, time.Second))), "ok green", "", "ggggg"},
		{"one of two servers was not asked", healthy().with(second(5, sent(0, 0))), "ok green", "", "ggggg"},
		{"the provider ignores OPTIONS, which is all that the second server was asked", healthy().with(ignoresOptions, second(5, silentOnly)), "ok green", "", "ggggg"},
		{"a firewall refuses one of two servers", healthy().with(second(5, deniedBy(firewall, 3))), "3-1 amber", "", "ggAgg"},
		{"one of two servers has its port closed", healthy().with(second(5, deniedBy(itself, 3))), "3-1 amber", "", "ggAgg"},
		{"a hop limit ran out once on the way to one of two servers", healthy().with(second(5, deniedBy(firewall, 11))), "ok green", "", "ggggg"},
		{"one of two servers does not take the connection", healthy().with(over("tcp"), second(5, connecting(facts.Silent, 0))), "3-1 amber", "", "ggAgg"},
		{"one of two servers takes the connection and says nothing", healthy().with(over("tcp"), second(5, connecting(facts.Answered, 1))), "3-1 amber", "", "ggAgg"},
		{"one of two servers took the connection, and was not asked any more", healthy().with(over("tcp"), second(5, connecting(facts.Answered, 0))), "ok green", "", "ggggg"},
		{"the spare server for TCP is dead", healthy().with(over("tcp"), second(20, connecting(facts.Silent, 0))), "ok green", "3-1 green", "ggggg"},
		{"one of two servers is dead, and the login is refused", healthy().with(second(5, silentOnly), refusedLogin(403, "Forbidden")), "4-2 red", "3-1 amber", "ggaR-"},
		{"neither of two servers answers", healthy().with(silentSIP("udp", "tcp", "tls"), second(5, silentOnly)), "3-1 red", "", "ggR--"},
		{"a device on the line answers for one of two servers, the provider for neither", healthy().with(catches(2, "Router"), answeredAs("udp", "Router", time.Millisecond), silentSIP("tls"), refusedBefore(404, "Not Found"), second(5, silentOnly)), "3-9 red", "", "ggR--"},
		{"one of two servers is dead, and nobody looked its name up", healthy().with(second(5, silentOnly), forget(func(f *facts.Facts) { f.Name = nil })), "3-1 amber", "", "ggAgg"},
	})
	lost := func(n int) func(*site) {
		return func(s *site) { s.Facts.Quality.Far[0].Back = 100 - n }
	}
	hearAll(t, []saying{
		{"the first of two servers is dead", healthy().with(second(5, silentOnly)), "3-1", "198.51.100.6:5060 left 4 messages over 3.5 s without an answer, while 198.51.100.5:5060 answered. A PBX that chooses it", "chance"},
		{"two servers are dead in the same way, and one refuses", healthy().with(second(6, deniedBy(itself, 3)), second(5, silentOnly), second(4, silentOnly)), "3-1",
			"answer: 198.51.100.6:5060, 198.51.100.6:5060 left 4 messages over 3.5 s without an answer; 198.51.100.6:5060 refuses the messages", ""},
		{"the spare server is dead", healthy().with(second(20, silentOnly)), "3-1", "It is a spare one", "A PBX that chooses it"},
		{"a firewall refuses one of two servers", healthy().with(second(5, deniedBy(firewall, 3))), "3-1", "is not reached, while 198.51.100.5:5060 answered. The device 192.168.1.1 refused it", "provider it"},
		{"one of two servers has its port closed", healthy().with(second(5, deniedBy(itself, 3))), "3-1", "refuses the messages (ICMP 3/13)", "The device"},
		{"one of two servers resets the connection", healthy().with(over("tcp"), second(5, connecting(facts.Refused, 0))), "3-1", "refuses the connection", ""},
		{"one of two servers cannot be reached", healthy().with(over("tcp"), second(5, connecting(facts.Unreachable, 0))), "3-1", "cannot be reached", ""},
		{"one of two servers is silent on a line that loses a fifth", healthy().with(second(5, silentOnly), lost(20)), "3-1", "this may be chance", ""},
		{"one of two servers is silent on a line that loses a twentieth", healthy().with(second(5, silentOnly), lost(5)), "3-1", "A PBX that chooses it", "this may be chance"},
		{"one of two servers is silent, and a far host never answers ping", healthy().with(second(5, silentOnly), lost(100)), "3-1", "A PBX that chooses it", "this may be chance"},
		{"one of two servers is silent, and nobody measured the line", healthy().with(second(5, silentOnly), forget(func(f *facts.Facts) { f.Quality = nil })), "3-1", "A PBX that chooses it", "this may be chance"},
	})
	if v := Judge(healthy().with(second(5, silentOnly), lost(20)).Input); v.Finding.Code == "3-1" || v.Finding.Severity == catalogue.Red {
		t.Errorf("%s %s on a line that loses a fifth: %s", v.Finding.Code, v.Finding.Severity, v.Finding.Text)
	}
}
