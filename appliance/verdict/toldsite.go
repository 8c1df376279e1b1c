package verdict

import (
	"slices"

	"trunktester/appliance/catalogue"
	"trunktester/probes/facts"
)

// This file lets speak what a person saw of the site's own devices: the router, its firewall and the PBX. None of it turns
// around what was proved.

// aboutALG is guide 1.7: the router's switch for its SIP ALG is no proof, and what was seen on the way is one. A device behind the
// router is none of that switch's.
func aboutALG(c *candidate, in Input) {
	if c.code != "3-2" || c.title == "alg-line" || c.title == "alg-second" {
		return
	}
	switch off := in.Answers.SIPALGDisabled; {
	case no(off):
		c.add("alg-on")
	case yes(off):
		c.add("alg-off")
		if c.title != "alg-site" {
			c.advice = "alg-still"
		}
	}
}

// aboutRule is guide 1.8: a rule for the PBX's address may not let the box through, which tests from its own; and no rule for it
// explains what is silent. What the provider's own host refuses, and one of its servers that is silent alone, are no such
// rule's.
func aboutRule(c *candidate, in Input) {
	if !slices.Contains([]string{"2-6", "3-1", "3-3", "3-4", "3-8"}, c.code) || refusedByServer(attempts(in.Facts)) || c.title == "servers" {
		return
	}
	switch allowed := in.Answers.FirewallAllows; {
	case no(allowed):
		c.add("not-allowed")
		c.acts = []catalogue.Actor{catalogue.IT}
	case yes(allowed):
		c.add("allowed")
		c.advice = "rule"
	}
}

// aboutLights is guide 1.1: the router's own lights tell on which side of it to look first. Behind the edge device of a leased
// line that answers they tell nothing.
func aboutLights(c *candidate, in Input) {
	if c.code != "2-1" || c.acts != nil {
		return
	}
	switch right := in.Answers.RouterLightsOK; {
	case yes(right):
		c.add("lights-right")
		c.do("lights-right", catalogue.ISP, catalogue.IT)
	case no(right):
		c.add("lights-wrong")
		c.do("lights-wrong", catalogue.Client, catalogue.ISP)
	}
}

// aboutPing is guide 1.4: a PBX that cannot ping outside, where the box can, has no way out of its own.
func aboutPing(c *candidate, in Input) {
	if c.code != "5-1" && c.code != "5-7" && c.code != "5-9" {
		return
	}
	switch pings := in.Answers.PBXPingsOutside; {
	case yes(pings):
		c.add("pbx-pings")
	case no(pings) && in.Facts.Internet != nil && slices.ContainsFunc(in.Facts.Internet.Targets, func(t facts.InternetTarget) bool { return t.ICMP == facts.Answered }):
		c.add("pbx-mute")
		c.do("pbx-network", catalogue.PBX, catalogue.IT)
	}
}
