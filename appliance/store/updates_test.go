package store

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestUpdatesOutliveThePowerAndTheWipe(t *testing.T) {
	run, perm := dirs(t)
	s := Open(run, perm)
	if u, err := s.Updates(); err != nil || u != (Updates{}) || len(s.Problems()) != 0 {
		t.Errorf("a new box remembers %+v, %v, %v", u, err, s.Problems())
	}
	want := Updates{Floor: 7, Failed: &Attempt{Version: "v2", Build: 8, Size: 4096, SHA256: "aa", Times: 2}}
	for _, u := range []Updates{{Floor: 6}, want} {
		if err := s.SaveUpdates(u); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Wipe(); err != nil {
		t.Fatal(err)
	}
	if got, err := Open(run, perm).Updates(); err != nil || cmp.Diff(want, got) != "" {
		t.Errorf("%v, %s", err, cmp.Diff(want, got))
	}
	if err := os.WriteFile(filepath.Join(perm, updatesFile), []byte("torn"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Updates(); err != nil || got.Floor != 6 {
		t.Errorf("of a damaged memory the one before is left: %+v, %v", got, err)
	}
	if _, err := Open(run, "/nonexistent/trunktester").Updates(); err == nil {
		t.Error("without a card nothing is forgotten silently")
	}
}

func FuzzUpdates(f *testing.F) {
	f.Add([]byte(`{"floor":7,"trying":{"version":"v1","build":1,"sha256":"aa"}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		if u, err := decodeUpdates(body); err != nil && u != (Updates{}) {
			t.Fatalf("%+v, %v", u, err)
		}
	})
}
