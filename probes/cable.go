package probes

import (
	"context"
	"time"

	"trunktester/appliance/catalogue/words"
	"trunktester/netsetup"
	"trunktester/probes/facts"
)

// What a cable may do.
const (
	cableLosses  = 2 // faults.md 1-7
	cableDamaged = 3 // one or two damaged frames prove nothing
	// cableShare is how many good frames there are to a damaged one: 0.1 % (faults.md 1-7).
	cableShare = 1000
)

// Cable asks: did the cable hold while the run went on? Passed when it lost less than two carriers in a minute, and
// at most one frame in a thousand came damaged. It compares what the kernel counts now with what it had counted when
// Link saw the carrier.
type Cable struct {
	Flaps func() int // short losses of the carrier in the last minute, by one who watches all the time; nil: nobody does
}

// Look needs facts.Link.
func (p Cable) Look(_ context.Context, known facts.Facts) Result {
	link := known.Link
	if link == nil || !link.Carrier {
		return Result{Outcome: facts.NotRun, Saw: words.Said("saw.cable-no-carrier")}
	}
	now, err := netsetup.LinkCounters(link.Interface)
	if err != nil {
		return broken(err)
	}
	found := facts.Cable{Watched: facts.Duration(time.Since(link.At)), Counters: now}
	if p.Flaps != nil {
		found.Flaps = p.Flaps()
	}
	lost, damaged := now.Losses-link.Counters.Losses, now.Damaged-link.Counters.Damaged
	frames := now.Received - link.Counters.Received + damaged
	r := Result{Outcome: facts.Passed, File: func(f *facts.Facts) { f.Cable = &found }}
	seen := []any{"time", found.Watched, "n", lost, "damaged", damaged, "all", frames}
	r.Saw = words.Said("saw.cable", seen...)
	if found.Flaps > 0 {
		r.Saw = words.Said("saw.cable-flaps", append(seen, "flaps", found.Flaps)...)
	}
	if max(lost, found.Flaps) >= cableLosses || damaged >= cableDamaged && damaged*cableShare > frames {
		r.Outcome = facts.Failed
	}
	return r
}
