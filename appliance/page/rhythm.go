package page

import (
	"fmt"
	"strings"
	"time"

	"trunktester/appliance/catalogue"
	"trunktester/leds"
)

// grain divides every beat of the light language.
const grain = 100 * time.Millisecond

// mostFlashes is the highest code on a light.
const mostFlashes = 9

// rhythms are the style's animations: one keyframes rule and one class per rhythm, drawn from what the
// box's own lights shine. They only change the opacity of a lamp, so that one rhythm serves every colour.
func rhythms() string {
	var css strings.Builder
	for n := 1; n <= mostFlashes; n++ {
		rhythm(&css, fmt.Sprintf("count-%d", n), leds.Red, counting(n),
			time.Duration(n)*(leds.FlashOn+leds.FlashOff)-leds.FlashOff+leds.Pause)
	}
	rhythm(&css, "slow", leds.Amber, leds.Show{Whole: catalogue.WholeWriting}, 2*leds.SlowBlink)
	rhythm(&css, "first", leds.Red, leds.Show{Whole: catalogue.WholeBoxFault}, 2*leds.Alternate)
	rhythm(&css, "second", leds.Amber, leds.Show{Whole: catalogue.WholeBoxFault}, 2*leds.Alternate)
	return css.String()
}

func counting(n int) leds.Show {
	return leds.Show{Row: catalogue.Row{{State: catalogue.LightRed, Counting: true, Flashes: n}}}
}

// rhythm writes when the first light of a show has a colour, over one round.
func rhythm(css *strings.Builder, name string, colour leds.Colour, show leds.Show, round time.Duration) {
	fmt.Fprintf(css, "@keyframes %s{", name)
	before := -1
	for at := time.Duration(0); at < round; at += grain {
		opacity := 0
		if leds.Frame(show, at)[0] == colour {
			opacity = 1
		}
		if opacity != before {
			fmt.Fprintf(css, "%.6g%%{opacity:%d}", 100*float64(at)/float64(round), opacity)
			before = opacity
		}
	}
	fmt.Fprintf(css, "}\n.%s{animation:%s %dms step-end infinite}\n", name, name, round.Milliseconds())
}
