package probes

import (
	"slices"

	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
)

func (m MTU) result(found facts.MTU, failed error) Result {
	r := Result{Outcome: facts.Passed, File: func(f *facts.Facts) { f.MTU = &found }}
	small := func(p facts.MTUPair) bool { return p.Small == facts.Answered }
	switch {
	case found.Passed():
		r.Saw = words.Said("saw.mtu-pass", "bytes", found.Large)
	case found.Path() > 0:
		r.Saw = words.Said("saw.mtu-path", "bytes", found.Path())
	case slices.ContainsFunc(found.Asked, small):
		r.Outcome, r.Saw = facts.Failed, words.Said("saw.mtu-lost", "large", found.Large, "small", found.Small)
	case failed != nil:
		r.Outcome, r.Saw = facts.Broken, words.Said("saw.mtu-broken", "error", failed)
	default:
		r.Outcome, r.Saw = facts.Failed, words.Said("saw.mtu-silent")
	}
	return r
}

// settle says what became of packets without an answer: who was not let wait is unasked.
func (a *mtuAsked) settle(inTime bool) {
	for _, answer := range []*facts.Answer{&a.Small, &a.Large} {
		switch {
		case *answer != facts.Unasked:
		case a.err != nil:
			*answer = facts.CouldNotAsk
		case inTime:
			*answer = facts.Silent
		}
	}
	if a.Told > 0 && a.Large != facts.Answered {
		a.Large = facts.Refused
	}
}
