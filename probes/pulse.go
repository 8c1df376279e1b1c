package probes

import (
	"context"
	"time"
)

// pulseBeat is about the time between voice packets.
const pulseBeat = 20 * time.Millisecond

// pulse measures how late this process wakes up, on average, until ctx ends: a box that is too busy to look at its
// clock in time measures itself and not the line.
func pulse(ctx context.Context) time.Duration {
	var late time.Duration
	timer := time.NewTimer(pulseBeat)
	defer timer.Stop()
	for beats := time.Duration(1); ; beats++ {
		due := time.Now().Add(pulseBeat)
		timer.Reset(pulseBeat)
		select {
		case <-ctx.Done():
			return late / beats
		case <-timer.C:
			late += max(0, time.Since(due))
		}
	}
}
