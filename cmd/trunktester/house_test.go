package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"trunktester/appliance"
	"trunktester/appliance/catalogue"
	"trunktester/appliance/media"
	"trunktester/appliance/profile"
	"trunktester/appliance/store"
	"trunktester/leds"
)

const kept = "[trunk]\ndomain = \"sip.example.net\"\nusername = \"u\"\npassword = \"p\"\n"

func newHouse(t *testing.T) (h *house, dir string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "perm")
	memory := store.Open(dir)
	if err := memory.SaveProfile([]byte(kept)); err != nil {
		t.Fatal(err)
	}
	return &house{memory: memory, lights: &lights{log: slog.New(slog.DiscardHandler), player: &leds.Player{}},
		notices: map[string]string{}, changes: make(chan error, 1)}, dir
}

func TestAWipeLeavesABoxWithoutATrunk(t *testing.T) {
	h, _ := newHouse(t)
	p, err := h.flags.readProfile(h.memory)
	if err != nil || p.Trunk.Domain != "sip.example.net" {
		t.Fatalf("%q, %v", p.Trunk.Domain, err)
	}
	next := h.wipe(t.Context(), turn{profile: p})
	if next.profile.Trunk.Domain != "" || next.whole != catalogue.WholeDone {
		t.Errorf("the next turn: %q, %q", next.profile.Trunk.Domain, next.whole)
	}
	if p, err := h.flags.readProfile(h.memory); err != nil || p.Trunk.Domain != "" {
		t.Errorf("after the wipe: %q, %v", p.Trunk.Domain, err)
	}
}

// Something lies in the way that cannot be removed: the box must not say that all is gone.
func TestAWipeThatFails(t *testing.T) {
	h, dir := newHouse(t)
	if err := os.MkdirAll(filepath.Join(dir, "ledger", "in the way"), 0o700); err != nil {
		t.Fatal(err)
	}
	next := h.wipe(t.Context(), turn{profile: profile.Default()})
	if next.whole != catalogue.WholeRefused || !strings.Contains(h.notices[topicWipe], "did not succeed") {
		t.Errorf("%q, %q", next.whole, h.notices)
	}
}

func TestADamagedProfileIsToldAndTheNetworkTested(t *testing.T) {
	h, dir := newHouse(t)
	if err := os.Truncate(filepath.Join(dir, "trunk.toml"), 100); err != nil {
		t.Fatal(err)
	}
	p, err := h.flags.readProfile(h.memory)
	if !errors.Is(err, profile.ErrDamaged) || p.Trunk.Domain != "" {
		t.Errorf("%q, %v", p.Trunk.Domain, err)
	}
	if said := refusal(err); !strings.Contains(said, "USB stick") || strings.Contains(said, "\n") {
		t.Errorf("told: %q", said)
	}
}

// A laptop's own file is used even where a profile is kept, and nothing is taken in from media.
func TestAProfileThatWasNamed(t *testing.T) {
	h, _ := newHouse(t)
	h.flags.profile = filepath.Join(t.TempDir(), "trunk.toml")
	if err := os.WriteFile(h.flags.profile, []byte(strings.Replace(kept, "sip.", "other.", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if p, err := h.flags.readProfile(h.memory); err != nil || p.Trunk.Domain != "other.example.net" {
		t.Errorf("%q, %v", p.Trunk.Domain, err)
	}
	if h.openDesk() {
		t.Error("sticks are read")
	}
}

// The button is held while a stick's profile waits to be used, or the other way round: the wipe is done, and no profile
// that came before it is used after it.
func TestAWipeIsNeverDropped(t *testing.T) {
	adopted, later := &newProfile{profile.Default()}, &newProfile{profile.Default()}
	for name, c := range map[string]struct {
		changes []error
		want    error
	}{
		"a profile":                     {[]error{adopted}, adopted},
		"a wipe":                        {[]error{errWipe}, errWipe},
		"a wipe while a profile waits":  {[]error{adopted, errWipe}, errWipe},
		"a profile while a wipe waits":  {[]error{errWipe, adopted}, errWipe},
		"the wipe twice":                {[]error{errWipe, errWipe}, errWipe},
		"a profile while another waits": {[]error{adopted, later}, later},
	} {
		t.Run(name, func(t *testing.T) {
			h, _ := newHouse(t)
			for _, why := range c.changes {
				h.change(why)
			}
			if got := <-h.changes; got != c.want || len(h.changes) != 0 {
				t.Errorf("%v, and %d wait", got, len(h.changes))
			}
		})
	}
	h, _ := newHouse(t)
	h.desk = &appliance.Desk{Media: card{}}
	h.change(adopted) // by a stick, in the moment in which the turn ended for a wipe
	if next := h.wipe(t.Context(), turn{}); next.whole != catalogue.WholeDone || len(h.changes) != 0 {
		t.Errorf("%q, and %d wait", next.whole, len(h.changes))
	}
}

// card is a machine whose boot partition is a folder; "" for none.
type card struct {
	appliance.Media
	boot   string
	locked bool // write-protected
}

func (c card) Boot() (string, error) {
	if c.boot == "" {
		return "", media.ErrNoBoot
	}
	return c.boot, nil
}

func (c card) Visit(_ context.Context, devices []string, _ time.Duration, _ func(*os.Root) bool, do func(media.Volume) appliance.Visited) (appliance.Visited, error) {
	root, err := os.OpenRoot(devices[0])
	if err != nil {
		return appliance.Visited{}, err
	}
	defer root.Close()
	return do(media.Volume{Root: root, Write: func(do func() error) error {
		if c.locked {
			return media.ErrReadOnly
		}
		return do()
	}}), nil
}

// What somebody dropped on the boot partition, and the box refused, holds a password too, and would be looked at again at
// the next start.
func TestAWipeTakesTheFileOnTheBootPartition(t *testing.T) {
	h, _ := newHouse(t)
	boot := t.TempDir()
	file := filepath.Join(boot, "trunk.toml")
	if err := os.WriteFile(file, []byte(kept+"pasword = 5\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	h.desk = &appliance.Desk{Media: card{boot: boot}}
	if next := h.wipe(t.Context(), turn{}); next.whole != catalogue.WholeDone {
		t.Errorf("%q, %q", next.whole, h.notices)
	}
	if left, err := os.ReadFile(file); err != nil || strings.Contains(string(left), "pass") {
		t.Errorf("%q, %v", left, err)
	}
	h.desk = &appliance.Desk{Media: card{boot: filepath.Join(boot, "gone")}}
	if next := h.wipe(t.Context(), turn{}); next.whole != catalogue.WholeRefused || !strings.Contains(h.notices[topicWipe], "trunk.toml") {
		t.Errorf("a boot partition that cannot be read: %q, %q", next.whole, h.notices)
	}
}

// The power goes in the middle of a wipe: the next start completes it before it looks at the boot partition.
func TestAnInterruptedWipeIsCompletedAtTheNextStart(t *testing.T) {
	h, dir := newHouse(t)
	if err := h.memory.BeginWipe(); err != nil {
		t.Fatal(err)
	}
	h.memory = store.Open(dir)
	if p, err := h.flags.readProfile(h.memory); err != nil || p.Trunk.Domain != "" {
		t.Errorf("the profile is used: %q, %v", p.Trunk.Domain, err)
	}
	boot := t.TempDir()
	if err := os.WriteFile(filepath.Join(boot, "trunk.toml"), []byte(kept), 0o600); err != nil {
		t.Fatal(err)
	}
	h.desk = &appliance.Desk{Media: card{boot: boot}, Store: h.memory, Log: h.lights.log}
	first := h.begin(t.Context(), turn{}, true)
	if first.whole != catalogue.WholeDone || first.profile.Trunk.Domain != "" || !strings.Contains(h.notices[topicWipe], "were removed") {
		t.Errorf("%q, %q, %q", first.whole, first.profile.Trunk.Domain, h.notices)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("%v, %v", left, err)
	}
	if err := errors.Join(h.memory.BeginWipe(), os.WriteFile(filepath.Join(boot, "trunk.toml"), []byte(kept), 0o600)); err != nil {
		t.Fatal(err)
	}
	h.desk = &appliance.Desk{Media: card{boot: boot, locked: true}, Store: h.memory, Log: h.lights.log}
	first = h.begin(t.Context(), turn{}, true)
	if first.whole != catalogue.WholeRefused || first.profile.Trunk.Domain != "" || !strings.Contains(h.notices[topicWipe], "did not succeed") {
		t.Errorf("a boot partition that cannot be written: %q, %q, %q", first.whole, first.profile.Trunk.Domain, h.notices)
	}
}
