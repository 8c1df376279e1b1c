package main

import (
	"log/slog"
	"strconv"
	"strings"
	"time"

	"trunktester/appliance"
	"trunktester/appliance/catalogue/words"
	"trunktester/appliance/clock"
	"trunktester/appliance/selfcheck"
	"trunktester/appliance/store"
	"trunktester/probes/facts"
)

// life is how the box looks after itself as long as the program runs: its clock, its starts, its own faults.
type life struct {
	clock    clock.Clock
	restarts int    // not told to a box yet
	scratch  string // the volatile directory
	log      *slog.Logger
}

// begin counts this start of the program and sets a clock that is behind its floor. Once for each process.
func (f boxFlags) begin(memory *store.Store, log *slog.Logger) *life {
	l := &life{clock: clock.Clock{Built: buildTime(), Memory: memory}, restarts: memory.Started(appliance.RestartsIn),
		scratch: strings.Split(f.state, ",")[0], log: log}
	if onBox() {
		l.clock.Set = clock.System
	}
	l.told(l.clock.Floor())
	return l
}

// attach gives a box what it needs to look after itself; dark is why the lights could not be had, nil
// otherwise. Only the first box of the process hears of the restarts.
func (l *life) attach(b *appliance.Box, dark error) {
	b.Timed = func(f facts.Clock) { l.told(l.clock.Learn(f)) }
	b.Check = func() []selfcheck.Fault { return selfcheck.Look(l.scratch) }
	b.Restarts, l.restarts = l.restarts, 0
	if dark != nil && onPi() {
		b.Notice("lights", words.Said("notice.dark"))
		l.log.Error("the lights cannot be used", "err", dark)
	}
}

// told logs what became of the clock.
func (l *life) told(set bool, err error) {
	switch {
	case err != nil:
		l.log.Warn("clock", "err", err)
	case set:
		l.log.Info("clock set", "to", time.Now().UTC())
	}
}

// buildTime is when the program was built; without a stamp, when the first was.
func buildTime() time.Time {
	if seconds, err := strconv.ParseInt(built, 10, 64); err == nil {
		return time.Unix(seconds, 0)
	}
	return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
}
