package main

import (
	"bytes"
	"errors"
	"io"
	"strings"
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

func TestGuard(t *testing.T) {
	errNoCard, again := errors.New("no card"), errors.New("restart")
	for name, c := range map[string]struct {
		open func(t *testing.T) func() (*slot.Card, error)
		want error
		took time.Duration
	}{
		"what runs is what starts": {func(t *testing.T) func() (*slot.Card, error) {
			card := &slot.Card{Running: 2, Boot: starting(t, "2")}
			return func() (*slot.Card, error) { return card, nil }
		}, nil, 0},
		"on trial, and kept after a minute": {func(t *testing.T) func() (*slot.Card, error) {
			began, before, after := time.Now(), starting(t, "2"), starting(t, "3")
			return func() (*slot.Card, error) {
				if time.Since(began) < time.Minute {
					return &slot.Card{Running: 3, Boot: before}, nil
				}
				return &slot.Card{Running: 3, Boot: after}, nil
			}
		}, nil, time.Minute},
		"on trial, and never kept": {func(t *testing.T) func() (*slot.Card, error) {
			card := &slot.Card{Running: 3, Boot: starting(t, "2")}
			return func() (*slot.Card, error) { return card, nil }
		}, again, usual},
		"a card that cannot be found": {func(*testing.T) func() (*slot.Card, error) {
			return func() (*slot.Card, error) { return nil, errNoCard }
		}, errNoCard, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				err := guard(c.open(t), usual, func() error { return again })
				if took := time.Since(began); !errors.Is(err, c.want) || took < c.took || took > c.took+usual/50 {
					t.Errorf("%v after %s, want %v after %s", err, took, c.want, c.took)
				}
			})
		})
	}
}
