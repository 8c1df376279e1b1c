package appliance

import (
	"testing"
	"time"

	"trunktester/netsetup"
)

func TestFlaps(t *testing.T) {
	begun := time.Unix(1000, 0)
	type change struct {
		after   time.Duration
		carrier bool
	}
	out := func(from, to time.Duration) []change { return []change{{from, false}, {to, true}} }
	for name, c := range map[string]struct {
		changes [][]change
		asked   time.Duration
		want    int
	}{
		"plugged in at the start":           {[][]change{{{0, true}}}, time.Second, 0},
		"plugged in late, and never before": {[][]change{{{0, false}, {8 * time.Second, true}}}, 9 * time.Second, 0},
		"out for a moment, twice":           {[][]change{{{0, true}}, out(10*time.Second, 12*time.Second), out(20*time.Second, 20*time.Second+time.Millisecond)}, 30 * time.Second, 2},
		"moved to another socket, twice":    {[][]change{{{0, true}}, out(10*time.Second, 16*time.Second), out(20*time.Second, 27*time.Second)}, 30 * time.Second, 0},
		"two minutes between":               {[][]change{{{0, true}}, out(10*time.Second, 11*time.Second), out(130*time.Second, 131*time.Second)}, 140 * time.Second, 1},
		"long ago":                          {[][]change{{{0, true}}, out(10*time.Second, 11*time.Second), out(20*time.Second, 21*time.Second)}, 90 * time.Second, 0},
		"still out":                         {[][]change{{{0, true}}, {{10 * time.Second, false}}}, 11 * time.Second, 0},
	} {
		var f flaps
		for _, some := range c.changes {
			for _, m := range some {
				f.moved(m.carrier, begun.Add(m.after))
			}
		}
		if got := f.last(begun.Add(c.asked)); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}

// The box's own loop counts: what it hears of the cable goes into its next run.
func TestTheBoxCountsFlaps(t *testing.T) {
	b := newHeld(nil, 0)
	for range 3 {
		b.moved(netsetup.LinkEvent{Present: true, Carrier: true})
		b.moved(netsetup.LinkEvent{Present: true, Carrier: true}) // no news
		b.moved(netsetup.LinkEvent{Present: true})
	}
	if n := b.flaps.last(time.Now()); n != 2 { // it is out now
		t.Errorf("%d flaps", n)
	}
}
