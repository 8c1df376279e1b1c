package main

import (
	"errors"
	"testing"
	"time"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/report"
	"trunktester/appliance/store"
	"trunktester/image/lights"
	"trunktester/leds"
	"trunktester/probes/facts"
)

// samplesOf plays a row as the board would, seen every so often.
func samplesOf(row catalogue.Row, last time.Duration) []lights.Sample {
	var all []lights.Sample
	for at := time.Duration(0); at < last; at += lookEvery {
		all = append(all, lights.Sample{At: at + time.Second, Frame: leds.Frame(leds.Show{Row: row}, at)})
	}
	return all
}

// TestSettled: steady lights are read at a glance, counting ones when they have counted twice, and a light that is
// still being tested, a row that is dark, or one that was seen too briefly, are no verdict.
func TestSettled(t *testing.T) {
	g := catalogue.Light{State: catalogue.LightGreen}
	red := catalogue.Light{State: catalogue.LightRed, Counting: true, Flashes: 2}
	nine := catalogue.Light{State: catalogue.LightAmber, Counting: true, Flashes: 9}
	for name, c := range map[string]struct {
		row   catalogue.Row
		last  time.Duration
		after time.Duration
		want  string // "" for no verdict
	}{
		"five greens":                   {catalogue.Row{g, g, g, g, g}, 7 * time.Second, 0, "g g g g g"},
		"five greens, a moment ago":     {catalogue.Row{g, g, g, g, g}, 3 * time.Second, 0, ""},
		"five greens, begun lately":     {catalogue.Row{g, g, g, g, g}, 7 * time.Second, 5 * time.Second, ""},
		"no trunk":                      {catalogue.Row{g, g}, 7 * time.Second, 0, "g g - - -"},
		"two flashes":                   {catalogue.Row{g, g, g, red}, 20 * time.Second, 0, "g g g r2 -"},
		"two flashes, too short to say": {catalogue.Row{g, g, g, red}, 7 * time.Second, 0, ""},
		"nine flashes":                  {catalogue.Row{nine, g, g, g, g}, 45 * time.Second, 0, "a9 g g g g"},
		"being tested":                  {catalogue.Row{g, {State: catalogue.LightTesting}}, 20 * time.Second, 0, ""},
		"dark":                          {catalogue.Row{}, 20 * time.Second, 0, ""},
	} {
		row, err := settled(samplesOf(c.row, c.last), c.after)
		switch {
		case c.want == "" && err == nil:
			t.Errorf("%s: %s, and nothing is settled", name, drawn(row))
		case c.want != "" && (err != nil || drawn(row) != c.want):
			t.Errorf("%s: %s, %v", name, drawn(row), err)
		}
	}
	if _, err := settled(nil, 0); !errors.Is(err, lights.ErrChanged) {
		t.Errorf("no samples: %v", err)
	}
}

// A box whose login was cut off leaves lights 4 and 5 off, and says so; off for another reason they are a fault.
func TestALoginThatThePowerCutIsHeldBack(t *testing.T) {
	for saw, want := range map[string]bool{
		"Not tried: " + store.ErrRefusedBefore.Error() + ".": true,
		"Not tried: the storage does not answer.":            false,
	} {
		r := report.Report{Steps: []facts.Step{{ID: "sip-udp", Outcome: facts.Passed}, {ID: "login", Outcome: facts.NotRun, Saw: saw}}}
		if heldBack(r) != want {
			t.Errorf("%q: %t", saw, !want)
		}
	}
}
