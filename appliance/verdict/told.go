package verdict

import (
	"net/netip"
	"slices"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
)

// This file lets speak what only a person can see: about the line, the firewall and the portal.

// withAnswers adds what a person told to the causes that it says more about: a sentence, and where it decides what to do, the
// advice and who acts. An answer makes no cause, and takes none away but for a file that is out of date (rule 6).
func withAnswers(found []candidate, in Input) []candidate {
	for i := range found {
		c := &found[i]
		if c.kind == catalogue.Tells {
			continue
		}
		for _, answer := range []func(*candidate, Input){aboutALG, aboutRule, aboutLights, aboutPing, aboutLine, aboutEdge, aboutFirewall, aboutPBX, aboutCheckIP, aboutOtherLine} {
			answer(c, in)
		}
	}
	return found
}

// add is one more sentence.
func (c *candidate) add(key string, args ...any) {
	c.text += " " + words.InEnglish().Say("told."+key, args...)
}

// do is another advice, and who acts then.
func (c *candidate) do(advice string, acts ...catalogue.Actor) { c.advice, c.acts = advice, acts }

func yes(answer *bool) bool { return answer != nil && *answer }
func no(answer *bool) bool  { return answer != nil && !*answer }

// aboutLine is guide 1.5: what the line is made of, and what was tested on it. Only copper has noise and microfilters.
func aboutLine(c *candidate, in Input) {
	if c.code != "2-7" && c.code != "2-1" {
		return
	}
	a, medium := in.Answers, in.Answers.LineMedium
	leased := in.Profile != nil && in.Profile.Line.Kind == "leased"
	if c.code == "2-7" {
		switch {
		case medium != nil && *medium == facts.Copper:
			c.advice = "line-copper"
		case medium != nil || leased:
			c.advice = "line-digital"
		}
	}
	copper := medium != nil && *medium == facts.Copper
	switch {
	case yes(a.LineProviderFault):
		c.add("line-fault")
		c.do("line-fault", catalogue.ISP)
	case copper && no(a.QuietLineOK):
		c.add("noise")
		c.do("noise", catalogue.ISP)
	case copper && no(a.MicrofiltersOK):
		c.add("filters")
		c.do("filters", catalogue.Client)
	case no(a.LineProviderFault):
		c.add("no-line-fault")
	}
}

// aboutEdge is guide 1.6.
func aboutEdge(c *candidate, in Input) {
	if c.code != "2-1" && c.code != "2-9" || in.Profile == nil || in.Profile.Line.Kind != "leased" {
		return
	}
	switch {
	case yes(in.Answers.EdgeSeen) && c.code == "2-9":
		c.add("edge-seen")
		c.do("edge-seen", catalogue.IT)
	case no(in.Answers.EdgeSeen):
		c.add("edge-gone")
		c.do("line-fault", catalogue.ISP)
	}
}

// aboutFirewall is guide 1.8: a route or policy for the provider.
func aboutFirewall(c *candidate, in Input) {
	if no(in.Answers.FirewallNamesProvider) && slices.Contains([]string{"2-6", "3-1", "3-3", "3-4", "3-8", "5-7"}, c.code) {
		c.add("no-policy")
		c.do("policy", catalogue.IT)
	}
}

// aboutPBX is guide 1.4: whether the PBX itself reaches the provider.
func aboutPBX(c *candidate, in Input) {
	if c.code != "5-1" && c.code != "5-7" {
		return
	}
	switch {
	case yes(in.Answers.PBXPingsProvider):
		c.add("pbx-reaches")
	case no(in.Answers.PBXPingsProvider):
		c.add("pbx-cut-off")
		if c.code == "5-7" {
			c.do("pbx-cut-off", catalogue.IT, catalogue.PBX)
		}
	}
}

// aboutCheckIP is guide 2.2: the portal's own Check IP. Where it is the address that this line has, the portal is right and
// the box's file is out of date.
func aboutCheckIP(c *candidate, in Input) {
	said, f := in.Answers.PortalCheckIP, in.Facts.CheckIP
	if c.code != "4-6" || !said.IsValid() || f == nil {
		return
	}
	switch said {
	case seenAddress(*f):
		c.kind = catalogue.Hurts
		c.add("check-ip-right", "address", said)
		c.do("check-ip-file", catalogue.Reseller)
	case f.Portal:
		c.add("check-ip-same")
	default:
		c.add("check-ip-other", "address", said)
	}
}

// seenAddress is what the provider sees of this line, else the internet.
func seenAddress(c facts.CheckIP) netip.Addr {
	if c.Provider.IsValid() {
		return c.Provider
	}
	return c.STUN
}

// aboutOtherLine is guide 1.3: what was tested is not the line that voice uses.
func aboutOtherLine(c *candidate, in Input) {
	if no(in.Answers.VoiceUsesThisLine) && slices.Contains([]string{"2-1", "2-7", "2-8", "2-9", "3-7", "4-6", "4-9"}, c.code) {
		c.add("other-line")
		c.do("other-line", catalogue.IT)
	}
}

// portalRow compares the row of the portal's Registrations page, as a person read it, with what is expected (guide 3.1).
func portalRow(in Input) []candidate {
	if !yes(in.Answers.PortalShowsPBX) {
		return nil
	}
	var found []candidate
	say := func(code, key string, args ...any) {
		c := candidate{code: code, kind: catalogue.Hurts, text: words.InEnglish().Say("told."+key, args...)}
		found = append(found, c)
	}
	if want, got := in.Profile.Expect.Port, in.Answers.PortalPort; want != 0 && got != nil && *got != want {
		say("5-2", "portal-port", "got", *got, "want", want)
	}
	if want, got := in.Profile.Expect.NAT, in.Answers.PortalNAT; want != "" && got != nil && *got != (want == "yes") {
		say("5-3", "portal-nat", "got", map[bool]string{true: "yes", false: "no"}[*got], "want", want)
	}
	return found
}
