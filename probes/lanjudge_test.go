package probes

import (
	"testing"
	"time"

	"trunktester/probes/facts"
)

// pinged is a host that was pinged a hundred times.
func pinged(back int, jitter time.Duration) facts.Echo {
	return facts.Echo{Addr: addr("203.0.113.9"), Sent: 100, Back: back, Jitter: facts.Duration(jitter)}
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
