package facts

import (
	"net/netip"
	"testing"
)

func TestICMP(t *testing.T) {
	for _, c := range []struct {
		from                       string
		kind, code                 int
		unreachable, noWay, closed bool
		words                      string
	}{
		{"192.0.2.1", 3, 0, true, true, false, "ICMP 3/0"},
		{"192.0.2.1", 3, 1, true, true, false, "ICMP 3/1"},
		{"192.0.2.1", 3, 3, true, false, true, "ICMP 3/3"},
		{"192.0.2.1", 3, 13, true, false, false, "ICMP 3/13"},
		{"192.0.2.1", 1, 4, false, false, false, "ICMP 1/4"},
		{"192.0.2.1", 11, 3, false, false, false, "ICMP 11/3"},
		{"192.0.2.1", 11, 0, false, false, false, "ICMP 11/0"},
		{"2001:db8::1", 1, 0, true, true, false, "ICMPv6 1/0"},
		{"2001:db8::1", 1, 1, true, false, false, "ICMPv6 1/1"},
		{"2001:db8::1", 1, 3, true, true, false, "ICMPv6 1/3"},
		{"2001:db8::1", 1, 4, true, false, true, "ICMPv6 1/4"},
		{"2001:db8::1", 3, 0, false, false, false, "ICMPv6 3/0"},
		{"2001:db8::1", 2, 4, false, false, false, "ICMPv6 2/4"},
		{"2001:db8::1", 2, 0, false, false, false, "ICMPv6 2/0"},
	} {
		e := ICMP{Offender: netip.MustParseAddr(c.from), Type: c.kind, Code: c.code}
		if e.Unreachable() != c.unreachable || e.NoWay() != c.noWay || e.PortClosed() != c.closed || e.String() != c.words {
			t.Errorf("%s: %t %t %t", e, e.Unreachable(), e.NoWay(), e.PortClosed())
		}
	}
}
