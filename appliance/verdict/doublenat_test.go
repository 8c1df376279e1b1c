package verdict

import (
	"net/netip"
	"testing"

	"trunktester/probes/facts"
)

// routerSays: the router tells these outside addresses, one for each way; "" for a way that it does not know, "none" where it says
// that it has none.
func routerSays(told ...string) func(*site) {
	return func(s *site) {
		s.Facts.WAN = &facts.WAN{Router: router}
		for i, addr := range told {
			a := facts.WANAnswer{Way: []string{"UPnP", "NAT-PMP", "PCP"}[i], Answer: facts.Silent}
			switch addr {
			case "":
			case "none":
				a.Answer, a.None = facts.Answered, true
			default:
				a.Answer, a.Addr = facts.Answered, netip.MustParseAddr(addr)
			}
			s.Facts.WAN.Answers = append(s.Facts.WAN.Answers, a)
		}
	}
}

// secondHop: this is the router behind the site's own.
func secondHop(addr string, icmp int) func(*site) {
	return func(s *site) {
		s.Facts.Hops = &facts.Walk{Hops: []facts.Hop{{TTL: 1, Addr: router, Type: 11}, {TTL: 2, Addr: netip.MustParseAddr(addr), Type: icmp}}}
	}
}

// seenAs: the provider, and the STUN servers where public is not "", see this line so.
func seenAs(provider, public string) func(*site) {
	return func(s *site) {
		for _, p := range []*facts.Path{s.Facts.UDP, s.Facts.TCP, s.Facts.TLS} {
			for _, x := range p.Targets[0].Exchanges {
				x.Reply.SeenAs = netip.AddrPort{}
				if provider != "" {
					x.Reply.SeenAs = netip.AddrPortFrom(netip.MustParseAddr(provider), 40000)
				}
			}
		}
		s.Facts.Public = &facts.Public{}
		if public != "" {
			s.Facts.Public.Addr = netip.MustParseAddr(public)
		}
	}
}

func TestDoubleNATTickets(t *testing.T) {
	judgeAll(t, []ticket{
		{"carrier-grade NAT, and the trunk works", healthy().with(routerSays("100.64.0.2")), "ok green", "3-7 green", "ggggg"},
		{"two routers, and the trunk works", healthy().with(routerSays("", "192.168.8.2")), "ok green", "3-7 green", "ggggg"},
		{"two routers, and the PBX is not registered", healthy().with(routerSays("", "", "10.0.0.2"), noEntries), "5-1 red", "3-7 amber", "ggagR"},
		{"two routers and a wrong password", healthy().with(routerSays("192.168.8.2"), refusedLogin(401, "Unauthorized")), "4-2 red", "3-7 amber", "ggaR-"},
		{"one router, which tells the public address", healthy().with(routerSays("203.0.113.2", "203.0.113.2")), "ok green", "", "ggggg"},
		{"the same, and the line's equipment has private addresses", healthy().with(routerSays("203.0.113.2"), secondHop("10.11.0.1", 11)), "ok green", "", "ggggg"},
		{"two lines: the router tells the public address of the other", healthy().with(routerSays("203.0.113.99")), "ok green", "", "ggggg"},
		{"the router's two protocols disagree", healthy().with(routerSays("100.64.0.2", "203.0.113.2")), "ok green", "", "ggggg"},
		{"the router hides its private address, as MiniUPnPd does", healthy().with(routerSays("none", "none"), secondHop("192.168.8.1", 11), noEntries), "5-1 red", "3-7 amber", "ggagR"},
		{"the same, and the trunk works", healthy().with(routerSays("none", "none"), secondHop("192.168.8.1", 11)), "ok green", "3-7 green", "ggggg"},
		{"the same, shared by the carrier, and the portal holds an old address", healthy().with(ipTrunk("203.0.113.77"), routerSays("none"), secondHop("100.64.0.1", 11)), "3-7 red", "4-6 red", "ggRr-"},
		{"the router says that it has no address, and nothing else speaks for a second one", healthy().with(routerSays("none"), secondHop("203.0.113.1", 11), noEntries), "5-1 red", "", "ggggR"},
		{"a silent router, a private address behind it, and the PBX is not registered", healthy().with(routerSays("", ""), secondHop("192.168.8.1", 11), noEntries), "5-1 red", "3-7 green", "ggggR"},
		{"a silent router, and a private address behind it", healthy().with(routerSays("", "", ""), secondHop("10.11.0.1", 11)), "ok green", "3-7 green", "ggggg"},
		{"a silent router, and a private address behind it; the password is wrong", healthy().with(secondHop("100.64.0.1", 11), refusedLogin(401, "Unauthorized")), "4-2 red", "3-7 green", "gggR-"},
		{"a silent router, and a public address behind it", healthy().with(routerSays("", "", ""), secondHop("203.0.113.1", 11)), "ok green", "", "ggggg"},
		{"a second router of the site that routes, in the box's own network", healthy().with(secondHop("192.168.1.2", 11)), "ok green", "", "ggggg"},
		{"the device behind refuses the datagram: a server on the site, not a hop", healthy().with(secondHop("10.11.0.5", 3)), "ok green", "", "ggggg"},
		{"a private line to the provider, which sees the router's own address", healthy().with(routerSays("10.1.2.3"), seenAs("10.1.2.3", "203.0.113.2")), "ok green", "", "ggggg"},
		{"no address is seen anywhere", healthy().with(routerSays("100.64.0.2"), seenAs("", "")), "ok green", "", "ggggg"},
		{"the provider does not say what it sees, STUN does", healthy().with(routerSays("100.64.0.2"), seenAs("", "203.0.113.2")), "ok green", "3-7 green", "ggggg"},
		{"a rewriting router hides what the provider sees, STUN does not", healthy().with(algProved, routerSays("100.64.0.2"), seenAs("192.168.1.20", "203.0.113.2")), "3-2 amber", "3-7 green", "ggAgg"},
		{"the portal holds the shared address", healthy().with(ipTrunk("203.0.113.2"), routerSays("100.64.0.2")), "3-7 amber", "", "ggAgg"},
		{"the portal holds the router's own outside address", healthy().with(ipTrunk("100.64.0.2"), routerSays("100.64.0.2")), "3-7 red", "4-6 red", "ggRr-"},
		{"the portal holds the inner router's outside address", healthy().with(ipTrunk("192.168.8.2"), routerSays("192.168.8.2")), "3-7 red", "4-6 red", "ggRr-"},
		{"the portal holds an old address, and the line has none of its own", healthy().with(ipTrunk("203.0.113.77"), routerSays("100.64.0.2")), "3-7 red", "4-6 red", "ggRr-"},
		{"the portal holds an old address, behind two routers of the site", healthy().with(ipTrunk("203.0.113.77"), routerSays("192.168.8.2")), "4-6 red", "3-7 amber", "ggaR-"},
	})
}
