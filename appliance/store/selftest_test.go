package store

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"trunktester/appliance/selftest"
)

func TestSelftestIsKept(t *testing.T) {
	volatile, lasting := t.TempDir(), t.TempDir()
	s := Open(volatile, lasting)
	if got := s.Selftest(); got != nil {
		t.Fatalf("there is one before any: %+v", got)
	}
	want := selftest.Result{Worlds: []selftest.World{{Name: "healthy", Wanted: "ok green", Right: true}}}
	if err := s.KeepSelftest(want); err != nil {
		t.Fatal(err)
	}
	if got := Open(t.TempDir(), lasting).Selftest(); got == nil || cmp.Diff(want, *got) != "" {
		t.Errorf("after the power was off: %+v", got)
	}
}
