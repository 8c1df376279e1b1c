package probes

import (
	"net/netip"

	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
)

// natKind reads what several servers saw of one socket: how the router maps (RFC 4787 section 4.1), and whether it
// keeps the port (section 4.2.1). An answer with the box's own address and port means no translation at all.
func natKind(answers []facts.STUNAnswer) (mapping string, portKept *bool) {
	var seen []netip.AddrPort
	kept := true
	for _, a := range answers {
		if a.Mapped.IsValid() {
			seen = append(seen, a.Mapped)
			kept = kept && a.Mapped.Port() == a.Local.Port()
		}
	}
	switch {
	case len(seen) == 0:
		return "", nil
	case seen[0] == answersLocal(answers):
		return facts.MappingNone, &kept
	}
	for _, other := range seen[1:] {
		if other != seen[0] {
			return facts.MappingDependent, &kept
		}
	}
	if len(seen) == 1 {
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
