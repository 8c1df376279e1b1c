package verdict

import (
	"slices"

	"trunktester/appliance/catalogue"
	"trunktester/probes/facts"
)

// applyAnswers lets what a person saw speak: in what a cause says, in what to do and in who must act. None turns around what
// was proved.
func applyAnswers(found []candidate, in Input) []candidate {
	for i := range found {
		c := &found[i]
		portalAnswer(in, c)
		if c.kind == catalogue.Tells {
			continue
		}
		switch c.code {
		case "3-2":
			algAnswer(in, c)
		case "2-6", "3-1", "3-3", "3-4", "3-8":
			firewallAnswer(in, c)
		case "2-1":
			lightsAnswer(in, c)
		case "5-1", "5-7", "5-9":
			pingAnswer(in, c)
		}
	}
	return found
}

// portalAnswer: a PBX that is registered proves the account, so a login refused with the box's settings means that the box's
// file is out of date (verdict rule 6).
func portalAnswer(in Input, c *candidate) {
	if said := in.Answers.PortalShowsPBX; said == nil || !*said {
		return
	}
	if c.code == "4-1" || c.code == "4-2" || c.code == "4-5" {
		c.kind = catalogue.Hurts
		c.text += " The portal shows the PBX registered, so the box's file is out of date."
		c.acts = []catalogue.Actor{catalogue.Reseller}
	}
}

// algAnswer: the router's switch for its SIP ALG is no proof, and what was seen on the way is one. A device behind
// the router is none of that switch's.
func algAnswer(in Input, c *candidate) {
	said := in.Answers.SIPALGDisabled
	if said == nil || c.title == "alg-line" || c.title == "alg-second" {
		return
	}
	if !*said {
		c.text += " Somebody looked: SIP ALG is switched on in the router."
		return
	}
	c.text += " Somebody says that SIP ALG is switched off in the router. Either that has not taken effect, or another device does it."
	if c.title != "alg-site" {
		c.advice = "alg-still"
	}
}

// firewallAnswer: a rule for the PBX's address may not let the box through, which tests from its own; and no rule for it
// explains what is silent. What the provider's own host refuses, and one of its servers that is silent alone, are no such
// rule's.
func firewallAnswer(in Input, c *candidate) {
	said := in.Answers.FirewallAllows
	if said == nil || refusedByServer(attempts(in.Facts)) || c.title == "servers" {
		return
	}
	if !*said {
		c.text += " Somebody says that the firewall does not allow it."
		c.acts = []catalogue.Actor{catalogue.IT}
		return
	}
	c.text += " Somebody says that the firewall allows SIP and voice for the PBX's address. A rule for that address alone does not let the box through."
	c.advice = "rule"
}

// lightsAnswer: the router's own lights tell on which side of it to look first.
func lightsAnswer(in Input, c *candidate) {
	said := in.Answers.RouterLightsOK
	if said == nil || c.acts != nil {
		return
	}
	if *said {
		c.text += " Somebody says that the router's lights are as its manual says."
		c.acts = []catalogue.Actor{catalogue.ISP, catalogue.IT}
		c.advice = "lights-right"
		return
	}
	c.text += " Somebody says that the router's lights are not as its manual says."
	c.acts = []catalogue.Actor{catalogue.Client, catalogue.ISP}
	c.advice = "lights-wrong"
}

// pingAnswer: a PBX that cannot ping outside, where the box can, has no way out of its own.
func pingAnswer(in Input, c *candidate) {
	said := in.Answers.PBXPingsOutside
	if said == nil {
		return
	}
	if *said {
		c.text += " Somebody says that the PBX can ping an outside address, so it has a way out."
		return
	}
	if in.Facts.Internet == nil || !slices.ContainsFunc(in.Facts.Internet.Targets, func(t facts.InternetTarget) bool { return t.ICMP == facts.Answered }) {
		return // nor can the box: this network does not let ping out
	}
	c.text += " Somebody says that the PBX cannot ping an outside address, and the box can."
	c.acts = []catalogue.Actor{catalogue.PBX, catalogue.IT}
	c.advice = "pbx-network"
}
