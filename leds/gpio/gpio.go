// Package gpio drives the five lights and reads the push button on a Raspberry Pi, through the kernel's
// GPIO character device and by line name, so that it does not matter which chip holds the header.
package gpio

import (
	"errors"
	"fmt"

	"periph.io/x/conn/v3/driver/driverreg"
	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/gpio/gpioreg"
	_ "periph.io/x/host/v3/gpioioctl" // registers the lines of the character device

	"trunktester/appliance/profile"
	"trunktester/leds"
)

// ErrNone says that this machine has no GPIO header.
var ErrNone = errors.New("this machine has no GPIO lines for lights")

// Lamps are five lights on ten lines. An output line is never read: reading would turn it into an input,
// with its level bit still toggling and the light dark (periph gpioioctl, GPIOLine.Read).
type Lamps struct {
	pins      [5]pair
	activeLow bool
}

type pair struct{ red, green gpio.PinOut }

// Open takes the lines of the wiring and switches every light off. ErrNone without a GPIO header.
func Open(wiring profile.LEDs) (*Lamps, error) {
	if _, err := driverreg.Init(); err != nil {
		return nil, fmt.Errorf("start the GPIO driver: %w", err)
	}
	return open(wiring, func(name string) gpio.PinOut {
		if p := gpioreg.ByName(name); p != nil {
			return p
		}
		return nil
	})
}

// open takes the lines from byName, which gives nil for a line that is not there.
func open(wiring profile.LEDs, byName func(string) gpio.PinOut) (*Lamps, error) {
	l := &Lamps{activeLow: wiring.ActiveLow}
	for i, w := range wiring.Lights {
		red, green := byName(lineName(w.Red)), byName(lineName(w.Green))
		if red == nil || green == nil {
			return nil, fmt.Errorf("%w: light %d needs %s and %s", ErrNone, i+1, lineName(w.Red), lineName(w.Green))
		}
		l.pins[i] = pair{red, green}
	}
	return l, l.Set([5]leds.Colour{})
}

func lineName(bcm int) string { return fmt.Sprintf("GPIO%d", bcm) }

// Set drives every line; it goes on after an error, so that one bad line does not darken the others.
func (l *Lamps) Set(frame [5]leds.Colour) error {
	var failed []error
	for i, c := range frame {
		failed = append(failed,
			l.drive(l.pins[i].red, c == leds.Red || c == leds.Amber),
			l.drive(l.pins[i].green, c == leds.Green || c == leds.Amber))
	}
	return errors.Join(failed...)
}

func (l *Lamps) drive(pin gpio.PinOut, on bool) error {
	if err := pin.Out(gpio.Level(on != l.activeLow)); err != nil {
		return fmt.Errorf("drive %s: %w", pin, err)
	}
	return nil
}
