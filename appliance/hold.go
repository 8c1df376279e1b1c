package appliance

import (
	"context"
	"time"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/selfcheck"
)

// This file is the box's own faults: what is shown before the first run, so that the line is not blamed.

const (
	// mostRestarts within RestartsIn are a fault of the box (design section 8).
	mostRestarts = 3
	// RestartsIn is the time within which starting again counts.
	RestartsIn = time.Minute
	// holdFor is how long the row says "box fault" before the box tries all the same: it must not be dead for
	// ever, and long enough for somebody to see it and pick up the telephone.
	holdFor = time.Minute
)

// restartsNotice is said on the page of a box that held.
const restartsNotice = "The box's own program stopped three times within a minute and rested for a minute before it went on. If the lights do this again, send the report to whoever supplied the box."

// DarkNotice is said on the page of a Pi whose lights cannot be driven. That its own small light tells then was never
// seen on a board (docs/hardware.md), so nothing is promised of it.
const DarkNotice = "The box cannot drive its five lights. This page tells everything; the small light on the board itself (ACT) may flash the code as well. The lights or their wiring need repair."

// hold shows the box's own faults, if there are any, until they are gone, and for a minute at most.
func (b *Box) hold(ctx context.Context) {
	restarting := b.Restarts >= mostRestarts
	if restarting {
		b.Log.Error("box fault: the program was started again and again", "times", b.Restarts)
		b.Notice("restarts", restartsNotice)
	}
	before := b.State().Whole
	enough := time.NewTimer(holdFor)
	defer enough.Stop()
	looks := time.NewTicker(time.Second)
	defer looks.Stop()
	for b.unwell() || restarting {
		b.Pattern(catalogue.WholeBoxFault)
		select {
		case <-ctx.Done():
			return
		case <-enough.C:
			b.Pattern(before)
			return
		case <-looks.C:
			b.alive()
		}
	}
	if b.State().Whole != before {
		b.Pattern(before)
	}
}

// unwell looks at the box itself, and tells on the page what is wrong; what is well again is taken away.
func (b *Box) unwell() bool {
	if b.Check == nil {
		return false
	}
	told := map[string]selfcheck.Fault{}
	for _, f := range b.Check() {
		told[f.Topic] = f
	}
	for topic, f := range told {
		if b.faults[topic].Sentence == f.Sentence {
			continue
		}
		b.Log.Error("box fault", "what", topic, "err", f.Err)
		b.Notice("self "+topic, f.Sentence)
	}
	for topic := range b.faults {
		if _, still := told[topic]; !still {
			b.Notice("self "+topic, "")
		}
	}
	b.faults = told
	return len(told) > 0
}
