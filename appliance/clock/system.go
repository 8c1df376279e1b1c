package clock

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// System sets the kernel's clock (clock_settime(2)). Durations are not moved by it: Go and the store measure
// them by clocks that nobody sets.
func System(t time.Time) error {
	ts := unix.NsecToTimespec(t.UnixNano())
	if err := unix.ClockSettime(unix.CLOCK_REALTIME, &ts); err != nil {
		return fmt.Errorf("set the clock to %s: %w", t.UTC().Format(time.DateTime), err)
	}
	return nil
}
