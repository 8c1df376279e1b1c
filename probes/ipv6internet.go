package probes

import (
	"context"

	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
)

// InternetByIPv6 asks: does anything behind the router answer by IPv6? It is asked as Internet is, and only where the
// trunk goes by IPv6: nothing else depends on it.
type InternetByIPv6 struct {
	Internet // with IPv6 hosts as its Targets
}

// Look implements Probe. It needs Name.
func (p InternetByIPv6) Look(ctx context.Context, known facts.Facts) Result {
	if !known.Name.ByIPv6() {
		return Result{Outcome: facts.NotRun, Saw: words.Said("saw.internet-six-not")}
	}
	r := p.Internet.Look(ctx, known)
	if r.File == nil {
		return r
	}
	var told facts.Facts
	r.File(&told)
	r.File = func(f *facts.Facts) { f.InternetByIPv6 = told.Internet }
	return r
}
