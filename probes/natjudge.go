package probes

import (
	"net/netip"
	"slices"

	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
)

// natKind reads what several servers saw of one socket: how the router maps (RFC 4787 section 4.1), and whether it
// keeps the port (section 4.2.1). Answers with the box's own address and port mean no translation at all.
func natKind(answers []facts.STUNAnswer) (mapping string, portKept *bool) {
	var seen []netip.AddrPort
	kept := true
	for _, a := range answers {
		if a.Mapped.IsValid() {
			seen = append(seen, a.Mapped)
			kept = kept && a.Mapped.Port() == a.Local.Port()
		}
	}
	if len(seen) == 0 {
		return "", nil
	}
	own := answersLocal(answers)
	differs := slices.ContainsFunc(seen, func(other netip.AddrPort) bool { return other != seen[0] })
	switch {
	case seen[0] == own && !differs:
		return facts.MappingNone, &kept
	case slices.Contains(seen, own): // a server on this side of the router tells nothing of it
		return "", &kept
	case differs:
		return facts.MappingDependent, &kept
	case len(seen) == 1:
		return "", &kept
	}
	return facts.MappingIndependent, &kept
}

func answersLocal(answers []facts.STUNAnswer) netip.AddrPort {
	for _, a := range answers {
		if a.Mapped.IsValid() {
			return a.Local
		}
	}
	return netip.AddrPort{}
}

// natWords are what a person reads of it.
func natWords(p facts.Public) string {
	switch kept := p.PortKept != nil && *p.PortKept; {
	case p.Mapping == facts.MappingNone:
		return " " + words.Said("saw.nat-none")
	case p.Mapping == facts.MappingDependent:
		return " " + words.Said("saw.nat-symmetric")
	case p.Mapping == facts.MappingIndependent && kept:
		return " " + words.Said("saw.nat-kept")
	case p.Mapping == facts.MappingIndependent:
		return " " + words.Said("saw.nat-same")
	}
	return ""
}

// mappingKind reads the three answers of RFC 5780 section 4.3: of the server, of another address, and of another address
// and port.
func mappingKind(local, first, address, port netip.AddrPort) string {
	switch {
	case first == local:
		return facts.MappingNone
	case address == first && port == first:
		return facts.MappingIndependent
	case port == address:
		return facts.MappingByAddress
	case address != first:
		return facts.MappingByPort
	}
	return "" // by the port alone: no kind of router, more likely a mapping that was lost meanwhile
}

// filtering files what is let in. What is not let in is known only of a server that answers everywhere.
func (n *natLook) filtering(host, port *bool, reached bool) {
	for _, in := range []**bool{&host, &port} {
		if *in != nil && !**in && !reached {
			*in = nil
		}
	}
	if host != nil && port != nil && *host && !*port {
		return // an answer from the same host was lost
	}
	if n.nat.OtherHost, n.nat.OtherPort = host, port; host != nil || port != nil {
		n.nat.Filter = "STUN"
	}
}

// secondAddress says whether a server's other address can be believed and asked: another address and port, on the same side of
// the router as the server itself.
func secondAddress(server, other netip.AddrPort) bool {
	a := other.Addr()
	if !a.Is4() || a == server.Addr() || other.Port() == server.Port() {
		return false
	}
	return a.IsGlobalUnicast() && !inside(a) || a.IsLoopback() && server.Addr().IsLoopback()
}

// providerSees is the public address by which the provider answers SIP, zero where it was not told; an address inside is
// what a device that rewrites SIP puts there.
func providerSees(known facts.Facts) netip.Addr {
	for _, p := range []*facts.Path{known.UDP, known.TCP, known.TLS} {
		if p == nil {
			continue
		}
		for _, t := range p.Targets {
			for _, x := range t.Exchanges {
				if x.Reply != nil && x.Reply.SeenAs.IsValid() && !inside(x.Reply.SeenAs.Addr()) {
					return x.Reply.SeenAs.Addr()
				}
			}
		}
	}
	return netip.Addr{}
}

// publicAgree is the address that all who told agree on.
func publicAgree(answers []facts.STUNAnswer) (addr netip.Addr, differ bool) {
	for _, a := range answers {
		switch seen := a.Mapped.Addr(); {
		case !seen.IsValid():
		case addr.IsValid() && addr != seen:
			return netip.Addr{}, true
		default:
			addr = seen
		}
	}
	return addr, false
}

func publicSentence(found facts.Public) (facts.Outcome, string) {
	own := 0
	for _, a := range found.Answers {
		if a.Answer == facts.CouldNotAsk {
			own++
		}
	}
	switch {
	case found.Differ:
		return facts.Passed, words.Said("saw.public-differ") + natWords(found)
	case found.Addr.IsValid():
		return facts.Passed, words.Said("saw.public-seen", "address", found.Addr) + natWords(found)
	case own == len(found.Answers):
		return facts.Broken, words.Said("saw.public-broken")
	}
	return facts.Failed, words.Said("saw.public-none", "n", len(found.Answers))
}
