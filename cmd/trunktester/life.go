package main

import (
	"log/slog"
	"strconv"
	"time"

	"trunktester/appliance"
	"trunktester/appliance/clock"
	"trunktester/appliance/selfcheck"
	"trunktester/appliance/store"
	"trunktester/probes/facts"
)

// care gives the box what it needs to look after itself: its clock, its starts and its own faults. scratch is
// the volatile directory, dark why the lights could not be had.
func care(b *appliance.Box, memory *store.Store, scratch string, dark error, log *slog.Logger) {
	timekeeper := clock.Clock{Built: buildTime(), Memory: memory}
	if onBox() {
		timekeeper.Set = clock.System
	}
	told := func(set bool, err error) {
		switch {
		case err != nil:
			log.Warn("clock", "err", err)
		case set:
			log.Info("clock set", "to", time.Now().UTC())
		}
	}
	told(timekeeper.Floor())
	b.Timed = func(f facts.Clock) { told(timekeeper.Learn(f)) }
	b.Restarts = memory.Started(appliance.RestartsIn)
	b.Check = func() []selfcheck.Fault { return selfcheck.Look(scratch) }
	if onPi() && dark != nil {
		b.Notice("lights", appliance.DarkNotice)
		log.Error("the lights cannot be used", "err", dark)
	}
}

// buildTime is when the program was built; without a stamp, when the first was.
func buildTime() time.Time {
	if seconds, err := strconv.ParseInt(built, 10, 64); err == nil {
		return time.Unix(seconds, 0)
	}
	return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
}
