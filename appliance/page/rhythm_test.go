package page

import (
	"fmt"
	"regexp"
	"strconv"
	"testing"
	"time"

	"trunktester/appliance/catalogue"
	"trunktester/leds"
)

// TestStyleShinesAsTheLightsDo plays every animation of the style sheet for three rounds beside the box's lights.
func TestStyleShinesAsTheLightsDo(t *testing.T) {
	css := rhythms()
	shows := map[string]struct {
		show   leds.Show
		colour leds.Colour
	}{
		"slow":   {leds.Show{Row: catalogue.Row{{State: catalogue.LightTesting}}}, leds.Green},
		"first":  {leds.Show{Whole: catalogue.WholeBoxFault}, leds.Red},
		"second": {leds.Show{Whole: catalogue.WholeBoxFault}, leds.Amber},
	}
	for n := 1; n <= 9; n++ {
		amber := catalogue.Light{State: catalogue.LightAmber, Counting: true, Flashes: n}
		shows[fmt.Sprintf("count-%d", n)] = struct {
			show   leds.Show
			colour leds.Colour
		}{leds.Show{Row: catalogue.Row{amber}}, leds.Amber}
	}
	for name, want := range shows {
		lit, round := play(t, css, name)
		for at := 50 * time.Millisecond; at < 3*round; at += 100 * time.Millisecond {
			if got := lit(at % round); got != (leds.Frame(want.show, at)[0] == want.colour) {
				t.Errorf("%s: after %v the page is lit %v, the light is not the same", name, at, got)
				break
			}
		}
	}
}

// play reads one animation of the style sheet.
func play(t *testing.T, css, name string) (lit func(time.Duration) bool, round time.Duration) {
	t.Helper()
	m := regexp.MustCompile(`@keyframes ` + name + `\{(.*)\}\n\.` + name + `\{animation:` + name + ` (\d+)ms step-end infinite\}`).FindStringSubmatch(css)
	if m == nil {
		t.Fatalf("no animation %s", name)
	}
	ms, err := strconv.Atoi(m[2])
	if err != nil {
		t.Fatal(err)
	}
	round = time.Duration(ms) * time.Millisecond
	frames := regexp.MustCompile(`([\d.]+)%\{opacity:([01])\}`).FindAllStringSubmatch(m[1], -1)
	return func(at time.Duration) bool {
		on := false
		for _, f := range frames {
			percent, err := strconv.ParseFloat(f[1], 64)
			if err != nil {
				t.Fatal(err)
			}
			if float64(at) >= percent/100*float64(round) {
				on = f[2] == "1"
			}
		}
		return on
	}, round
}
