// Package leds is the light language as pure rhythm: what the five two-colour lights of the case shine
// at a moment of a Show. A Player plays it on Lamps; leds/gpio are the box's, leds/terminal draws them.
package leds

import (
	"time"

	"trunktester/appliance/catalogue"
)

// The rhythm. Source of every number: faults.md, "The lights", and design section 8.
const (
	FlashOn   = 400 * time.Millisecond  // a counted flash shines
	FlashOff  = 400 * time.Millisecond  // and is dark before the next
	Pause     = 2500 * time.Millisecond // dark between the last flash of a count and the first of the next
	SlowBlink = time.Second             // on, and as long off: testing; writing
	LampTest  = time.Second             // all amber at power-on
	Alternate = 500 * time.Millisecond  // box fault: red, and as long amber
	Short     = 3                       // flashes of done and of refused
)

// Colour of one light.
type Colour uint8

// A two-colour light with both its colours on is amber.
const (
	Off Colour = iota
	Red
	Green
	Amber
)

// String is the colour's name.
func (c Colour) String() string {
	return [...]string{"off", "red", "green", "amber"}[c&3]
}

// Show is what the lights are to say: a pattern of the whole row, or the five lights for themselves.
type Show struct {
	Whole catalogue.Whole
	Row   catalogue.Row
}

// Frame is what the lights shine when the show has been on for elapsed. A whole pattern with an end
// (see Length) gives way to the row, whose rhythm then begins. Only the first light that counts counts.
func Frame(show Show, elapsed time.Duration) [5]Colour {
	if end := Length(show.Whole); !over(show.Whole, elapsed) {
		return all(whole(show.Whole, elapsed))
	} else {
		elapsed -= end
	}
	var frame [5]Colour
	for i, light := range oneCount(show.Row) {
		frame[i] = shine(light, elapsed)
	}
	return frame
}

// Length is how long a pattern of the whole row lasts; 0 for none, and for those that last until the
// show changes.
func Length(w catalogue.Whole) time.Duration {
	switch w {
	case catalogue.WholeLampTest:
		return LampTest
	case catalogue.WholeDone, catalogue.WholeRefused:
		return Short * (FlashOn + FlashOff)
	}
	return 0
}

// over says whether the row shows after elapsed of the whole pattern.
func over(w catalogue.Whole, elapsed time.Duration) bool {
	end := Length(w)
	return w == catalogue.WholeNone || end > 0 && elapsed >= end
}

// whole is the colour of all five lights in a pattern of the whole row.
func whole(w catalogue.Whole, elapsed time.Duration) Colour {
	switch w {
	case catalogue.WholeDone:
		return lit(Green, elapsed%(FlashOn+FlashOff) < FlashOn)
	case catalogue.WholeRefused:
		return lit(Red, elapsed%(FlashOn+FlashOff) < FlashOn)
	case catalogue.WholeWriting:
		return lit(Amber, slow(elapsed))
	case catalogue.WholeBoxFault:
		if elapsed%(2*Alternate) < Alternate {
			return Red
		}
		return Amber
	default: // starting, lamp test
		return Amber
	}
}

// shine is the colour of one light of a row.
func shine(l catalogue.Light, elapsed time.Duration) Colour {
	switch l.State {
	case catalogue.LightGreen:
		return Green
	case catalogue.LightTesting:
		return lit(Green, slow(elapsed))
	case catalogue.LightAmber:
		return lit(Amber, counted(l, elapsed))
	case catalogue.LightRed:
		return lit(Red, counted(l, elapsed))
	}
	return Off
}

// counted says whether a red or amber light shines: always, or in the rhythm of its count.
func counted(l catalogue.Light, elapsed time.Duration) bool {
	return !l.Counting || l.Flashes < 1 || count(elapsed, l.Flashes)
}

// count says whether a count of n flashes shines at this moment. Each round begins with a dark beat, which
// belongs to the pause, so that the first flash never melts into what shone before.
func count(elapsed time.Duration, n int) bool {
	flashes := time.Duration(n) * (FlashOn + FlashOff)
	at := elapsed%(flashes+Pause-FlashOff) - FlashOff
	return at >= 0 && at < flashes && at%(FlashOn+FlashOff) < FlashOn
}

// slow says whether a slow blink shines at this moment.
func slow(elapsed time.Duration) bool { return elapsed%(2*SlowBlink) < SlowBlink }

// oneCount lets only the first light that counts count.
func oneCount(row catalogue.Row) catalogue.Row {
	seen := false
	for i, l := range row {
		row[i].Counting = l.Counting && !seen
		seen = seen || l.Counting
	}
	return row
}

func lit(c Colour, on bool) Colour {
	if on {
		return c
	}
	return Off
}

func all(c Colour) [5]Colour { return [5]Colour{c, c, c, c, c} }
