package program_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"trunktester/appliance/report"
	"trunktester/lab"
)

// slow is for a measurement of some minutes, on a machine that is busy.
const slow = 6 * time.Minute

// The verdict stands at once. How long the router keeps an idle mapping is measured afterwards, added to the report that
// is shown, and remembered for the next run.
func TestMappingInTheBackgroundIsShort(t *testing.T) {
	t.Parallel()
	measuredAfterwards(t, 20*time.Second, "3-6", "after 15 s to 25 s")
}

func TestMappingInTheBackgroundIsKept(t *testing.T) {
	t.Parallel()
	measuredAfterwards(t, 0, "ok", "for 100 s at least")
}

// measuredAfterwards is a box behind a router that forgets so soon; 0 for its own two minutes.
func measuredAfterwards(t *testing.T, forgets time.Duration, code, says string) {
	t.Helper()
	b := boxIn(t, "healthy", func(w *lab.World) { w.Home.Forgets = forgets })
	p := b.start(b.usual("appliance")...)
	first := b.finished("")
	if first.Verdict.Code != "ok" || first.Facts.Lifetime != nil || !strings.Contains(lifetimeOf(first), "in the background") {
		t.Fatalf("verdict %s, and the checklist says %q", first.Verdict.Code, lifetimeOf(first))
	}
	sent := b.FarEnd().Requests
	var r report.Report
	untilWithin(t, slow, "the lifetime", func() bool {
		r, _ = b.shown()
		return r.Facts.Lifetime != nil
	})
	if r.ID != first.ID || r.Verdict.Code != code || !strings.Contains(lifetimeOf(r), says) {
		t.Errorf("run %s after %s: verdict %s, and the checklist says %q", r.ID, first.ID, r.Verdict.Code, lifetimeOf(r))
	}
	if more := b.FarEnd().Requests - sent; more != 0 {
		t.Errorf("%d requests to the provider", more)
	}
	if page := b.get("/"); !strings.Contains(page, says) {
		t.Error("the page does not say so")
	}
	kept, err := report.Decode([]byte(b.get("/report.json?run=" + r.ID)))
	if err != nil || kept.Verdict.Code != code || kept.Facts.Lifetime == nil {
		t.Errorf("kept: %s %v, %v", kept.Verdict.Code, kept.Facts.Lifetime, err)
	}
	if a, err := b.ask("POST", "", "/run", url.Values{}); err != nil || a.code != 303 {
		t.Fatalf("POST /run: %d %v", a.code, err)
	}
	next := b.finished(r.ID)
	if l := next.Facts.Lifetime; l == nil || l.Ago == 0 || next.Verdict.Code != code || !strings.Contains(lifetimeOf(next), "(measured on this line ") {
		t.Errorf("the next run: verdict %s, and the checklist says %q", next.Verdict.Code, lifetimeOf(next))
	}
	at := len(p.out.String())
	if err := b.PullCable(); err != nil { // after a weakness it is measured once more: that ends at once
		t.Fatal(err)
	}
	p.lights("LINE red, 1 flash;", at)
}

func lifetimeOf(r report.Report) string {
	for _, s := range r.Steps {
		if s.ID == "lifetime" {
			return s.Saw
		}
	}
	return ""
}
