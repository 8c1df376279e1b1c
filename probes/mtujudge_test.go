package probes

import (
	"errors"
	"testing"

	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
)

// Large packets are lost only where small ones came back beside them.
func TestMTUResult(t *testing.T) {
	pair := func(small, large facts.Answer, told int) facts.MTUPair {
		return facts.MTUPair{Small: small, Large: large, Told: told}
	}
	ours := errors.New("operation not permitted")
	for ticket, c := range map[string]struct {
		asked   []facts.MTUPair
		failed  error
		outcome facts.Outcome
		saw     string
	}{
		"a large one came back":               {[]facts.MTUPair{pair(facts.Silent, facts.Silent, 0), pair(facts.Answered, facts.Answered, 0)}, nil, facts.Passed, words.Said("saw.mtu-pass", "bytes", 1500)},
		"the size that passes was told":       {[]facts.MTUPair{pair(facts.Answered, facts.Refused, 1492)}, nil, facts.Passed, words.Said("saw.mtu-path", "bytes", 1492)},
		"small ones alone came back":          {[]facts.MTUPair{pair(facts.Answered, facts.Silent, 0)}, nil, facts.Failed, words.Said("saw.mtu-lost", "large", 1500, "small", mtuSmall)},
		"the same, and one could not be sent": {[]facts.MTUPair{pair(facts.Answered, facts.Silent, 0)}, ours, facts.Failed, words.Said("saw.mtu-lost", "large", 1500, "small", mtuSmall)},
		"nothing came back":                   {[]facts.MTUPair{pair(facts.Silent, facts.Silent, 0)}, nil, facts.Failed, words.Said("saw.mtu-silent")},
		"nothing could be sent":               {[]facts.MTUPair{pair(facts.CouldNotAsk, facts.CouldNotAsk, 0)}, ours, facts.Broken, words.Said("saw.mtu-broken", "error", ours)},
	} {
		if r := (MTU{}).result(facts.MTU{Large: 1500, Small: mtuSmall, Asked: c.asked}, c.failed); r.Outcome != c.outcome || r.Saw != c.saw {
			t.Errorf("%s: %s: %s", ticket, r.Outcome, r.Saw)
		}
	}
}

// A packet that was not waited for is unasked, and one that the box could not send is no silence.
func TestMTUSettle(t *testing.T) {
	ours := errors.New("operation not permitted")
	for ticket, c := range map[string]struct {
		small, large         facts.Answer
		told                 int
		failed               error
		inTime               bool
		wantSmall, wantLarge facts.Answer
	}{
		"both came back":                             {facts.Answered, facts.Answered, 0, nil, true, facts.Answered, facts.Answered},
		"the large one vanished":                     {facts.Answered, facts.Unasked, 0, nil, true, facts.Answered, facts.Silent},
		"somebody else was answered first":           {facts.Answered, facts.Unasked, 0, nil, false, facts.Answered, facts.Unasked},
		"the box could not send the large one":       {facts.Answered, facts.Unasked, 0, ours, true, facts.Answered, facts.CouldNotAsk},
		"the size was told":                          {facts.Answered, facts.Unasked, 1492, nil, true, facts.Answered, facts.Refused},
		"the size was told, and it came back anyway": {facts.Answered, facts.Answered, 1492, nil, true, facts.Answered, facts.Answered},
	} {
		a := mtuAsked{MTUPair: facts.MTUPair{Small: c.small, Large: c.large, Told: c.told}, err: c.failed}
		if a.settle(c.inTime); a.Small != c.wantSmall || a.Large != c.wantLarge {
			t.Errorf("%s: small %s, large %s", ticket, a.Small, a.Large)
		}
	}
}
