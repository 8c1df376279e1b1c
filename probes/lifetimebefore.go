package probes

import (
	"context"
	"fmt"

	"trunktester/probes/facts"
)

// LifetimeBefore asks: what was measured earlier, on this very line, about the lifetime of a NAT mapping? It passes when
// something was; it sends nothing.
type LifetimeBefore struct {
	Kept func(known facts.Facts) *facts.Lifetime // nil, or gives nil: nothing is kept
	None string                                  // what is said then
}

// Look needs known.Gateway and known.Public to know the line.
func (l LifetimeBefore) Look(_ context.Context, known facts.Facts) Result {
	var kept *facts.Lifetime
	if l.Kept != nil {
		kept = l.Kept(known)
	}
	if kept == nil {
		return Result{Outcome: facts.NotRun, Saw: l.None}
	}
	return Result{Outcome: facts.Passed, Saw: lifetimeSaw(*kept), File: func(f *facts.Facts) { f.Lifetime = kept },
		Evidence: append([]facts.Evidence{{Kind: "control", Text: fmt.Sprintf("Measured through %s (%s).", kept.Server, kept.How)}}, triesEvidence(*kept)...)}
}

func triesEvidence(l facts.Lifetime) (all []facts.Evidence) {
	for _, t := range l.Tries {
		all = append(all, facts.Evidence{Kind: "probe", Text: t.String()})
	}
	return all
}
