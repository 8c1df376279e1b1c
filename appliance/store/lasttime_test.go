package store

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestTheLastTimeOutlivesThePower(t *testing.T) {
	run, perm := dirs(t)
	b := newBox(run, perm)
	if got := b.LastTime(); !got.IsZero() || len(b.Problems()) != 0 {
		t.Errorf("a new box knows %s, problems %v", got, b.Problems())
	}
	want := time.Date(2026, 11, 25, 6, 0, 0, 0, time.UTC)
	for _, at := range []time.Time{want.AddDate(5, 0, 0), want} { // the second puts the first right
		if err := b.KeepTime(at.In(time.FixedZone("", 3600))); err != nil {
			t.Fatal(err)
		}
	}
	b.powerCut(t, "second")
	if got := b.LastTime(); !got.Equal(want) {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestADamagedTimeIsNone(t *testing.T) {
	run, perm := dirs(t)
	b := newBox(run, perm)
	for name, content := range map[string][]byte{"a torn write": []byte("trunk"), "no time": seal(timeKind, []byte("tomorrow"))} {
		if err := os.WriteFile(filepath.Join(perm, timeFile), content, 0o600); err != nil {
			t.Fatal(err)
		}
		if got := b.LastTime(); !got.IsZero() {
			t.Errorf("%s: %s", name, got)
		}
		wantTold(t, b.Store, perm, errCorrupt)
	}
	if err := b.KeepTime(time.Unix(1795600000, 0)); err != nil {
		t.Fatal(err)
	}
	if b.LastTime().IsZero() || len(b.Problems()) != 0 {
		t.Errorf("problems stay: %v", b.Problems())
	}
}

// Without the card the time is not kept where it would be gone with the power anyway.
func TestNoCardForTheTime(t *testing.T) {
	run, _ := dirs(t)
	b := newBox(run, "/nonexistent/trunktester")
	if err := b.KeepTime(time.Now()); err == nil {
		t.Error("no error")
	}
	if _, err := os.Stat(filepath.Join(run, timeFile)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v", err)
	}
}

func FuzzTime(f *testing.F) {
	f.Add([]byte("2026-11-25T06:00:00Z"))
	f.Add([]byte(""))
	f.Fuzz(func(t *testing.T, body []byte) {
		var last time.Time
		if err := parseTime(body, &last); err != nil && (!errors.Is(err, errCorrupt) || !last.IsZero()) {
			t.Fatalf("%s, %v", last, err)
		}
	})
}
