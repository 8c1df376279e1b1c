package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Every condition is taken out alone: one that nothing tests is missed by nobody, one before a dereference panics.
func TestWithoutEachGuard(t *testing.T) {
	got, err := try(t.Context(), "testdata/door", 2, func(result) {})
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
