package appliance

import (
	"slices"
	"sync"
	"time"
)

// A loss of the carrier counts as a flap when the carrier is back within flapAtMost: two ports need up to 3 s to
// negotiate again (IEEE 802.3 clause 28 and 40), and a person who moves the cable to another socket takes longer.
const (
	flapAtMost = 5 * time.Second
	flapSpan   = time.Minute // faults.md 1-7 counts by the minute
)

// flaps remembers how often the cable was out for a moment.
type flaps struct {
	mu   sync.Mutex
	lost time.Time   // zero while there is a carrier, and before the first
	seen []time.Time // ends of flaps, those of the last minute
}

// moved takes a change of the carrier.
func (f *flaps) moved(carrier bool, at time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !carrier {
		f.lost = at
		return
	}
	if !f.lost.IsZero() && at.Sub(f.lost) <= flapAtMost {
		f.seen = append(f.forget(at), at)
	}
	f.lost = time.Time{}
}

// last counts the flaps of the last minute.
func (f *flaps) last(now time.Time) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.seen = f.forget(now)
	return len(f.seen)
}

func (f *flaps) forget(now time.Time) []time.Time {
	return slices.DeleteFunc(f.seen, func(at time.Time) bool { return now.Sub(at) > flapSpan })
}
