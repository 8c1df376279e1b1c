package store

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestRestartsAreCounted(t *testing.T) {
	run, perm := dirs(t)
	b := newBox(run, perm)
	for _, step := range []struct {
		after time.Duration
		want  int
	}{
		{0, 0}, // power-on
		{2 * time.Second, 1},
		{20 * time.Second, 2},
		{30 * time.Second, 3}, // three within a minute
		{11 * time.Second, 3}, // the first is over a minute old
		{time.Hour, 1},
	} {
		b.restart(t)
		b.at.Since += step.after
		if got := b.Started(time.Minute); got != step.want {
			t.Errorf("at %s: started again %d times, want %d", b.at.Since, got, step.want)
		}
	}
	b.powerCut(t, "second")
	if got := b.Started(time.Minute); got != 0 {
		t.Errorf("after the power went: %d", got)
	}
	if _, err := os.Stat(filepath.Join(perm, startsFile)); err == nil {
		t.Error("the card was written to")
	}
}

// The directory may outlive the power, as on a laptop: another boot is another count.
func TestRestartsBelongToABoot(t *testing.T) {
	run, _ := dirs(t)
	b := newBox(run)
	for range 3 {
		b.Started(time.Minute)
	}
	b.at.Boot = "second"
	if got := b.Started(time.Minute); got != 0 {
		t.Errorf("the first start of another boot counts %d", got)
	}
}

func TestAnOrderlyEndIsNoRestart(t *testing.T) {
	run, perm := dirs(t)
	b := newBox(run, perm)
	for range 5 {
		if got := b.Started(time.Minute); got != 0 {
			t.Errorf("started again %d times", got)
		}
		b.Ended()
	}
}

func TestDamagedStartsBeginAgain(t *testing.T) {
	run, perm := dirs(t)
	b := newBox(run, perm)
	for range 3 {
		b.Started(time.Minute)
	}
	if err := os.WriteFile(filepath.Join(run, startsFile), []byte("nonsense"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := b.Started(time.Minute); got != 0 || len(b.Problems()) != 0 {
		t.Errorf("%d, problems %v", got, b.Problems())
	}
}

func TestCountingWithoutADirectory(t *testing.T) {
	b := newBox("/nonexistent/trunktester")
	if got := b.Started(time.Minute); got != 0 {
		t.Errorf("%d", got)
	}
	b.Ended()
}

func FuzzStarts(f *testing.F) {
	f.Add([]byte(`{"boot":"first","again":[1000000000]}`), int64(2e9))
	f.Add([]byte(`{"again":[-1,9223372036854775807]}`), int64(0))
	f.Fuzz(func(t *testing.T, body []byte, since int64) {
		s, err := parseStarts(body)
		if err != nil && !errors.Is(err, errCorrupt) {
			t.Fatalf("error without a type: %v", err)
		}
		if n := s.next(true, moment{Boot: s.Boot, Since: time.Duration(since)}, time.Minute); len(n.Again) > mostStarts {
			t.Fatalf("%d starts are kept", len(n.Again))
		}
	})
}
