package probes

import (
	"testing"
	"time"

	"trunktester/netsetup/netnstest"
	"trunktester/probes/facts"
)

// pinged is a host that was pinged a hundred times.
func pinged(back int, jitter time.Duration) facts.Echo {
	return facts.Echo{Addr: addr("203.0.113.9"), Sent: 100, Back: back, Jitter: facts.Duration(jitter)}
}

func TestWayToTheRouter(t *testing.T) {
	lan := netnstest.New(t, "eth0")
	router, deaf := lan.Host("10.7.0.1/24"), lan.Host("10.7.0.2/24")
	deaf.Deaf(7)
	known := connect(t, "10.7.0.20/24", "10.7.0.1")
	expect(t, look(t, Gateway{}, &known), facts.Passed, router.MAC.String())
	expect(t, look(t, LAN{}, &known), facts.Passed, "0 of 50 ARP requests to the router 10.7.0.1 stayed without an answer")
	if e := known.LAN; e == nil || e.Sent != 50 || e.Back != 50 || e.Avg <= 0 {
		t.Errorf("%+v", e)
	}

	known.Address.Gateway = addr("10.7.0.2")
	expect(t, look(t, Gateway{}, &known), facts.Passed, deaf.MAC.String())
	expect(t, look(t, LAN{}, &known), facts.Failed, "of 50 ARP requests to the router 10.7.0.2 stayed without an answer")
	if lost := known.LAN.Sent - known.LAN.Back; lost < 6 || lost > 8 { // every seventh, of which the kernel's own requests may be some
		t.Errorf("%d of 50 lost", lost)
	}

	if r := (LAN{}).Look(within(t, 300*time.Millisecond), known); r.Outcome != facts.Broken || r.File != nil {
		t.Errorf("a look cut short is %s: %s", r.Outcome, r.Saw)
	}
	netnstest.Unprivileged(t, func() {
		expect(t, (LAN{}).Look(within(t, time.Second), known), facts.Broken, "no permission to send ARP on eth0")
	})
}

// TestNothingIsSentToACleanRouter: a host behind the router that was reached without loss says enough.
func TestNothingIsSentToACleanRouter(t *testing.T) {
	clean, lossy, late := pinged(98, time.Millisecond), pinged(97, 0), pinged(100, 21*time.Millisecond)
	known := facts.Facts{Link: &facts.Link{Interface: "eth0"}, Address: &facts.Address{}, Gateway: &facts.Gateway{}}
	for name, c := range map[string]struct {
		quality *facts.Quality
		outcome facts.Outcome
		saw     string
	}{
		"the router itself":       {&facts.Quality{Gateway: &clean, Far: []facts.Echo{lossy}}, facts.Passed, "98 of 100 pings to 203.0.113.9 came back in step"},
		"one of two far hosts":    {&facts.Quality{Gateway: &lossy, Far: []facts.Echo{late, clean}}, facts.Passed, "98 of 100 pings"},
		"none":                    {&facts.Quality{Gateway: &lossy, Far: []facts.Echo{late, pinged(0, 0)}}, facts.NotRun, "the router did not answer"},
		"too few to say anything": {&facts.Quality{Far: []facts.Echo{{Sent: 20, Back: 20}}}, facts.NotRun, "the router did not answer"},
		"not measured":            {nil, facts.NotRun, "the router did not answer"},
	} {
		known.Quality = c.quality
		r := LAN{}.Look(t.Context(), known)
		if r.File != nil {
			t.Errorf("%s: facts were filed", name)
		}
		expect(t, r, c.outcome, c.saw)
	}
	expect(t, LAN{}.Look(t.Context(), facts.Facts{}), facts.NotRun, "there is no router")
}

func TestTripsAreManyWhereFewAreLost(t *testing.T) {
	for _, c := range []struct {
		sent, lost int
		more       bool
	}{
		{49, 0, true}, {50, 0, false}, {49, 3, true}, {50, 3, false}, {50, 1, true}, {99, 2, true}, {70, 3, false}, {100, 1, false},
	} {
		if got := moreTrips(c.sent, c.lost); got != c.more {
			t.Errorf("after %d with %d lost: %v", c.sent, c.lost, got)
		}
	}
}
