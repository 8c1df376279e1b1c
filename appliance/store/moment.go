package store

import (
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// moment is a point in time on a box whose clock cannot be trusted: which boot, how long after it, and
// the true time only when somebody told it.
type moment struct {
	Boot  string        `json:"boot"`          // "" when the kernel does not say
	Since time.Duration `json:"since"`         // CLOCK_BOOTTIME
	True  time.Time     `json:"true,omitzero"` // zero: not known
}

// clocks reads the kernel's boot id (random(4)) and the time since boot, sleep included (clock_gettime(2)).
func clocks() moment {
	var m moment
	if id, err := os.ReadFile("/proc/sys/kernel/random/boot_id"); err == nil {
		m.Boot = strings.TrimSpace(string(id))
	}
	var t unix.Timespec
	if unix.ClockGettime(unix.CLOCK_BOOTTIME, &t) == nil {
		m.Since = time.Duration(t.Nano())
	}
	return m
}

// ago is the least time that has certainly passed since an earlier moment. After a restart that is the
// time since the boot, unless the true time was known both then and now. A clock that was set wrongly can
// make it too long only across a restart.
func (m moment) ago(earlier moment) time.Duration {
	if m.Boot != "" && m.Boot == earlier.Boot {
		return max(0, m.Since-earlier.Since)
	}
	if m.True.IsZero() || earlier.True.IsZero() {
		return m.Since
	}
	return max(m.Since, m.True.Sub(earlier.True))
}
