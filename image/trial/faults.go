package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"syscall"
	"time"

	"trunktester/image/lights"
)

// errEmulator says that the emulated board itself failed, or that the machine under it was too busy for it to be
// looked at: what was seen says nothing about the box, neither good nor bad.
var errEmulator = errors.New("the emulator failed, and not the box")

// tries is how often a world is tried in all that the emulator fails in.
const tries = 3

// readerGaveUp is what Linux says (drivers/mmc/host/bcm2835.c) when the emulated card reader stops in the middle of a
// transfer, now and then, and more often on a busy machine. The file behind it never fails; what a worn card does to the
// box cannot be learnt from it, as the box's own system hangs with it. The other reader, mmc1, where a Pi 3 has its
// Wi-Fi, says nearly the same at every start.
var readerGaveUp = regexp.MustCompile(`sdhost-bcm2835 \S+: timeout waiting for hardware interrupt`)

// readerGone is how often the reader must give up until nothing more is waited for: once it may recover.
const readerGone = 3

// gaveUp counts how often the card reader of the board gave up since it was switched on.
func (b *board) gaveUp() int {
	text, _ := os.ReadFile(filepath.Join(b.folder, "serial.log"))
	return len(readerGaveUp.FindAll(text, -1))
}

// mute says whether the kernel said nothing since the board was switched on. The emulator loads it by itself, and it
// speaks long before it looks for a card.
func (b *board) mute() bool {
	info, err := os.Stat(filepath.Join(b.folder, "serial.log"))
	return err == nil && info.Size() == 0
}

// crashed says whether the emulator ended by a signal that nobody here sent: by an assertion of its own.
func (b *board) crashed() bool {
	select {
	case <-b.ended:
	case <-time.After(time.Second): // its monitor ends before it does
		return false
	}
	var exit *exec.ExitError
	if !errors.As(b.status, &exit) {
		return false
	}
	status, ok := exit.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && !b.pulled.Load()
}

// blame tells the emulator's failures from the box's.
func (b *board) blame(err error) error {
	if err == nil || errors.Is(err, errEmulator) {
		return err
	}
	if n := b.gaveUp(); n > 0 {
		return fmt.Errorf("%w: its card reader gave up %d times: %w", errEmulator, n, err)
	}
	if b.crashed() {
		return fmt.Errorf("%w: it crashed: %w", errEmulator, err)
	}
	if b.mute() {
		return fmt.Errorf("%w: its kernel never said a word, before it looked at the card: %w", errEmulator, err)
	}
	return err
}

// late is err, of what the box measured or showed in time, unless the emulator got too little of the machine for that.
// What is written on a card does not depend on it.
func (b *board) late(err error) error {
	if err == nil || errors.Is(err, errEmulator) {
		return err
	}
	if ran, waited := b.processor(); waited > starved*ran {
		return fmt.Errorf("%w: this machine is too busy, and let it wait %.0f s for %.0f s of processor: %w", errEmulator, waited.Seconds(), ran.Seconds(), err)
	}
	return err
}

// starved is how often longer than it ran the emulator waited for a processor, when the machine was too busy for it: a
// line that is measured then is late and uneven. Its own four on a machine of two wait as long as they run.
const starved = 2

// processor is how long all threads of the emulator ran until now, or until it ended, and how long they waited for a
// processor (the kernel's Documentation/scheduler/sched-stats.rst, schedstat of a process). Zero where the kernel does
// not tell.
func (b *board) processor() (ran, waited time.Duration) {
	if b.pulled.Load() {
		return b.ran, b.waited
	}
	threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", b.process.Process.Pid))
	for _, file := range threads {
		var r, w time.Duration
		if text, err := os.ReadFile(file); err == nil {
			fmt.Sscan(string(text), &r, &w) //nolint:errcheck // zero then
		}
		ran, waited = ran+r, waited+w
	}
	return ran, waited
}

// unseen is err, of waiting for something that the lights did not say, unless they were not looked at for so long that
// it may have been missed.
func (w *watcher) unseen(after time.Duration, err error) error {
	all := w.seen()
	for len(all) > 0 && all[0].At < after {
		all = all[1:]
	}
	if longest := blind(all); err != nil && longest > lights.Sparsest {
		return fmt.Errorf("%w: this machine was so busy that the lights were not looked at for %.1f s: %w", errEmulator, longest.Seconds(), err)
	}
	return err
}

// anew carries out a world, and again from its beginning when the emulator failed; it never does so silently.
func anew(ctx context.Context, what string, carryOut func() error) (err error) {
	for try := 1; ; try++ {
		if err = carryOut(); !errors.Is(err, errEmulator) || try == tries || ctx.Err() != nil {
			return err
		}
		fmt.Printf("  %s says nothing, and is tried again from the original card, try %d of %d: %v\n", what, try+1, tries, err)
	}
}
