package appliance

import (
	"strings"
	"testing"

	"trunktester/appliance/report"
	"trunktester/probes/facts"
)

// The report on a stick comes from the card, and calls the tests as the page does.
func TestAKeptReportHasItsTitles(t *testing.T) {
	in := report.Input{ID: "RUN1"}
	in.Steps = []facts.Step{{ID: "lan", Light: 1, Outcome: facts.Passed, Done: true}, {ID: "of-an-older-version", Light: 1, Outcome: facts.Passed, Done: true}}
	b, err := report.Build(in).JSON()
	if err != nil {
		t.Fatal(err)
	}
	r, err := decoded(b)
	if err != nil {
		t.Fatal(err)
	}
	text := r.TextReport()
	for _, want := range []string{"[OK] Way to the router", "[OK] Of an older version"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if _, err := decoded([]byte("{}")); err == nil {
		t.Error("no error")
	}
}
