package lights

import (
	"time"

	"trunktester/appliance/catalogue"
	"trunktester/leds"
)

// Pattern is what the whole row said together, and when by the board's own clock.
type Pattern struct {
	Whole    catalogue.Whole
	From, To time.Duration
}

const (
	// shortFlash is the longest flash, or dark, of a pattern that flashes three times: half way to a slow blink.
	shortFlash = longFlash
	// longTest is when amber at power-on is more than a lamp test: something else that begins with amber follows it.
	longTest = leds.LampTest + leds.Settle*3/4
	// alternations of red and amber that are a box fault: two of each.
	alternations = 4
)

// Patterns lists what the whole row said, oldest first. The samples begin at power-on: amber for the first time is
// the lamp test.
func Patterns(samples []Sample) []Pattern {
	all := stretches(untorn(samples))
	var told []Pattern
	tested := false
	for i := 0; i < len(all); {
		n, whole := pattern(all[i:], tested)
		if n == 0 {
			i++
			continue
		}
		from, to := all[i].from, all[i+n-1].to
		told = append(told, Pattern{whole, from, to})
		if whole == catalogue.WholeLampTest {
			tested = true
			if to-from > longTest {
				told = append(told, Pattern{catalogue.WholeWriting, from + leds.LampTest, to})
			}
		}
		i += n
	}
	return told
}

// stretch is a time in which the whole row stays as it is.
type stretch struct {
	colour   leds.Colour
	whole    bool // all five in that colour
	from, to time.Duration
}

func (s stretch) is(c leds.Colour) bool            { return s.whole && s.colour == c }
func (s stretch) lasts(longest time.Duration) bool { return s.to-s.from <= longest }

func stretches(samples []Sample) []stretch {
	var all []stretch
	for i, s := range samples {
		if i > 0 {
			all[len(all)-1].to = s.At
		}
		if i == 0 || s.Frame != samples[i-1].Frame {
			all = append(all, stretch{s.Frame[0], All(s.Frame, s.Frame[0]), s.At, s.At})
		}
	}
	return all
}

// pattern recognises what begins with the first stretch, and says of how many stretches it is; 0 for nothing.
func pattern(all []stretch, tested bool) (int, catalogue.Whole) {
	if n := alternating(all); n >= alternations {
		return n, catalogue.WholeBoxFault
	}
	switch {
	case all[0].is(leds.Amber) && !tested:
		return 1, catalogue.WholeLampTest
	case all[0].is(leds.Amber):
		return blinking(all), catalogue.WholeWriting
	case flashing(all, leds.Green):
		return flashed, catalogue.WholeDone
	case flashing(all, leds.Red):
		return flashed, catalogue.WholeRefused
	}
	return 0, catalogue.WholeNone
}

// alternating counts the stretches of red and amber by turns.
func alternating(all []stretch) int {
	n := 0
	for n < len(all) && (all[n].is(leds.Red) || all[n].is(leds.Amber)) && (n == 0 || all[n].lasts(shortFlash)) {
		n++
	}
	return n
}

// blinking counts the stretches of a slow amber blink. What is written quickly shows no more than its beginning.
func blinking(all []stretch) int {
	n := 1
	for n+1 < len(all) && all[n].is(leds.Off) && all[n].lasts(longDark) && all[n+1].is(leds.Amber) {
		n += 2
	}
	return n
}

// flashed are the stretches of three flashes: what follows the last dark may be dark as well.
const flashed = 2*leds.Short - 1

// flashing says whether three short flashes begin here. The first may melt into what shone before.
func flashing(all []stretch, c leds.Colour) bool {
	if len(all) <= flashed || !all[0].is(c) || !all[flashed].is(leds.Off) {
		return false
	}
	for i := 1; i < flashed; i++ {
		want := leds.Off
		if i%2 == 0 {
			want = c
		}
		if !all[i].is(want) || !all[i].lasts(shortFlash) {
			return false
		}
	}
	return true
}
