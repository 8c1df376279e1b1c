package verdict

import (
	"net/netip"
	"slices"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
)

// byIPv6 reports whether the trunk was tested by IPv6. What was asked by IPv4 beside it, other SIP hosts, the router's
// translation and its mappings among them, says nothing about its way then.
func byIPv6(f facts.Facts) bool { return f.Name.ByIPv6() }

// onlyIPv6 judges a name without an IPv4 address, or a trunk that is set to an IPv6 one, where the box had no way to it.
// Nothing can reach it from a network without IPv6; where a router offers IPv6 and the box got no address all the same,
// or nobody looked, the box cannot tell.
func onlyIPv6(f facts.Facts, n facts.Name) []candidate {
	six := n.OnlyIPv6()
	if len(six) == 0 || f.IPv6 == nil || f.IPv6.Present() {
		return nil
	}
	text := words.Said("verdict.only-ipv6", "name", n.Asked, "addresses", list(six))
	if len(n.Answers) == 0 {
		text = words.Said("verdict.set-to-ipv6", "address", list(six))
	}
	return []candidate{{code: "2-3", kind: catalogue.Stops, acts: []catalogue.Actor{catalogue.IT, catalogue.Reseller},
		text: text, title: "ipv6", advice: "ipv6"}}
}

// unreachableByIPv6 is 2-6 where the trunk goes by IPv6. That the internet works was seen by IPv4: other hosts that answer
// by IPv6 show that this line carries it.
func unreachableByIPv6(f facts.Facts, target netip.Addr) candidate {
	c := candidate{code: "2-6", kind: catalogue.Stops,
		text: words.Said("verdict.nothing-by-ipv6", "address", target)}
	works, dead := outsideByIPv6(f)
	switch {
	case works.IsValid():
		c.text += " " + words.Said("verdict.ipv6-works", "host", works)
	case dead:
		c.text += " " + words.Said("verdict.ipv6-dead", "n", len(f.InternetByIPv6.Targets))
		c.acts, c.advice = []catalogue.Actor{catalogue.IT, catalogue.ISP}, "ipv6-silent"
	default:
		c.text += " " + words.Said("verdict.ipv6-unknown")
		c.acts, c.advice = []catalogue.Actor{catalogue.IT, catalogue.ISP, catalogue.Provider}, "ipv6-silent"
	}
	return c
}

// outsideByIPv6 is a host of the outside world that answers by IPv6, or whether enough of them were asked in vain.
func outsideByIPv6(f facts.Facts) (works netip.Addr, dead bool) {
	if f.InternetByIPv6 == nil {
		return netip.Addr{}, false
	}
	asked := 0
	for _, t := range f.InternetByIPv6.Targets {
		ways := []facts.Answer{t.ICMP, t.TCP, t.DNS}
		if slices.Contains(ways, facts.Answered) {
			return t.Addr, false
		}
		if !slices.Contains(ways, facts.Unasked) && !slices.Contains(ways, facts.CouldNotAsk) {
			asked++
		}
	}
	return netip.Addr{}, asked >= internetNeeded
}

// answersByIPv6 is the address at which the provider answered SIP by IPv6, beside a trunk that is tested by IPv4.
func answersByIPv6(f facts.Facts) (at netip.AddrPort, answers bool) {
	if f.SIPv6 == nil {
		return netip.AddrPort{}, false
	}
	for _, a := range f.SIPv6.Targets {
		if replied(&a) {
			return a.Target, true
		}
	}
	return netip.AddrPort{}, false
}

// elsewhereAnswered are the causes that say that nothing comes from the provider.
var elsewhereAnswered = []string{"2-1", "2-5", "2-6", "2-9", "3-1", "3-3", "3-4", "4-9"}

// contrastIPv6 tells beside a silent IPv4 path that the provider answers by IPv6: its server is up, and it is IPv4 that
// fails. That does not make the trunk work, which is tested by IPv4, as most PBXs register.
func contrastIPv6(found []candidate, f facts.Facts) []candidate {
	at, answers := answersByIPv6(f)
	if !answers {
		return found
	}
	for i, c := range found {
		if c.kind == catalogue.Stops && slices.Contains(elsewhereAnswered, c.code) {
			found[i].text += " " + words.Said("verdict.answers-by-ipv6", "server", at)
		}
	}
	return found
}

// siteBits is how much of an IPv6 address a site's networks have in common at least (RFC 6177 section 2).
const siteBits = 48

// sameSite reports whether two addresses belong to one line: equal, or IPv6 ones of one site.
func sameSite(a, b netip.Addr) bool {
	return a == b || a.Is6() && b.Is6() && netip.PrefixFrom(a, siteBits).Masked().Contains(b)
}

// ownIPv6 is this line's IPv6 address, as the provider sees it, else the box's own; zero where it has none.
func ownIPv6(f facts.Facts) netip.Addr {
	for _, p := range []*facts.Path{f.SIPv6, f.UDP, f.TCP, f.TLS} {
		for _, r := range replies(p) {
			if a := r.SeenAs.Addr(); a.Is6() && !private(a) {
				return a
			}
		}
	}
	if f.IPv6 == nil {
		return netip.Addr{}
	}
	for _, a := range f.IPv6.Addrs {
		if !private(a) {
			return a
		}
	}
	return netip.Addr{}
}
