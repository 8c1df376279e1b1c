// Package lights reads the box's lights as a person does, but from the registers of the Pi's GPIO: samples of
// them over time become the row of five lights again. Pure: samples in, states out.
package lights

import (
	"errors"
	"fmt"
	"time"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/profile"
	"trunktester/leds"
)

// Registers are the words of the GPIO that count, as BCM2835 ARM Peripherals, section 6.1, has them.
type Registers struct {
	Select [3]uint32 // GPFSEL0 to 2: three bits a line, 001 is an output
	Level  uint32    // GPLEV0: one bit a line
}

// Words of the block from GPFSEL0 on: a dump of so many holds all that Parse needs.
const Words = 16

// Parse takes the registers out of a dump of the GPIO block's first words.
func Parse(words []uint32) (Registers, error) {
	if len(words) < Words {
		return Registers{}, fmt.Errorf("lights: %d words instead of %d", len(words), Words)
	}
	return Registers{Select: [3]uint32(words[:3]), Level: words[13]}, nil
}

// shines says whether a line drives its light. A line that is no output drives nothing, whatever its level.
func (r Registers) shines(bcm int, activeLow bool) bool {
	output := r.Select[bcm/10]>>(3*(bcm%10))&7 == 1
	return output && (r.Level>>bcm&1 == 1) != activeLow
}

// Frame is what the five lights shine.
func (r Registers) Frame(wiring profile.LEDs) [5]leds.Colour {
	var frame [5]leds.Colour
	for i, pair := range wiring.Lights {
		red, green := r.shines(pair.Red, wiring.ActiveLow), r.shines(pair.Green, wiring.ActiveLow)
		switch {
		case red && green:
			frame[i] = leds.Amber
		case red:
			frame[i] = leds.Red
		case green:
			frame[i] = leds.Green
		}
	}
	return frame
}

// Sample is one look at the lights, at a time of the board's own clock.
type Sample struct {
	At    time.Duration
	Frame [5]leds.Colour
}

const (
	// Sparsest is how far samples may lie apart: half of the shortest flash.
	Sparsest = leds.FlashOn / 2
	// longDark is the shortest dark that is a pause between two counts: between a slow blink's and a pause.
	longDark = (leds.SlowBlink + leds.Pause) / 2
	// longFlash tells a slow blink from a counted flash.
	longFlash = (leds.FlashOn + leds.SlowBlink) / 2
)

// Errors of Decode.
var (
	ErrSparse  = errors.New("lights: the samples lie too far apart to count flashes")
	ErrChanged = errors.New("lights: no steady rhythm, or not for long enough")
)

// Decode reads the row that the samples show. They must hold two whole counts, ErrChanged otherwise.
func Decode(samples []Sample) (catalogue.Row, error) {
	var row catalogue.Row
	if len(samples) < 2 {
		return row, ErrSparse
	}
	for i := 1; i < len(samples); i++ {
		if apart := samples[i].At - samples[i-1].At; apart <= 0 || apart > Sparsest {
			return row, fmt.Errorf("%w: %s", ErrSparse, apart)
		}
	}
	for i := range row {
		light, err := decode(runs(samples, i))
		if err != nil {
			return row, fmt.Errorf("light %d: %w", i+1, err)
		}
		row[i] = light
	}
	return row, nil
}

// run is a time in which a light stays as it is.
type run struct {
	colour leds.Colour
	last   time.Duration
}

func runs(samples []Sample, light int) []run {
	var all []run
	began := samples[0].At
	for i, s := range samples {
		if i+1 == len(samples) || samples[i+1].Frame[light] != s.Frame[light] {
			end := samples[min(i+1, len(samples)-1)].At
			all = append(all, run{s.Frame[light], end - began})
			began = end
		}
	}
	return all
}

func state(c leds.Colour) catalogue.LightState {
	return [...]catalogue.LightState{leds.Off: catalogue.LightUntested, leds.Red: catalogue.LightRed,
		leds.Green: catalogue.LightGreen, leds.Amber: catalogue.LightAmber}[c]
}

// decode reads one light.
func decode(all []run) (catalogue.Light, error) {
	if len(all) == 1 {
		return catalogue.Light{State: state(all[0].colour)}, nil
	}
	colour := leds.Off
	for _, r := range all {
		if r.colour != leds.Off && colour != leds.Off && r.colour != colour {
			return catalogue.Light{}, ErrChanged
		}
		if r.colour != leds.Off {
			colour = r.colour
		}
	}
	if colour == leds.Green {
		return slow(all)
	}
	return counted(colour, all)
}

// slow reads a light that is being tested. What is cut off at both ends does not count.
func slow(all []run) (catalogue.Light, error) {
	if len(all) < 4 {
		return catalogue.Light{}, ErrChanged
	}
	for _, r := range all[1 : len(all)-1] {
		if r.last < longFlash || r.last > longDark {
			return catalogue.Light{}, ErrChanged
		}
	}
	return catalogue.Light{State: catalogue.LightTesting}, nil
}

// counted counts the flashes between pauses: at least twice, and always as many.
func counted(colour leds.Colour, all []run) (catalogue.Light, error) {
	flashes, rounds, n := -1, 0, 0 // flashes is -1 before the first pause has begun
	for i, r := range all {
		pause := r.colour == leds.Off && r.last >= longDark
		switch {
		case pause && flashes >= 0:
			if rounds > 0 && flashes != n {
				return catalogue.Light{}, fmt.Errorf("%w: %d flashes, then %d", ErrChanged, n, flashes)
			}
			n, rounds, flashes = flashes, rounds+1, 0
		case pause:
			flashes = 0
		case i == 0 || i == len(all)-1: // cut off
		case r.last >= longFlash:
			return catalogue.Light{}, ErrChanged
		case r.colour != leds.Off && flashes >= 0:
			flashes++
		}
	}
	if rounds < 2 {
		return catalogue.Light{}, ErrChanged
	}
	return catalogue.Light{State: state(colour), Counting: true, Flashes: n}, nil
}

// All says whether the whole row shines in one colour.
func All(frame [5]leds.Colour, c leds.Colour) bool { return frame == [5]leds.Colour{c, c, c, c, c} }
