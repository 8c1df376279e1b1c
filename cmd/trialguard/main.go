// Trialguard goes back to the old version when a new one does not show in time that it works. It runs on the
// box beside trunktester, so that a new trunktester that does not even start is gone back from too; and it
// is a program of its own so that it hardly ever changes.
package main

import (
	"flag"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"trunktester/appliance/update/slot"
)

// usual is how long a version on trial may take for its first good run: a run takes 15 s, DHCP up to 40 s
// more, and a start half a minute.
const usual = 5 * time.Minute

// When main ends with 0, gokrazy does not start it again; with 1 it does, after a second.
func main() {
	limit := flag.Duration("limit", usual, "how long a version on trial may take for its first good run")
	flag.Parse()
	if err := guard(slot.Open, *limit, restart); err != nil {
		fmt.Fprintln(os.Stderr, "trialguard:", err)
		os.Exit(1)
	}
}

// guard returns when what runs is what starts, and restarts the box when that is not so in time.
func guard(open func() (*slot.Card, error), limit time.Duration, restart func() error) error {
	for until := time.Now().Add(limit); ; time.Sleep(limit / 100) {
		card, err := open()
		if err != nil {
			return err
		}
		standing, err := card.Standing()
		switch {
		case err != nil:
			return err
		case !standing.OnTrial:
			return nil
		case time.Now().After(until):
			fmt.Fprintln(os.Stderr, "trialguard: the version on trial has not shown that it works; going back to the other one")
			return restart()
		}
	}
}

func restart() error {
	unix.Sync()
	return unix.Reboot(unix.LINUX_REBOOT_CMD_RESTART)
}
