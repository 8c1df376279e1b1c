package probes

import (
	"testing"

	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
)

// A resolver works when it gives one usable answer: a name that does not exist is one.
func TestResolverSentence(t *testing.T) {
	says := func(rcode string) facts.NameAnswer { return facts.NameAnswer{Answer: facts.Answered, Rcode: rcode} }
	silent, own := facts.NameAnswer{Answer: facts.Silent}, facts.NameAnswer{Answer: facts.CouldNotAsk}
	heard, unheard := words.Said("saw.dns-public-answers"), words.Said("saw.dns-public-silent")
	for ticket, c := range map[string]struct {
		local, public []facts.NameAnswer
		given         int
		outcome       facts.Outcome
		saw           string // "" for any
	}{
		"none was given":                            {nil, nil, 0, facts.Failed, words.Said("saw.dns-none")},
		"it answers":                                {[]facts.NameAnswer{says("NOERROR")}, nil, 1, facts.Passed, ""},
		"it knows that a name does not exist":       {[]facts.NameAnswer{silent, says("NXDOMAIN")}, nil, 1, facts.Passed, ""},
		"it is silent":                              {[]facts.NameAnswer{silent, silent}, nil, 1, facts.Failed, words.Said("saw.dns-silent", "n", 1, "also", unheard)},
		"it is silent, a public one answers":        {[]facts.NameAnswer{silent, silent}, []facts.NameAnswer{says("NXDOMAIN"), says("NOERROR")}, 1, facts.Failed, words.Said("saw.dns-silent", "n", 1, "also", heard)},
		"it gives errors":                           {[]facts.NameAnswer{says("SERVFAIL"), says("SERVFAIL")}, nil, 1, facts.Failed, words.Said("saw.dns-errors", "also", unheard)},
		"it gives errors, as the public ones do":    {[]facts.NameAnswer{says("REFUSED")}, []facts.NameAnswer{says("REFUSED")}, 1, facts.Failed, words.Said("saw.dns-errors", "also", unheard)},
		"one gives errors, the other is silent":     {[]facts.NameAnswer{says("SERVFAIL"), silent}, nil, 2, facts.Failed, words.Said("saw.dns-errors", "also", unheard)},
		"the box could not ask":                     {[]facts.NameAnswer{own, own}, nil, 1, facts.Broken, words.Said("saw.dns-broken")},
		"it could not ask one, the other is silent": {[]facts.NameAnswer{own, silent}, nil, 2, facts.Failed, words.Said("saw.dns-silent", "n", 2, "also", unheard)},
		"it could not ask one, the other errs":      {[]facts.NameAnswer{own, says("SERVFAIL")}, nil, 2, facts.Failed, words.Said("saw.dns-errors", "also", unheard)},
	} {
		if outcome, saw := resolverSentence(facts.Resolver{Local: c.local, Public: c.public}, c.given); outcome != c.outcome || c.saw != "" && saw != c.saw {
			t.Errorf("%s: %s: %s", ticket, outcome, saw)
		}
	}
}
