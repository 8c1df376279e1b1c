package main

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/profile"
	"trunktester/appliance/store"
)

const kept = "[trunk]\ndomain = \"sip.example.net\"\nusername = \"u\"\npassword = \"p\"\n"

func newHouse(t *testing.T) (h *house, dir string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "perm")
	memory := store.Open(dir)
	if err := memory.SaveProfile([]byte(kept)); err != nil {
		t.Fatal(err)
	}
	return &house{memory: memory, lights: &lights{log: slog.New(slog.DiscardHandler)}, notices: map[string]string{}}, dir
}

func TestAWipeLeavesABoxWithoutATrunk(t *testing.T) {
	h, _ := newHouse(t)
	p, err := h.flags.readProfile(h.memory)
	if err != nil || p.Trunk.Domain != "sip.example.net" {
		t.Fatalf("%q, %v", p.Trunk.Domain, err)
	}
	next := h.wipe(turn{profile: p})
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
	next := h.wipe(turn{profile: profile.Default()})
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
	var first turn
	if h.openDesk(t.Context(), &first) {
		t.Error("sticks are read")
	}
}
