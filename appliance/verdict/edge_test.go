package verdict

import (
	"net/netip"
	"testing"

	"trunktester/appliance/catalogue"
	"trunktester/probes/facts"
)

// edgeOf: the profile names the edge of a leased line; who answered on the way there stands in the hops.
func edgeOf(addr string, back int, hops ...facts.Hop) func(*site) {
	return func(s *site) {
		edge := netip.MustParseAddr(addr)
		s.Profile.Line.Kind, s.Profile.Line.Edge = "leased", edge
		s.Facts.Edge = &facts.Edge{Addr: edge, Ping: facts.Echo{Addr: edge, Sent: 5, Back: back}, Walk: facts.Walk{Hops: hops}}
	}
}

// hop is a device at which a datagram ended, with the type and code of its ICMP error.
func hop(addr string, kind, code int) facts.Hop {
	return facts.Hop{Addr: netip.MustParseAddr(addr), Type: kind, Code: code}
}

func TestEdgeTickets(t *testing.T) {
	const far = "203.0.113.1"
	passes := hop("192.168.1.1", 11, 0)
	dark := func(more ...func(*site)) *site {
		return healthy().with(silentOutside, noPing, silentQuality, silentSIP("udp", "tcp", "tls")).with(more...)
	}
	judgeAll(t, []ticket{
		{"the leased line is cut behind the router", dark(edgeOf(far, 0, passes, facts.Hop{})), "2-9 red", "", "gR---"},
		{"the same, and no router shows itself either", dark(edgeOf(far, 0)), "2-9 red", "", "gR---"},
		{"the router finds no edge device at the end of its cable", dark(edgeOf(far, 0, passes, hop("192.168.1.1", 3, 1))), "2-9 red", "", "gR---"},

		{"an edge device that drops ping, on a good line", healthy().with(edgeOf(far, 0, passes, facts.Hop{})), "ok green", "", "ggggg"},
		{"an edge device that drops ping, on a voice-only line", healthy().with(silentOutside, edgeOf(far, 0, passes)), "2-1 amber", "", "gAggg"},
		{"an edge device that drops ping, and the provider's host answers ping alone", dark(edgeOf(far, 0, passes), func(s *site) { s.Facts.Ping.Targets[0].Back = 5 }),
			"3-1 red", "2-1 amber", "gaR--"},
		{"an edge device that drops ping, and the provider is dead", healthy().with(noPing, silentSIP("udp", "tcp", "tls"), edgeOf(far, 0, passes)), "2-6 red", "", "gR---"},
		{"the edge answers ping, nothing behind it does", dark(edgeOf(far, 5, passes)), "2-1 red", "", "gR---"},
		{"the edge shows itself by an error alone, nothing behind it does", dark(edgeOf(far, 0, passes, hop(far, 3, 3))), "2-1 red", "", "gR---"},
		{"the edge is the box's own gateway, and answers ARP alone", dark(edgeOf("192.168.1.1", 0)), "2-1 red", "", "gR---"},
		{"the router's own cable to the line is out", dark(edgeOf(far, 0, hop("192.168.1.1", 3, 0))), "2-1 red", "", "gR---"},
		{"the router answers for itself, and knows no way to the line", dark(edgeOf(far, 0, passes, hop("192.168.1.1", 3, 0))), "2-1 red", "", "gR---"},
		{"the file names no edge device", dark(), "2-1 red", "", "gR---"},
	})
	seen := Judge(dark(edgeOf(far, 5, passes)).Input).Finding
	if len(seen.Acts) != 1 || seen.Acts[0] != catalogue.ISP {
		t.Errorf("an edge that answers: %v must act", seen.Acts)
	}
}

// The edge is looked at before other steps have ended: nothing is said, and nothing breaks.
func TestEdgeAlone(t *testing.T) {
	s := healthy().with(edgeOf("203.0.113.1", 0))
	s.Facts = facts.Facts{Edge: s.Facts.Edge}
	if v := Judge(s.Input); v.Finding.Severity != catalogue.Broken || len(v.Also) != 0 {
		t.Errorf("%s, also %v", v.Finding.Code, v.Also)
	}
}
