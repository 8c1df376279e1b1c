package facts

import (
	"net/netip"
	"slices"
	"testing"
)

func addrs(all ...string) (list []netip.Addr) {
	for _, a := range all {
		list = append(list, netip.MustParseAddr(a))
	}
	return list
}

func TestIPv6Present(t *testing.T) {
	if (IPv6{}).Present() || !(IPv6{Router: addrs("fe80::1")[0]}).Present() || !(IPv6{Addrs: addrs("2001:db8::20")}).Present() {
		t.Error("a router or an address is IPv6, and nothing is none")
	}
}

func TestByIPv6(t *testing.T) {
	at := func(a string) *Name {
		return &Name{Targets: []Target{{Addr: netip.MustParseAddrPort(a)}, {Addr: netip.MustParseAddrPort("[2001:db8::6]:5060")}}}
	}
	for ticket, c := range map[string]struct {
		name *Name
		want bool
	}{
		"no name was looked up":  {nil, false},
		"it leads nowhere":       {&Name{}, false},
		"it leads to IPv4 first": {at("198.51.100.5:5060"), false},
		"it leads to IPv6":       {at("[2001:db8::5]:5060"), true},
	} {
		if got := c.name.ByIPv6(); got != c.want {
			t.Errorf("%s: %v", ticket, got)
		}
	}
}

// A provider is called IPv6-only when the resolver said that there is no IPv4 address, and not when it did not say.
func TestOnlyIPv6(t *testing.T) {
	says := func(kind, rcode string, all ...string) NameAnswer {
		return NameAnswer{Type: kind, Answer: Answered, Rcode: rcode, Addrs: addrs(all...)}
	}
	none, six := says("A", "NOERROR"), says("AAAA", "NOERROR", "2001:db8::5")
	for ticket, c := range map[string]struct {
		name Name
		want []string
	}{
		"no IPv4, one IPv6":                    {Name{Answers: []NameAnswer{none, six}}, []string{"2001:db8::5"}},
		"two resolvers say the same":           {Name{Answers: []NameAnswer{none, six, none, six}}, []string{"2001:db8::5"}},
		"two addresses":                        {Name{Answers: []NameAnswer{none, says("AAAA", "NOERROR", "2001:db8::5", "2001:db8::6")}}, []string{"2001:db8::5", "2001:db8::6"}},
		"the box has a way to a server":        {Name{Targets: []Target{{}}, Answers: []NameAnswer{none, six}}, nil},
		"an IPv4 address as well":              {Name{Answers: []NameAnswer{says("A", "NOERROR", "198.51.100.5"), six}}, nil},
		"an IPv4 address in IPv6 clothes":      {Name{Answers: []NameAnswer{none, says("AAAA", "NOERROR", "::ffff:198.51.100.5")}}, nil},
		"the question for IPv4 was lost":       {Name{Answers: []NameAnswer{{Type: "A", Answer: Silent}, six}}, nil},
		"it was answered with an error":        {Name{Answers: []NameAnswer{says("A", "SERVFAIL"), six}}, nil},
		"only other questions were answered":   {Name{Answers: []NameAnswer{says("SRV", "NOERROR"), six}}, nil},
		"silence that looks like an answer":    {Name{Answers: []NameAnswer{{Type: "A", Answer: Silent, Rcode: "NOERROR"}, six}}, nil},
		"the answer before was lost, not both": {Name{Answers: []NameAnswer{none, six, {Type: "A", Answer: Silent}}}, []string{"2001:db8::5"}},
		"an address of the link alone":         {Name{Answers: []NameAnswer{none, says("AAAA", "NOERROR", "fe80::5")}}, nil},
		"an IPv6 address of another question":  {Name{Answers: []NameAnswer{none, says("SRV", "NOERROR", "2001:db8::5")}}, nil},
		"neither":                              {Name{Answers: []NameAnswer{none, says("AAAA", "NOERROR")}}, nil},
		"an IPv6 literal":                      {Name{Asked: "[2001:db8::5]"}, []string{"2001:db8::5"}},
		"an IPv4 literal":                      {Name{Asked: "198.51.100.5"}, nil},
		"an IPv4 literal and no IPv4 answer":   {Name{Asked: "198.51.100.5", Answers: []NameAnswer{none, six}}, []string{"2001:db8::5"}},
	} {
		if got := c.name.OnlyIPv6(); !slices.Equal(got, addrs(c.want...)) {
			t.Errorf("%s: %v", ticket, got)
		}
	}
}
