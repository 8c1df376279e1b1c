// Trialguard goes back to the old version when a new one does not show in time that it works. It runs on the
// box beside trunktester, so that a new trunktester that does not even start is gone back from too; and it
// is a program of its own so that it hardly ever changes.
package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"trunktester/appliance/update/slot"
)

// usual is how long after the kernel's start a version on trial may take for its first good run: a run takes 15 s, DHCP up
// to 40 s more, and a start half a minute.
const usual = 5 * time.Minute

// When main ends with 0, gokrazy does not start it again; with 1 it does, after a second.
func main() {
	limit := flag.Duration("limit", usual, "how long after the kernel's start a version on trial may take for its first good run")
	flag.Parse()
	g := guard{open: slot.Open, running: running, limit: *limit, restart: restart, log: os.Stderr}
	if err := g.run(); err != nil {
		fmt.Fprintln(os.Stderr, "trialguard:", err)
		os.Exit(1)
	}
}

// guard looks after one start of the box.
type guard struct {
	open    func() (*slot.Card, error)
	running func() (time.Duration, error) // since the kernel's start: the deadline is the same whenever this program begins
	limit   time.Duration
	restart func() error
	log     io.Writer
}

// run returns when what runs is what starts, and restarts the box when that is not so in time. What cannot be read is read
// again; a card that is on trial, or that never could be read, restarts the box at the deadline: on trial or not, that
// starts the version that is kept. A machine that has no such card, or whose cmdline.txt is not ours, is never restarted.
func (g guard) run() error {
	var told string
	onTrial := false // as far as it could be read
	for ; ; time.Sleep(g.limit / 100) {
		running, err := g.running()
		if err != nil {
			return err
		}
		card, err := g.open()
		if err != nil && !onTrial {
			return err // of the system's own lists: nothing was read from a card
		}
		var standing slot.Standing
		if err == nil {
			standing, err = card.Standing()
		}
		if err != nil && err.Error() != told {
			told = err.Error()
			fmt.Fprintln(g.log, "trialguard:", told)
		}
		switch late := running >= g.limit; {
		case err == nil && !standing.OnTrial:
			return nil
		case late && !onTrial && errors.Is(err, slot.ErrCmdline):
			return nil
		case late:
			fmt.Fprintln(g.log, "trialguard: no version has shown in time that it works; going back to the one that is kept. The card:", cmp.Or(told, "on trial"))
			return g.restart()
		case err == nil:
			onTrial, told = true, ""
		}
	}
}

// running reads the kernel's own clock, sleep included (clock_gettime(2)).
func running() (time.Duration, error) {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &t); err != nil {
		return 0, fmt.Errorf("clock_gettime: %w", err)
	}
	return time.Duration(t.Nano()), nil
}

func restart() error {
	unix.Sync()
	return unix.Reboot(unix.LINUX_REBOOT_CMD_RESTART)
}
