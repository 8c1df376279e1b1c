package verdict

import (
	"net/netip"
	"strings"
	"testing"

	"trunktester/probes/facts"
)

// large: what became of large packets at two hosts, by ping and by DNS; small ones were answered.
func large(answer facts.Answer, more ...func(*facts.MTU)) func(*site) {
	return func(s *site) {
		m := &facts.MTU{Large: 1500, Small: 576}
		for _, host := range []string{"1.1.1.1", "8.8.8.8"} {
			for _, way := range []string{"icmp", "udp"} {
				m.Asked = append(m.Asked, facts.MTUPair{Addr: netip.MustParseAddr(host), Way: way, Small: facts.Answered, Large: answer, Sends: 4})
			}
		}
		for _, change := range more {
			change(m)
		}
		s.Facts.MTU = m
	}
}

// told: a device on the way named the size that passes.
func told(size int) func(*facts.MTU) {
	return func(m *facts.MTU) { m.Asked[0].Told, m.Asked[0].Large = size, facts.Refused }
}

// but changes the pairs of one way.
func but(way string, change func(*facts.MTUPair)) func(*facts.MTU) {
	return func(m *facts.MTU) {
		for i := range m.Asked {
			if m.Asked[i].Way == way {
				change(&m.Asked[i])
			}
		}
	}
}

// pingless: nobody answers ping.
func pingless(m *facts.MTU) {
	but("icmp", func(p *facts.MTUPair) { p.Small, p.Large = facts.Silent, facts.Silent })(m)
}

// tlsStuck: the connection is made, and the handshake gets no further.
func tlsStuck(s *site) {
	s.Profile.Trunk.Transport = "tls"
	s.with(silentSIP("tls"))
	s.Facts.TLS.Targets[0].Connect = facts.Answered
	s.Facts.TLS.Targets[0].TLS = &facts.TLSSession{Error: "deadline exceeded", Fault: "handshake", Stalled: true}
}

func TestMTUTickets(t *testing.T) {
	judgeAll(t, []ticket{
		{"large packets vanish, and the trunk works with small ones", healthy().with(large(facts.Silent)), "2-8 amber", "", "gAggg"},
		{"large packets vanish, and the trunk's TLS handshake is stuck", healthy().with(tlsStuck, large(facts.Silent)), "2-8 red", "", "gR---"},
		{"nobody answers ping, large questions vanish, and the trunk's TLS handshake is stuck", healthy().with(tlsStuck, large(facts.Silent, pingless)), "2-8 red", "", "gR---"},
		{"nobody answers ping, large questions are answered, and the trunk's TLS handshake is stuck", healthy().with(tlsStuck, large(facts.Answered, pingless)), "4-8 red", "", "gg-R-"},
		{"large packets vanish, and TLS is stuck that this trunk does not use", healthy().with(large(facts.Silent), silentSIP("tls")), "2-8 amber", "", "gAggg"},
		{"large packets vanish, and the trunk's TLS works, since the router clamps TCP", healthy().with(large(facts.Silent),
			func(s *site) { s.Profile.Trunk.Transport, s.Facts.Login.Transport = "tls", "tls" }), "2-8 amber", "", "gAggg"},

		{"a line with PPPoE says that 1492 bytes pass", healthy().with(large(facts.Silent, told(1492))), "ok green", "", "ggggg"},
		{"large packets pass", healthy().with(large(facts.Answered)), "ok green", "", "ggggg"},
		{"one host of two drops large packets", healthy().with(large(facts.Silent, func(m *facts.MTU) { m.Asked[2].Large = facts.Answered })), "ok green", "", "ggggg"},
		{"a firewall drops large pings only", healthy().with(large(facts.Answered, but("icmp", func(p *facts.MTUPair) { p.Large = facts.Silent }))), "ok green", "", "ggggg"},
		{"ping is dropped altogether, and resolvers ignore long questions", healthy().with(large(facts.Silent, but("icmp", func(p *facts.MTUPair) { p.Small = facts.Silent }))), "ok green", "", "ggggg"},
		{"the resolvers are blocked, and large pings are dropped", healthy().with(large(facts.Silent, but("udp", func(p *facts.MTUPair) { p.Small = facts.Silent }))), "ok green", "", "ggggg"},
		{"only one host answers small packets", healthy().with(large(facts.Silent, func(m *facts.MTU) { m.Asked = m.Asked[:2] })), "ok green", "", "ggggg"},
		{"one large packet was sent to each, and lost", healthy().with(large(facts.Silent, func(m *facts.MTU) {
			for i := range m.Asked {
				m.Asked[i].Sends = 1
			}
		})), "ok green", "", "ggggg"},
		{"TLS is stuck, and large packets pass", healthy().with(tlsStuck, large(facts.Answered)), "4-8 red", "", "gg-R-"},
		{"large packets vanish, and the trunk's certificate ran out", healthy().with(func(s *site) { s.Profile.Trunk.Transport = "tls" }, silentSIP("tls"), expired(true), large(facts.Silent)),
			"4-8 red", "2-8 amber", "ga-R-"},
		{"the line is down: not even small packets are answered", healthy().with(silentOutside, noPing, silentSIP("udp", "tcp", "tls"), large(facts.Silent,
			but("icmp", func(p *facts.MTUPair) { p.Small = facts.Silent }), but("udp", func(p *facts.MTUPair) { p.Small = facts.Silent }))), "2-1 red", "", "gR---"},
	})
}

// A green says what was not proved: large packets that nobody but name servers could be asked about.
func TestLargePacketsThatOnlyNameServersAreSilentTo(t *testing.T) {
	const note = "Whether the line or the name servers drop them could not be told."
	for _, c := range []struct {
		name  string
		site  *site
		noted bool
	}{
		{"nobody answers ping, and large questions vanish", healthy().with(large(facts.Silent, pingless)), true},
		{"nobody answers ping, and large questions are answered", healthy().with(large(facts.Answered, pingless)), false},
		{"nobody answers ping, and the line says that 1492 bytes pass", healthy().with(large(facts.Silent, pingless, told(1492))), false},
		{"nobody answers ping, and one name server is silent to large questions", healthy().with(large(facts.Silent, pingless, func(m *facts.MTU) { m.Asked = m.Asked[:2] })), false},
		{"nobody answers ping, and the name servers are silent to small questions too", healthy().with(large(facts.Silent, pingless, but("udp", func(p *facts.MTUPair) { p.Small = facts.Silent }))), false},
		{"nobody answers ping, and each large question was sent once", healthy().with(large(facts.Silent, pingless, but("udp", func(p *facts.MTUPair) { p.Sends = 1 }))), false},
		{"nobody answers ping, and large questions are refused", healthy().with(large(facts.Silent, pingless, but("udp", func(p *facts.MTUPair) { p.Large = facts.Refused }))), false},
		{"large pings pass", healthy().with(large(facts.Silent, but("icmp", func(p *facts.MTUPair) { p.Large = facts.Answered }))), false},
		{"small pings are answered, and each large one was sent once", healthy().with(large(facts.Silent, but("icmp", func(p *facts.MTUPair) { p.Sends = 1 }))), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if v := Judge(c.site.Input).Finding; v.Code != "ok" || strings.Contains(v.Text, note) != c.noted {
				t.Errorf("%s: %s", v.Code, v.Text)
			}
		})
	}
}
