package probes

import (
	"strings"

	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
)

func (p Intercept) result(attempts []looked) Result {
	found := &facts.Path{Transport: p.Transport}
	r := Result{Outcome: facts.Passed, File: func(f *facts.Facts) { f.Nowhere = found },
		Saw: words.Said("saw.nowhere-silent", "network", nowhere)}
	var saw []string
	for _, a := range attempts {
		found.Targets = append(found.Targets, a.Attempt)
		r.Evidence = append(r.Evidence, a.evidence...)
		switch {
		case answered(a.Attempt):
			saw = append(saw, a.saw())
		case a.ours():
			r.Outcome, r.Saw = facts.Broken, a.saw()
		}
	}
	if len(saw) > 0 {
		r.Outcome, r.Saw = facts.Failed, words.Said("saw.nowhere-answers", "what", strings.Join(saw, " "))
	}
	return r
}
