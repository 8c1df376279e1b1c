package verdict

import (
	"strconv"
	"time"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
)

// shortMapping judges how long the router keeps an idle UDP mapping. It matters to a trunk over UDP whose PBX is on
// this site, behind a translation of addresses.
func shortMapping(in Input) []candidate {
	l := in.Facts.Lifetime
	if l == nil || byIPv6(in.Facts) || !Short(*l) || trunk(in).Transport != "udp" || in.Profile.PBX.Location == "hosted" {
		return nil
	}
	if p := in.Facts.Public; p != nil && p.Mapping == facts.MappingNone {
		return nil // no mapping, but a firewall's session: a rule may let the provider in to the PBX all the same
	}
	how := words.Said("verdict.mapping-between", "least", l.AtLeast, "most", l.Under)
	if l.AtLeast == 0 {
		how = words.Said("verdict.mapping-within", "most", l.Under)
	}
	if unit, n := l.Measured(); unit != "" {
		how = words.Said("measured."+unit, "what", how, "n", n)
	}
	c := candidate{code: "3-6", kind: catalogue.Hurts, text: words.Said("verdict.mapping",
		"how", how, "time", max(l.AtLeast, facts.Duration(10*time.Second)))}
	if every := renews(in); every > 0 && every <= time.Duration(l.AtLeast) {
		c.kind = catalogue.Tells
		c.text += " " + words.Said("verdict.mapping-renewed", "time", facts.Duration(every))
	}
	return []candidate{c}
}

// renews is how long a registration the PBX asks for, as the PBX check showed: it sends something at least as often, since a
// registrar may shorten it and no more (RFC 3261 section 10.3). 0 where that is not known: what the provider lists is only
// what is left of it.
func renews(in Input) time.Duration {
	if in.Facts.PBXCheck == nil || in.Facts.PBXCheck.Telling() == nil {
		return 0
	}
	seconds, _ := strconv.ParseUint(in.Facts.PBXCheck.Telling().Expires, 10, 31) // 0 where it said nothing, the most where it said more
	return time.Duration(seconds) * time.Second
}

// Short says that a router forgets idle mappings too soon for a trunk.
func Short(l facts.Lifetime) bool { return l.Under != 0 && time.Duration(l.Under) <= mappingLife }
