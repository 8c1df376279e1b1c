package verdict

import (
	"fmt"
	"time"

	"trunktester/appliance/catalogue"
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
	how := fmt.Sprintf("after %s to %s", l.AtLeast, l.Under)
	if l.AtLeast == 0 {
		how = fmt.Sprintf("within %s", l.Under)
	}
	return []candidate{{code: "3-6", kind: catalogue.Hurts, text: fmt.Sprintf(
		"The router forgets an idle UDP mapping %s%s, and 90 s are wanted: then calls from outside no longer reach the PBX. It is fine if the PBX sends something to the provider more often than every %s.",
		how, l.When(), max(l.AtLeast, facts.Duration(10*time.Second)))}}
}

// Short says that a router forgets idle mappings too soon for a trunk.
func Short(l facts.Lifetime) bool { return l.Under != 0 && time.Duration(l.Under) <= mappingLife }
