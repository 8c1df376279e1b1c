package probes

import (
	"testing"
	"time"

	"trunktester/netsetup"
	"trunktester/netsetup/netnstest"
	"trunktester/probes/facts"
)

func TestCableThatFlaps(t *testing.T) {
	lan := netnstest.New(t, "eth0")
	lan.Host("10.7.0.1/24")
	known := connect(t, "10.7.0.20/24", "10.7.0.1")
	expect(t, look(t, Cable{}, &known), facts.Passed, "the carrier was lost 0 times")
	pull := func() {
		lan.Pull()
		lan.Plug()
		if ok, err := netsetup.WaitCarrier(within(t, 5*time.Second), "eth0"); !ok || err != nil {
			t.Fatal(ok, err)
		}
	}
	pull()
	expect(t, look(t, Cable{}, &known), facts.Passed, "the carrier was lost 1 times")
	pull()
	expect(t, look(t, Cable{}, &known), facts.Failed, "the carrier was lost 2 times")
	if c := known.Cable; c.Counters.Losses-known.Link.Counters.Losses != 2 || c.Watched <= 0 || c.Flaps != 0 {
		t.Errorf("%+v", c)
	}
}

// TestCableWatchedBefore: what happened before the run counts, where somebody watched.
func TestCableWatchedBefore(t *testing.T) {
	netnstest.New(t, "eth0")
	known := connect(t, "10.7.0.20/24", "")
	for flaps, outcome := range map[int]facts.Outcome{1: facts.Passed, 2: facts.Failed} {
		expect(t, look(t, Cable{Flaps: func() int { return flaps }}, &known), outcome, "for a moment")
	}
	expect(t, Cable{}.Look(t.Context(), facts.Facts{Link: &facts.Link{Interface: "eth0"}}), facts.NotRun, "no carrier")
	expect(t, Cable{}.Look(t.Context(), facts.Facts{Link: &facts.Link{Interface: "eth9", Carrier: true}}), facts.Broken, `no network interface "eth9"`)
}
