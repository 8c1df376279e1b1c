package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"trunktester/appliance/catalogue"
	"trunktester/image/lights"
	"trunktester/image/writelog"
)

// offAfter is a board that is off, and whose kernel left these lines; the emulator got a second of processor for so much
// waiting.
func offAfter(t *testing.T, log string, waited time.Duration) *board {
	t.Helper()
	b := &board{folder: t.TempDir(), ended: make(chan struct{}), ran: time.Second, waited: waited}
	b.pulled.Store(true)
	close(b.ended)
	if err := os.WriteFile(filepath.Join(b.folder, "serial.log"), []byte(log), 0o600); err != nil {
		t.Fatal(err)
	}
	return b
}

// What failed in a world whose card reader gave up, or whose emulator got no processor, is the emulator's; all else is
// the box's, what the kernel says at every start included.
func TestTheEmulatorsFailuresAreToldFromTheBoxs(t *testing.T) {
	wrong := errors.New("the lights read g g r1 - -")
	for name, c := range map[string]struct {
		log      string
		waited   time.Duration
		emulator bool
	}{
		"nothing unusual":          {"[    2.466418] sdhost-bcm2835 3f202000.mmc: loaded - DMA enabled (>1)\n", time.Second, false},
		"no card for the Wi-Fi":    {"[   11.893800] mmc1: Timeout waiting for hardware interrupt.\n", time.Second, false},
		"a transfer that was slow": {"[    5.421047] sdhost-bcm2835 3f202000.mmc: fsm 1, hsts 00000101\n", time.Second, false},
		"the card reader gave up":  {"[   98.141249] sdhost-bcm2835 3f202000.mmc: timeout waiting for hardware interrupt.\n", time.Second, true},
		"a kernel that is mute":    {"", time.Second, true},
		"a busy machine":           {"[    0.000000] Booting Linux\n", 5 * time.Second, true},
	} {
		b := offAfter(t, c.log, c.waited)
		err := b.late(b.blame(wrong))
		if errors.Is(err, errEmulator) != c.emulator || !errors.Is(err, wrong) {
			t.Errorf("%s: %v", name, err)
		}
	}
	busy := offAfter(t, "[    0.000000] Booting Linux\n", time.Hour)
	if err := busy.late(busy.blame(nil)); err != nil {
		t.Errorf("nothing failed, and yet: %v", err)
	}
	if err := busy.blame(wrong); errors.Is(err, errEmulator) {
		t.Errorf("what lies on a card is excused by a busy machine: %v", err)
	}
}

// A pattern of the row that nobody saw was not shown, unless nobody looked for longer than a flash.
func TestWhatNobodyLookedForMayHaveBeenShown(t *testing.T) {
	never := errors.New("never seen")
	samples := samplesOf(catalogue.Row{}, 5*time.Second)
	w := &watcher{samples: samples}
	if err := w.unseen(0, never); errors.Is(err, errEmulator) {
		t.Errorf("looked at all the time: %v", err)
	}
	w.samples = append(append([]lights.Sample{}, samples[:20]...), samples[30:]...)
	if err := w.unseen(0, never); !errors.Is(err, errEmulator) {
		t.Errorf("a gap of %s: %v", blind(w.samples), err)
	}
	if err := w.unseen(w.samples[25].At, never); errors.Is(err, errEmulator) {
		t.Errorf("a gap before it mattered: %v", err)
	}
}

// The emulator may fail twice; what the box does wrong is not tried again.
func TestAnew(t *testing.T) {
	wrong := errors.New("the lights are wrong")
	for name, c := range map[string]struct {
		answers []error
		want    error
		times   int
	}{
		"well":                   {[]error{nil}, nil, 1},
		"the box fails":          {[]error{wrong, nil}, wrong, 1},
		"the emulator, then not": {[]error{errEmulator, errEmulator, nil}, nil, 3},
		"then the box fails":     {[]error{errEmulator, wrong}, wrong, 2},
		"always the emulator":    {[]error{errEmulator, errEmulator, errEmulator, nil}, errEmulator, 3},
	} {
		times := 0
		err := anew(context.Background(), name, func() error {
			times++
			if err := c.answers[times-1]; err != nil {
				return fmt.Errorf("try %d: %w", times, err)
			}
			return nil
		})
		if !errors.Is(err, c.want) || times != c.times {
			t.Errorf("%s: %d times, %v", name, times, err)
		}
	}
}

func TestSpread(t *testing.T) {
	var cuts []writelog.Cut
	for i := range 136 {
		cuts = append(cuts, writelog.Cut{Until: i})
	}
	for _, n := range []int{1, 2, 7, 60, 136} {
		some := spread(cuts, n)
		if len(some) != n || some[0].Until != 0 || n > 1 && some[n-1].Until != 135 {
			t.Errorf("%d: %v", n, some)
		}
	}
}
