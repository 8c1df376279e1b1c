package verdict

import (
	"time"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
)

// shortMapping judges how long the router keeps an idle UDP mapping. It matters to a trunk over UDP whose PBX is on
// this site, behind a translation of addresses.
func shortMapping(in Input) []candidate {
	l := in.Facts.Lifetime
	if l == nil || !Short(*l) || trunk(in).Transport != "udp" || in.Profile.PBX.Location == "hosted" {
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
	return []candidate{{code: "3-6", kind: catalogue.Hurts,
		text: words.Said("verdict.mapping", "how", how, "time", max(l.AtLeast, facts.Duration(10*time.Second)))}}
}

// Short says that a router forgets idle mappings too soon for a trunk.
func Short(l facts.Lifetime) bool { return l.Under != 0 && time.Duration(l.Under) <= mappingLife }
