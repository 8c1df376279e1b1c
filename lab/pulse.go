package lab

import (
	"sync/atomic"
	"time"
)

// beat is the time between two looks at the clock, about that of voice packets.
const beat = 20 * time.Millisecond

// pulse measures how late a goroutine of this process wakes up.
type pulse struct{ beats, late atomic.Int64 }

// beat sleeps and looks at the clock until done.
func (p *pulse) beat(done <-chan struct{}) {
	timer := time.NewTimer(beat)
	defer timer.Stop()
	for due := time.Now().Add(beat); ; due = time.Now().Add(beat) {
		select {
		case <-done:
			return
		case <-timer.C:
		}
		p.late.Add(int64(max(0, time.Since(due))))
		p.beats.Add(1)
		timer.Reset(beat)
	}
}

// mean is the average lateness until now.
func (p *pulse) mean() time.Duration {
	beats := p.beats.Load()
	if beats == 0 {
		return 0
	}
	return time.Duration(p.late.Load() / beats)
}
