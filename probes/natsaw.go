package probes

import (
	"fmt"
	"strings"

	"trunktester/probes/facts"
)

// natSaw is what a person reads of it, "" when nothing is known.
func natSaw(n facts.NAT) string {
	var say []string
	add := func(words string) {
		if words != "" {
			say = append(say, words)
		}
	}
	add(map[string]string{
		facts.MappingNone:        "Addresses are not translated.",
		facts.MappingIndependent: "The router gives a socket one public port for all destinations.",
		facts.MappingByAddress:   "The router gives a socket another public port for each address that it talks to.",
		facts.MappingByPort:      "The router gives a socket another public port for each address and port that it talks to (symmetric NAT).",
	}[n.Mapping])
	add(filterWords(n))
	if n.Hairpin != nil {
		add(map[bool]string{true: "Devices at the site reach each other by the public address (hairpin).",
			false: "Devices at the site do not reach each other by the public address (no hairpin)."}[*n.Hairpin])
	}
	switch {
	case !n.Provider.IsValid() || !n.STUN.IsValid():
	case n.Provider == n.STUN:
		add(fmt.Sprintf("The provider sees the public address %s, as STUN servers do.", n.Provider))
	default:
		add(fmt.Sprintf("The provider sees the public address %s, STUN servers see %s: SIP leaves by another line or address than other traffic.", n.Provider, n.STUN))
	}
	return strings.Join(say, " ")
}

// filterWords say what is let in.
func filterWords(n facts.NAT) string {
	is := func(b *bool, want bool) bool { return b != nil && *b == want }
	by := ""
	if n.Filter == "reflector" {
		by = " (told by the reflector)"
	}
	switch {
	case is(n.OtherHost, true):
		return "It lets in what anybody sends to that port" + by + "."
	case is(n.OtherPort, false):
		return "It lets in only what comes from the very address and port that was talked to" + by + "."
	case is(n.OtherPort, true) && is(n.OtherHost, false):
		return "It lets in only what comes from an address that was talked to, from any port there" + by + "."
	case is(n.OtherPort, true):
		return "It lets in what comes from an address that was talked to, from any port there" + by + "."
	case is(n.OtherHost, false):
		return "It does not let in what comes from an address that was not talked to" + by + "."
	}
	return ""
}
