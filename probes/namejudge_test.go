package probes

import (
	"net/netip"
	"testing"

	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
)

// "No such name", "no address" and silence are not the same fault; what the box could not ask is none.
func TestNameSentence(t *testing.T) {
	const name = "sip.example.net"
	four, six := netip.MustParseAddr("198.51.100.5"), netip.MustParseAddr("2001:db8::5")
	says := func(kind, rcode string, addrs ...netip.Addr) facts.NameAnswer {
		return facts.NameAnswer{Name: name, Type: kind, Answer: facts.Answered, Rcode: rcode, Addrs: addrs}
	}
	ended := func(a facts.Answer) facts.NameAnswer { return facts.NameAnswer{Name: name, Type: "A", Answer: a} }
	target := func(a netip.Addr) []facts.Target {
		return []facts.Target{{Addr: netip.AddrPortFrom(a, 5060), Transport: "udp"}}
	}
	leads := func(a netip.Addr, how string) string {
		return words.Said("saw.name-leads", "name", name, "server", netip.AddrPortFrom(a, 5060), "transport", "UDP", "how", words.Said(how))
	}
	only := []facts.NameAnswer{says("A", "NOERROR"), says("AAAA", "NOERROR", six)}
	for ticket, c := range map[string]struct {
		found   facts.Name
		unasked bool
		outcome facts.Outcome
		saw     string
	}{
		"it leads to a server":                           {facts.Name{Way: "srv", Targets: target(four)}, false, facts.Passed, leads(four, "saw.name-by-srv")},
		"it leads to a server by IPv6 alone":             {facts.Name{Way: "address", Targets: target(six)}, false, facts.Passed, leads(six, "saw.name-by-address") + " " + words.Said("saw.name-by-six")},
		"IPv6 alone, and the box has no way":             {facts.Name{Answers: only}, false, facts.NotRun, words.Said("saw.name-only-six", "name", name, "address", six, "why", words.Said("saw.name-ipv6-none"))},
		"IPv6 alone, and public resolvers know an IPv4":  {facts.Name{Answers: only, Public: []facts.NameAnswer{says("A", "NOERROR", four)}}, false, facts.Failed, words.Said("saw.name-hidden-four", "name", name, "address", six)},
		"no resolver was given":                          {facts.Name{}, true, facts.Failed, words.Said("saw.name-no-dns", "name", name)},
		"no time was left":                               {facts.Name{}, false, facts.Broken, words.Said("saw.name-no-time", "name", name)},
		"the box could not ask":                          {facts.Name{Answers: []facts.NameAnswer{ended(facts.CouldNotAsk), ended(facts.CouldNotAsk)}}, false, facts.Broken, words.Said("saw.name-broken", "name", name)},
		"silence":                                        {facts.Name{Answers: []facts.NameAnswer{ended(facts.Silent), ended(facts.Refused), ended(facts.Unreachable)}}, false, facts.Failed, words.Said("saw.name-silent", "name", name)},
		"silence, and one could not be asked":            {facts.Name{Answers: []facts.NameAnswer{ended(facts.Silent), ended(facts.CouldNotAsk)}}, false, facts.Failed, words.Said("saw.name-silent", "name", name)},
		"no such name":                                   {facts.Name{Answers: []facts.NameAnswer{says("A", "NXDOMAIN"), ended(facts.Silent)}}, false, facts.Failed, words.Said("saw.name-unknown", "name", name)},
		"there is the name, and no such record below":    {facts.Name{Answers: []facts.NameAnswer{says("A", "NOERROR"), says("SRV", "NXDOMAIN")}}, false, facts.Failed, words.Said("saw.name-empty", "name", name, "transport", "UDP")},
		"no address":                                     {facts.Name{Answers: []facts.NameAnswer{says("A", "NOERROR")}}, false, facts.Failed, words.Said("saw.name-empty", "name", name, "transport", "UDP")},
		"an error":                                       {facts.Name{Answers: []facts.NameAnswer{says("A", "SERVFAIL")}}, false, facts.Failed, words.Said("saw.name-failed", "name", name, "rcode", "SERVFAIL")},
		"an error, though public resolvers know an IPv4": {facts.Name{Answers: []facts.NameAnswer{says("A", "SERVFAIL")}, Public: []facts.NameAnswer{says("A", "NOERROR", four)}}, false, facts.Failed, words.Said("saw.name-failed", "name", name, "rcode", "SERVFAIL")},
	} {
		if outcome, saw := (Name{Host: name, Transport: "udp"}).sentence(c.found, !c.unasked); outcome != c.outcome || saw != c.saw {
			t.Errorf("%s: %s: %s", ticket, outcome, saw)
		}
	}
}

// Given resolvers hide an IPv4 address only where public ones know one for the very name.
func TestNameHidesIPv4(t *testing.T) {
	says := func(name, kind string, addrs ...string) facts.NameAnswer {
		a := facts.NameAnswer{Name: name, Type: kind}
		for _, s := range addrs {
			a.Addrs = append(a.Addrs, netip.MustParseAddr(s))
		}
		return a
	}
	known, none := says("a.example", "A", "198.51.100.5"), says("a.example", "A")
	for ticket, c := range map[string]struct {
		given, public []facts.NameAnswer
		want          bool
	}{
		"both know it":                          {[]facts.NameAnswer{none, known}, []facts.NameAnswer{known}, false},
		"public ones alone know it":             {[]facts.NameAnswer{none}, []facts.NameAnswer{known}, true},
		"nobody knows one":                      {[]facts.NameAnswer{none}, []facts.NameAnswer{none}, false},
		"public ones know the IPv6 address":     {[]facts.NameAnswer{none}, []facts.NameAnswer{says("a.example", "AAAA", "2001:db8::5")}, false},
		"given ones know an IPv6 address alone": {[]facts.NameAnswer{says("a.example", "AAAA", "2001:db8::5")}, []facts.NameAnswer{known}, true},
		"given ones know that of another name":  {[]facts.NameAnswer{says("b.example", "A", "198.51.100.6")}, []facts.NameAnswer{known}, true},
		"the given ones alone know it":          {[]facts.NameAnswer{known}, nil, false},
	} {
		if got := nameHidesIPv4(facts.Name{Answers: c.given, Public: c.public}); got != c.want {
			t.Errorf("%s: %v", ticket, got)
		}
	}
}
