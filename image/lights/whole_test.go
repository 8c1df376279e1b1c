package lights

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"trunktester/appliance/catalogue"
	"trunktester/leds"
)

// scene is a show, and how long it is on.
type scene struct {
	show leds.Show
	last time.Duration
}

func performed(step time.Duration, scenes ...scene) []Sample {
	var all []Sample
	var at, began time.Duration
	for _, s := range scenes {
		for ; at < began+s.last; at += step {
			all = append(all, Sample{at + time.Second, leds.Frame(s.show, at-began)})
		}
		began += s.last
	}
	return all
}

func TestPatterns(t *testing.T) {
	light := func(s catalogue.LightState) catalogue.Light { return catalogue.Light{State: s} }
	g, off := light(catalogue.LightGreen), catalogue.Light{}
	green, noTrunk := catalogue.Row{g, g, g, g, g}, catalogue.Row{g, g, off, off, off}
	testing1 := catalogue.Row{light(catalogue.LightTesting), off, off, off, off}
	red1 := catalogue.Row{{State: catalogue.LightRed, Counting: true, Flashes: 3}, off, off, off, off}
	row := func(r catalogue.Row, last time.Duration) scene { return scene{leds.Show{Row: r}, last} }
	whole := func(w catalogue.Whole, r catalogue.Row, last time.Duration) scene {
		return scene{leds.Show{Whole: w, Row: r}, last}
	}
	dark := row(catalogue.Row{}, 3*time.Second)
	start := whole(catalogue.WholeLampTest, testing1, 6*time.Second)
	for name, c := range map[string]struct {
		scenes []scene
		want   []catalogue.Whole
	}{
		"a start":                {[]scene{dark, start, row(green, 5*time.Second)}, []catalogue.Whole{catalogue.WholeLampTest}},
		"a red light":            {[]scene{dark, start, row(red1, 20*time.Second)}, []catalogue.Whole{catalogue.WholeLampTest}},
		"written and done":       {[]scene{start, row(noTrunk, 4*time.Second), whole(catalogue.WholeWriting, noTrunk, 3*time.Second), whole(catalogue.WholeDone, testing1, 8*time.Second)}, []catalogue.Whole{catalogue.WholeLampTest, catalogue.WholeWriting, catalogue.WholeDone}},
		"written quickly":        {[]scene{start, row(noTrunk, 4*time.Second), whole(catalogue.WholeWriting, noTrunk, leds.Settle), whole(catalogue.WholeDone, green, 8*time.Second)}, []catalogue.Whole{catalogue.WholeLampTest, catalogue.WholeWriting, catalogue.WholeDone}},
		"written at the start":   {[]scene{dark, whole(catalogue.WholeLampTest, testing1, leds.LampTest), whole(catalogue.WholeWriting, testing1, 2800*time.Millisecond), whole(catalogue.WholeDone, testing1, 8*time.Second)}, []catalogue.Whole{catalogue.WholeLampTest, catalogue.WholeWriting, catalogue.WholeWriting, catalogue.WholeDone}},
		"done, among greens":     {[]scene{start, row(green, 4*time.Second), whole(catalogue.WholeDone, green, 8*time.Second)}, []catalogue.Whole{catalogue.WholeLampTest, catalogue.WholeDone}},
		"refused at the start":   {[]scene{dark, whole(catalogue.WholeLampTest, testing1, leds.LampTest), whole(catalogue.WholeRefused, testing1, 8*time.Second)}, []catalogue.Whole{catalogue.WholeLampTest, catalogue.WholeRefused}},
		"refused, a count after": {[]scene{start, row(red1, 7*time.Second), whole(catalogue.WholeRefused, red1, 20*time.Second)}, []catalogue.Whole{catalogue.WholeLampTest, catalogue.WholeRefused}},
		"two refusals":           {[]scene{start, row(noTrunk, 4*time.Second), whole(catalogue.WholeRefused, noTrunk, 5*time.Second), whole(catalogue.WholeRefused, noTrunk, 5*time.Second)}, []catalogue.Whole{catalogue.WholeLampTest, catalogue.WholeRefused, catalogue.WholeRefused}},
		"the box's own fault":    {[]scene{start, row(green, 4*time.Second), whole(catalogue.WholeBoxFault, green, 6*time.Second)}, []catalogue.Whole{catalogue.WholeLampTest, catalogue.WholeBoxFault}},
	} {
		for _, step := range []time.Duration{20 * time.Millisecond, 70 * time.Millisecond, 150 * time.Millisecond} {
			var got []catalogue.Whole
			for _, p := range Patterns(performed(step, c.scenes...)) {
				got = append(got, p.Whole)
				if p.To <= p.From {
					t.Errorf("%s: %s from %s to %s", name, p.Whole, p.From, p.To)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("%s, every %s: %s", name, step, diff)
			}
		}
	}
}

// A look may fall between the settings of two lines: three flashes stay three flashes, whatever line was set first.
func TestALookBetweenTwoFramesIsNone(t *testing.T) {
	dark := leds.Show{}
	scenes := []scene{{leds.Show{Whole: catalogue.WholeLampTest}, 2 * time.Second}, {dark, time.Second},
		{leds.Show{Whole: catalogue.WholeWriting}, leds.Settle}, {leds.Show{Whole: catalogue.WholeDone}, 5 * time.Second}}
	samples := performed(60*time.Millisecond, scenes...)
	var looks []Sample
	for i, s := range samples {
		if i > 0 && s.Frame != samples[i-1].Frame {
			between := s
			between.Frame[3], between.Frame[4] = samples[i-1].Frame[3], samples[i-1].Frame[4]
			if was := lines(samples[i-1].Frame[2]); was[0] { // its red goes first
				between.Frame[2] = map[bool]leds.Colour{true: leds.Green}[was[1]]
			}
			between.At -= 30 * time.Millisecond
			looks = append(looks, between)
		}
		looks = append(looks, s)
	}
	var got []catalogue.Whole
	for _, p := range Patterns(looks) {
		got = append(got, p.Whole)
	}
	want := []catalogue.Whole{catalogue.WholeLampTest, catalogue.WholeWriting, catalogue.WholeDone}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
