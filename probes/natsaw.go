package probes

import (
	"strings"

	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
)

// natSaw is what a person reads of it, "" when nothing is known.
func natSaw(n facts.NAT) string {
	var say []string
	add := func(sentence string) {
		if sentence != "" {
			say = append(say, sentence)
		}
	}
	add(map[string]string{
		facts.MappingNone:        words.Said("saw.nat-none"),
		facts.MappingIndependent: words.Said("saw.nat-one-port"),
		facts.MappingByAddress:   words.Said("saw.nat-by-address"),
		facts.MappingByPort:      words.Said("saw.nat-by-port"),
	}[n.Mapping])
	add(filterWords(n))
	switch {
	case n.Hairpin == nil:
	case *n.Hairpin:
		add(words.Said("saw.nat-hairpin"))
	default:
		add(words.Said("saw.nat-no-hairpin"))
	}
	switch {
	case !n.Provider.IsValid() || !n.STUN.IsValid():
	case n.Provider == n.STUN:
		add(words.Said("saw.nat-same-address", "address", n.Provider))
	default:
		add(words.Said("saw.nat-other-address", "address", n.Provider, "other", n.STUN))
	}
	return strings.Join(say, " ")
}

// filterWords say what is let in. A reflector has one address, so that it tells of ports alone.
func filterWords(n facts.NAT) string {
	is := func(b *bool, want bool) bool { return b != nil && *b == want }
	reflector := n.Filter == "reflector"
	switch {
	case is(n.OtherHost, true):
		return words.Said("saw.nat-lets-all")
	case is(n.OtherPort, false) && reflector:
		return words.Said("saw.nat-lets-exact-reflector")
	case is(n.OtherPort, false):
		return words.Said("saw.nat-lets-exact")
	case is(n.OtherPort, true) && is(n.OtherHost, false):
		return words.Said("saw.nat-lets-host")
	case is(n.OtherPort, true) && reflector:
		return words.Said("saw.nat-lets-port-reflector")
	case is(n.OtherPort, true):
		return words.Said("saw.nat-lets-port")
	case is(n.OtherHost, false):
		return words.Said("saw.nat-lets-no-other")
	}
	return ""
}
