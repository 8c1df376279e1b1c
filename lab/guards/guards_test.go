package main

import (
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Every condition is taken out alone: one that nothing tests is missed by nobody, one before a dereference panics.
func TestWithoutEachGuard(t *testing.T) {
	got, err := try(t.Context(), set{folder: "testdata/door"}, 2, func(result) {})
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Join([]string{
		"| Guard | What it asks | Without it fails |",
		"|---|---|---|",
		"| door.go Opens | `v == nil` | TestDoor/nobody |",
		"| door.go Opens | `night && len(keys) > 0 && keys[0] == \"spare\"` |  |",
		"| door.go Opens | `night` |  |",
		"| door.go Opens | `len(keys) > 0` | TestDoor/a_grown-up |",
		"| door.go Opens | `keys[0] == \"spare\"` |  |",
		"| door.go Opens | `v.Age < 3 \\|\\| v.Age > 100` |  |",
		"| door.go Opens | `v.Age < 18 && night` | TestDoor/a_child_by_night |",
		"| door.go Opens | `v.Age < 18` | TestDoor/a_grown-up |",
		"| door.go Opens | `night` | TestDoor/a_child_by_day |",
		"",
	}, "\n")
	if diff := cmp.Diff(want, table(got)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// Of some files alone, and every condition of them: the tests beside them are run, and no others.
func TestWithoutEveryConditionOfAFile(t *testing.T) {
	got, err := try(t.Context(), set{folder: "testdata/chain", files: []string{"ch*.go"}, every: true}, 2, func(result) {})
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Join([]string{
		"| Guard | What it asks | Without it fails |",
		"|---|---|---|",
		"| chain.go Hold | `l.Thick` | TestHold/thick |",
		"| chain.go Hold | `l.Short && !l.Rusty` | TestHold/short |",
		"| chain.go Hold | `l.Short` | TestHold/long |",
		"| chain.go Hold | `!l.Rusty` |  |",
		"",
	}, "\n")
	if diff := cmp.Diff(want, table(got)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if _, err := try(t.Context(), set{folder: "testdata/chain", files: []string{"anchor.go"}}, 2, func(result) {}); err == nil || !strings.Contains(err.Error(), "has no file anchor.go") {
		t.Error(err)
	}
}

// The tables in docs/ are those of today's verdict and probes: a condition without a ticket is named, and may stand there, but not unseen.
func TestTableIsCurrent(t *testing.T) {
	t.Chdir("../..")
	got, _, err := document(t.Context(), runtime.NumCPU(), func(r result) {
		if r.fails == "" {
			t.Logf("%s:%d: no test misses %s", r.file, r.line, r.asks)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("docs/guards.md")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("docs/guards.md is not today's; write a ticket for each guard without one, then run: go run ./lab/guards -o docs/guards.md\n(-docs +today)\n%s", diff)
	}
}
