package main

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"trunktester/appliance/update/slot"
	"trunktester/image/fat"
)

// boot is a boot partition in memory.
type boot struct{ *bytes.Reader }

func (boot) WriteAt([]byte, int64) (int, error) { return 0, io.ErrShortWrite }
func (boot) Sync() error                        { return nil }
func (boot) Forget() error                      { return nil }

// starting is a card that starts a root, 2 or 3.
func starting(t *testing.T, root string) slot.Device {
	t.Helper()
	line := "root=PARTUUID=60c24cc1-f3f9-427a-8199-c599f4ae0001/PARTNROFF=" + map[string]string{"2": "1", "3": "2"}[root] + strings.Repeat(" ", 64)
	volume, err := fat.Build(4<<20, time.Unix(1795590000, 0), []fat.File{{Name: "cmdline.txt", Data: []byte(line)}})
	if err != nil {
		t.Fatal(err)
	}
	return boot{bytes.NewReader(volume)}
}

// unread is a boot partition that the card does not give.
type unread struct{ boot }

func (unread) ReadAt([]byte, int64) (int, error) { return 0, syscall.EIO }

func TestGuard(t *testing.T) {
	errNoCard, again := errors.New("no card"), errors.New("restart")
	onTrial, kept := starting(t, "2"), starting(t, "3")
	torn, dead := boot{bytes.NewReader(make([]byte, 4<<20))}, unread{}
	card := func(b slot.Device) (*slot.Card, error) { return &slot.Card{Running: 3, Boot: b}, nil }
	for name, c := range map[string]struct {
		begin time.Duration // since the kernel's start
		open  func(after time.Duration) (*slot.Card, error)
		want  error
		took  time.Duration
	}{
		"what runs is what starts": {0, func(time.Duration) (*slot.Card, error) { return card(kept) }, nil, 0},
		"on trial, and kept after a minute": {0, func(after time.Duration) (*slot.Card, error) {
			if after < time.Minute {
				return card(onTrial)
			}
			return card(kept)
		}, nil, time.Minute},
		"on trial, and never kept": {0, func(time.Duration) (*slot.Card, error) { return card(onTrial) }, again, usual},
		"started again and again: the trial gets no longer": {4 * time.Minute,
			func(time.Duration) (*slot.Card, error) { return card(onTrial) }, again, time.Minute},
		"started after the deadline": {time.Hour, func(time.Duration) (*slot.Card, error) { return card(onTrial) }, again, 0},
		"a card that answers late": {0, func(after time.Duration) (*slot.Card, error) {
			if after < time.Minute {
				return card(dead)
			}
			return card(kept)
		}, nil, time.Minute},
		"a card that never answers": {0, func(time.Duration) (*slot.Card, error) { return card(dead) }, again, usual},
		"on trial, and then the card dies": {0, func(after time.Duration) (*slot.Card, error) {
			if after < time.Minute {
				return card(onTrial)
			}
			return card(dead)
		}, again, usual},
		"on trial, and then the card is gone": {0, func(after time.Duration) (*slot.Card, error) {
			if after < time.Minute {
				return card(onTrial)
			}
			return nil, errNoCard
		}, again, usual},
		"a cmdline.txt of somebody else":              {0, func(time.Duration) (*slot.Card, error) { return card(torn) }, nil, usual},
		"a machine that does not run from our card":   {0, func(time.Duration) (*slot.Card, error) { return nil, errNoCard }, errNoCard, 0},
		"such a machine that has run for a long time": {time.Hour, func(time.Duration) (*slot.Card, error) { return nil, errNoCard }, errNoCard, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				g := guard{limit: usual, log: io.Discard, restart: func() error { return again },
					open:    func() (*slot.Card, error) { return c.open(time.Since(began)) },
					running: func() (time.Duration, error) { return c.begin + time.Since(began), nil }}
				err := g.run()
				if took := time.Since(began); !errors.Is(err, c.want) || took < c.took || took > c.took+usual/50 {
					t.Errorf("%v after %s, want %v after %s", err, took, c.want, c.took)
				}
			})
		})
	}
}

func TestTheKernelsOwnClockRuns(t *testing.T) {
	a, err := running()
	b, again := running()
	if errors.Join(err, again) != nil || a <= 0 || b < a {
		t.Errorf("%s, %s, %v, %v", a, b, err, again)
	}
}
