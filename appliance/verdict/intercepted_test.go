package verdict

import (
	"net/netip"
	"testing"
	"time"

	"trunktester/probes/facts"
)

// catches: this many of two addresses where nothing lives answered SIP over the trunk's transport, as a
// program of this name.
func catches(n int, server string) func(*site) {
	return func(s *site) {
		s.Facts.Nowhere = &facts.Path{Transport: trunk(s.Input).Transport}
		for i, addr := range []string{"192.0.2.60:5060", "192.0.2.190:5060"} {
			x := facts.Exchange{Method: "OPTIONS", Sends: 2}
			if i < n {
				x.Reply = &facts.Reply{Code: 200, Reason: "OK", From: netip.MustParseAddrPort(addr), Server: server}
			}
			s.Facts.Nowhere.Targets = append(s.Facts.Nowhere.Targets, facts.Attempt{Target: netip.MustParseAddrPort(addr), Exchanges: []facts.Exchange{x}})
		}
	}
}

// answeredAs: what came over a transport names this program, after this time.
func answeredAs(transport, server string, after time.Duration) func(*site) {
	return func(s *site) {
		for i := range path(s.Facts, transport).Targets[0].Exchanges {
			r := path(s.Facts, transport).Targets[0].Exchanges[i].Reply
			r.Server, r.RTT = server, facts.Duration(after)
		}
	}
}

func pingTakes(least time.Duration) func(*site) {
	return func(s *site) { s.Facts.Ping.Targets[0].Min = facts.Duration(least) }
}

func TestInterceptedTickets(t *testing.T) {
	const ms = time.Millisecond
	router, sbc := answeredAs("udp", "Router", ms), answeredAs("udp", "SBC", 20*ms)
	unknown := refusedBefore(404, "Not Found")
	judgeAll(t, []ticket{
		{"the router answers SIP for everybody, the provider too, and does not know the account", healthy().with(catches(2, "Router"), router, silentSIP("tls"), unknown),
			"3-9 red", "", "ggR--"},
		{"the same, and it refuses the login with the box's settings", healthy().with(catches(2, "Router"), router, refusedLogin(403, "Forbidden")), "3-9 red", "", "ggR--"},
		{"the same, and it takes everything without asking for a password", healthy().with(catches(2, "Router"), router, open), "3-9 red", "", "ggR--"},
		{"the same, and the line behind it is down", healthy().with(catches(2, "Router"), router, answeredAs("tcp", "Router", ms), silentSIP("tls"), unknown, silentOutside, noPing),
			"2-1 red", "3-9 red", "gRr--"},
		{"the same, and the provider's host shows no other sign of life", healthy().with(catches(2, "Router"), router, silentSIP("tcp", "tls"), unknown, noPing),
			"3-9 red", "", "ggR--"},
		{"the answer names no program, but came sooner than the provider can answer", healthy().with(catches(2, ""), answeredAs("udp", "", ms), pingTakes(20*ms), unknown), "3-9 red", "", "ggR--"},
		{"the answer was not sooner than a ping", healthy().with(catches(2, ""), answeredAs("udp", "", 21*ms), pingTakes(20*ms), unknown), "4-3 red", "3-9 amber", "ggaR-"},
		{"the provider is next door", healthy().with(catches(2, ""), answeredAs("udp", "", ms/10), pingTakes(ms), unknown), "4-3 red", "3-9 amber", "ggaR-"},
		{"the provider runs the same program, as TLS shows", healthy().with(catches(2, "SBC"), sbc, answeredAs("tls", "SBC", 20*ms), unknown), "4-3 red", "3-9 amber", "ggaR-"},
		{"a device catches SIP for everybody, and the provider's answers are another's", healthy().with(catches(2, "Router"), sbc, unknown), "4-3 red", "3-9 amber", "ggaR-"},
		{"a device catches SIP for everybody, and the trunk works through it", healthy().with(catches(2, "Router"), router), "3-9 amber", "", "ggAgg"},
		{"a device catches SIP for everybody, and nothing of the provider comes back", healthy().with(catches(2, "Router"), silentSIP("udp", "tcp", "tls")), "3-9 red", "", "ggR--"},
		{"only one of two addresses answers: somebody misuses it", healthy().with(catches(1, "Router"), router, unknown), "4-3 red", "", "gggR-"},
		{"an address-authenticated trunk, and the router answers for the provider", healthy().with(ipTrunk("203.0.113.77"), catches(2, "Router"), router), "3-9 red", "", "ggR--"},
		{"a border controller on the site takes all SIP", healthy().with(catches(2, "SBC"), sbc, func(s *site) {
			s.Facts.Name.Targets[0].Addr = netip.MustParseAddrPort("192.168.1.2:5060")
		}), "ok green", "", "ggggg"},
		{"a border controller on the site, and a wrong password", healthy().with(catches(2, "SBC"), sbc, refusedLogin(401, "Unauthorized"), func(s *site) {
			s.Facts.Name.Targets[0].Addr = netip.MustParseAddrPort("192.168.1.2:5060")
		}), "4-2 red", "", "gggR-"},
		{"nobody answers where nothing lives", healthy().with(catches(0, "")), "ok green", "", "ggggg"},
	})
	said := "A device on the way answers SIP in the place of others (3-9), so whether this answer is the provider's own cannot be told."
	onSite := func(s *site) { s.Facts.Name.Targets[0].Addr = netip.MustParseAddrPort("192.168.1.2:5060") }
	again := func(s *site) { s.Facts.Login.Challenges[1].NewNonce = false }
	hearAll(t, []saying{
		{"the answer was not sooner than a ping, and names no program", healthy().with(catches(2, ""), answeredAs("udp", "", 21*ms), pingTakes(20*ms), unknown), "4-3", said, ""},
		{"the device names its program, the answer none", healthy().with(catches(2, "Router"), unknown), "4-3", said, ""},
		{"the provider runs the same program, as TLS shows", healthy().with(catches(2, "SBC"), sbc, answeredAs("tls", "SBC", 20*ms), unknown), "4-3", said, ""},
		{"the same: for whom it is", healthy().with(catches(2, "SBC"), sbc, answeredAs("tls", "SBC", 20*ms), unknown), "4-3", "| reseller it", ""},
		{"whoever answers asks the same question again: for whom it is", healthy().with(catches(2, ""), refusedLogin(401, "Unauthorized"), again), "4-2", "| reseller it provider", "provider it"},
		{"the provider's answers are another program's", healthy().with(catches(2, "Router"), sbc, unknown), "4-3", "", said},
		{"only one of two addresses answers", healthy().with(catches(1, "Router"), router, unknown), "4-3", "", said},
		{"a border controller on the site, and a wrong password", healthy().with(catches(2, "SBC"), sbc, refusedLogin(401, "Unauthorized"), onSite), "4-2", "", said},
	})
}
