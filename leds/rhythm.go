// Package leds is the light language as pure rhythm: what is to be said and the time that has passed go
// in, five colours come out. The source of every length is the light language of the catalogue.
package leds

import (
	"time"

	"trunktester/appliance/catalogue"
)

// The rhythm.
const (
	Flash     = 400 * time.Millisecond  // a flash is 400 ms on, 400 ms off
	Pause     = 2500 * time.Millisecond // after the last flash
	SlowBlink = time.Second             // testing: 1 s on, 1 s off
	LampTest  = time.Second             // power-on: all five amber
	Alternate = 500 * time.Millisecond  // box fault: red and amber in turn
	WholeRow  = 3                       // flashes of the whole row: done, refused
)

// Colour is what one two-colour light shows.
type Colour int

const (
	Off Colour = iota
	Red
	Green
	Amber // both on
)

// Show is what is to be said: the whole row together, or each light for itself.
type Show struct {
	Whole catalogue.Whole
	Row   catalogue.Row
}

// Frame is how the five lights shine at a time after the show began. A whole-row pattern that ends (done,
// refused) is followed by the lights themselves.
func Frame(s Show, elapsed time.Duration) [5]Colour {
	if over(s.Whole, elapsed) {
		s.Whole = catalogue.WholeNone
	}
	switch s.Whole {
	case catalogue.WholeNone:
		var frame [5]Colour
		for i, l := range s.Row {
			frame[i] = light(l, elapsed)
		}
		return frame
	case catalogue.WholeStarting, catalogue.WholeLampTest:
		return all(Amber)
	case catalogue.WholeDone:
		return all(blink(Green, Flash, elapsed))
	case catalogue.WholeRefused:
		return all(blink(Red, Flash, elapsed))
	case catalogue.WholeWriting:
		return all(blink(Amber, SlowBlink, elapsed))
	}
	if elapsed/Alternate%2 == 0 { // the box's fault, also for a pattern that nobody knows
		return all(Red)
	}
	return all(Amber)
}

// over reports whether a pattern of the whole row has ended.
func over(w catalogue.Whole, elapsed time.Duration) bool {
	switch w {
	case catalogue.WholeDone, catalogue.WholeRefused:
		return elapsed >= WholeRow*2*Flash
	case catalogue.WholeLampTest:
		return elapsed >= LampTest
	}
	return false
}

func light(l catalogue.Light, elapsed time.Duration) Colour {
	colour := Off
	switch l.State {
	case catalogue.LightTesting:
		return blink(Green, SlowBlink, elapsed)
	case catalogue.LightGreen:
		colour = Green
	case catalogue.LightAmber:
		colour = Amber
	case catalogue.LightRed:
		colour = Red
	}
	if !l.Counting {
		return colour
	}
	return counted(colour, l.Flashes, elapsed)
}

// Period is the length of n counted flashes and the pause after them.
func Period(n int) time.Duration { return time.Duration(n)*2*Flash + Pause - Flash }

// counted is n flashes, then the pause; the dark half of the last flash belongs to the pause.
func counted(c Colour, n int, elapsed time.Duration) Colour {
	at := elapsed % Period(n)
	if at < time.Duration(n)*2*Flash && at/Flash%2 == 0 {
		return c
	}
	return Off
}

func blink(c Colour, half, elapsed time.Duration) Colour {
	if elapsed/half%2 == 0 {
		return c
	}
	return Off
}

func all(c Colour) [5]Colour { return [5]Colour{c, c, c, c, c} }

// Act is the board's own light, which repeats the verdict so that a board with no lights wired still
// speaks: as many flashes as the light's number, a short pause, then n flashes, then the long pause.
func Act(light, n int, elapsed time.Duration) bool {
	if light == 0 {
		return true // nothing to count: steady
	}
	between := 3 * Flash
	first := time.Duration(light) * 2 * Flash
	second := time.Duration(n) * 2 * Flash
	at := elapsed % (first + between + second + Pause)
	switch {
	case at < first:
		return at/Flash%2 == 0
	case at < first+between:
		return false
	case at < first+between+second:
		return (at-first-between)/Flash%2 == 0
	}
	return false
}
