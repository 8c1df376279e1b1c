package probes

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"trunktester/probes/facts"
)

// ears hear what a test says.
type ears struct {
	heard facts.Neighbour
	err   error
}

func (e ears) Heard() (facts.Neighbour, error) { return e.heard, e.err }

func TestNeighbour(t *testing.T) {
	voice := 20
	full := facts.Neighbour{Switch: &facts.Announcement{Protocol: "lldp", Name: "sw", Port: "7", VoiceVLAN: &voice}, Tagged: []int{30}, Login: true}
	for name, c := range map[string]struct {
		ears    ears
		outcome facts.Outcome
		saw     string
	}{
		"all":       {ears{heard: full}, facts.Passed, `the switch is "sw", port "7" (LLDP), phones use VLAN 20; frames with the VLAN tags [30] are on the cable; the socket asks for a network login (802.1X)`},
		"nothing":   {ears{heard: facts.Neighbour{Listened: facts.Duration(2 * time.Second)}}, facts.Passed, "the switch said nothing in 2 s"},
		"no socket": {ears{err: errors.New("listen on eth0: no such device")}, facts.Broken, "could not look: listen on eth0: no such device"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var known facts.Facts
				expect(t, look(t, Neighbour{Listener: c.ears}, &known), c.outcome, c.saw)
				if filed := known.Neighbour != nil; filed != (c.outcome == facts.Passed) {
					t.Errorf("filed: %v", filed)
				}
			})
		})
	}
}

// TestNeighbourWaits: at least two seconds, and until the question for an address has its answer; never longer than
// it may.
func TestNeighbourWaits(t *testing.T) {
	for name, c := range map[string]struct{ answer, limit, want time.Duration }{
		"an answer at once": {0, time.Minute, 2 * time.Second},
		"a late answer":     {15 * time.Second, time.Minute, 15 * time.Second},
		"no answer":         {time.Hour, 20 * time.Second, 20 * time.Second},
		"cut short":         {0, time.Second, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				acquired := make(chan struct{})
				time.AfterFunc(c.answer, func() { close(acquired) })
				ctx, cancel := context.WithTimeout(t.Context(), c.limit)
				defer cancel()
				begun := time.Now()
				Neighbour{Listener: ears{}, Acquired: acquired}.Look(ctx, facts.Facts{})
				if took := time.Since(begun); took != c.want {
					t.Errorf("took %s, want %s", took, c.want)
				}
				time.Sleep(time.Hour) // let the answer come
			})
		})
	}
}
