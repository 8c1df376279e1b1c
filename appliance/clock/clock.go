// Package clock keeps the system clock of a box that has none of its own, so that it begins in 1970: a floor
// when the program starts, and the true time once a run learnt it. Facts go in; what is set is the kernel's.
package clock

import (
	"fmt"
	"time"

	"trunktester/probes/facts"
)

const (
	// Tolerance is how far a clock may be off and still be left alone: the Date of a reply has whole seconds
	// (RFC 3261 section 20.17).
	Tolerance = 2 * time.Second
	// span is how long after it was built a program may be in use: a later time is nonsense.
	span = 20 * 365 * 24 * time.Hour
	// spare is how far the time must have gone on to be written again: a card bears a write a day.
	spare = 24 * time.Hour
)

// Memory keeps the last good time over the power going; *store.Store.
type Memory interface {
	LastTime() time.Time // zero: none is known
	KeepTime(time.Time) error
}

// Clock is the system clock in the box's care.
type Clock struct {
	Built  time.Time // when the program was built: it cannot be earlier
	Memory Memory
	Set    func(time.Time) error // nil: the clock is somebody else's, and nothing is set or kept
}

// Floor sets a clock that is behind what must have passed already. It says whether it did.
func (c Clock) Floor() (set bool, err error) {
	if c.Set == nil {
		return false, nil
	}
	to := floor(c.Built, c.Memory.LastTime())
	if !time.Now().Before(to) {
		return false, nil
	}
	return true, c.Set(to)
}

// Learn takes what a run found out about the time, while the clock is still the one that the run saw. It says
// whether the clock was set.
func (c Clock) Learn(f facts.Clock) (set bool, err error) {
	if c.Set == nil || f.Now == nil || f.Source == "none" {
		return false, nil
	}
	now := time.Now().Add(time.Duration(f.Offset)).Round(0)
	if !possible(c.Built, now) {
		return false, fmt.Errorf("%s says that it is %s, which cannot be", f.Server, now.UTC().Format(time.DateTime))
	}
	if Off(f) {
		if set, err = true, c.Set(now); err != nil {
			return false, err
		}
	}
	if now.Sub(c.Memory.LastTime()).Abs() >= spare {
		err = c.Memory.KeepTime(now)
	}
	return set, err
}

// Off reports whether the clock that a run saw is too far off for its times to be shown.
func Off(f facts.Clock) bool { return time.Duration(f.Offset).Abs() >= Tolerance }

// floor is the earliest that it can be. A kept time that cannot be is no floor.
func floor(built, kept time.Time) time.Time {
	if kept.After(built) && possible(built, kept) {
		return kept
	}
	return built
}

// possible reports whether a program built then can be running at t.
func possible(built, t time.Time) bool {
	return !t.Before(built) && t.Before(built.Add(span))
}
