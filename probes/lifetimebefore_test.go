package probes

import (
	"strings"
	"testing"
	"time"

	"trunktester/probes/facts"
)

func TestLifetimeBefore(t *testing.T) {
	kept := &facts.Lifetime{How: "reflector", Server: "198.51.100.9:5060", AtLeast: 25 * second, Under: 40 * second,
		Tries: []facts.Idle{{For: 25 * second, Alive: true}, {For: 40 * second}}, Ago: facts.Duration(3 * time.Hour)}
	r := LifetimeBefore{Kept: func(facts.Facts) *facts.Lifetime { return kept }, None: "Not yet."}.Look(t.Context(), facts.Facts{})
	if r.Outcome != facts.Passed || !strings.Contains(r.Saw, "after 25 s to 40 s") || !strings.Contains(r.Saw, "at least 3 h ago") || len(r.Evidence) != 3 {
		t.Errorf("%+v", r)
	}
	var f facts.Facts
	r.File(&f)
	if f.Lifetime != kept {
		t.Errorf("filed %+v", f.Lifetime)
	}
	for name, none := range map[string]LifetimeBefore{"nothing is kept": {None: "Not yet."}, "not of this line": {None: "Not yet.", Kept: func(facts.Facts) *facts.Lifetime { return nil }}} {
		if r := none.Look(t.Context(), facts.Facts{}); r.Outcome != facts.NotRun || r.Saw != "Not yet." || r.File != nil {
			t.Errorf("%s: %+v", name, r)
		}
	}
}
