// Package gpio drives the five lights of the case, and reads its button, through the lines of the GPIO
// character device. It works with a leds.Player, which it serves as lamps.
package gpio

import (
	"errors"
	"fmt"

	"periph.io/x/conn/v3/driver/driverreg"
	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/gpio/gpioreg"
	_ "periph.io/x/host/v3/gpioioctl" // the only driver: the memory-mapped ones guess addresses on a Pi 5

	"trunktester/appliance/catalogue"
	"trunktester/appliance/profile"
	"trunktester/leds"
)

// ErrNone says that this machine has no GPIO: it is not a Pi.
var ErrNone = errors.New("this machine has no GPIO")

// Pins gives the line of a name ("GPIO5"), nil where there is none. Names hold on every Pi; chip numbers do not.
type Pins func(name string) gpio.PinIO

// Board gives the pins of this machine, or an error that wraps ErrNone.
func Board() (Pins, error) {
	state, err := driverreg.Init()
	if err != nil {
		return nil, fmt.Errorf("gpio: starting the driver: %w", err)
	}
	for _, failed := range state.Failed {
		return nil, fmt.Errorf("gpio: starting the driver %s: %w", failed.D, failed.Err)
	}
	if len(state.Loaded) == 0 || len(gpioreg.All()) == 0 {
		return nil, fmt.Errorf("gpio: %w", ErrNone)
	}
	return gpioreg.ByName, nil
}

// output is all that is asked of a light's line. Reading one would make it an input in this driver (its
// Function and Func read as well), and the light would stay dark: so there is nothing here to read with.
type output interface {
	Out(gpio.Level) error
}

// Lamps are the five lights of the case. It is a leds.Lamps, for one goroutine.
type Lamps struct {
	lines     [5][2]line // red, green
	activeLow bool
}

// line is one colour of one light.
type line struct {
	out   output
	name  string
	lit   bool
	known bool // lit is what the line really shows
}

// Open takes the lines of the wiring on this machine. The lights are amber afterwards: "starting".
// The error wraps ErrNone where there is no GPIO.
func Open(wiring profile.LEDs) (*Lamps, error) {
	pins, err := Board()
	if err != nil {
		return nil, err
	}
	return OpenOn(pins, wiring)
}

// OpenOn takes the lines of the wiring from pins.
func OpenOn(pins Pins, wiring profile.LEDs) (*Lamps, error) {
	l := &Lamps{activeLow: wiring.ActiveLow}
	for i, pair := range wiring.Lights {
		for c, bcm := range [2]int{pair.Red, pair.Green} {
			name := lineName(bcm)
			pin := pins(name)
			if pin == nil {
				return nil, fmt.Errorf("gpio: no line %s for the %s of light %d (%s)", name, colour(c), i+1, catalogue.LightNames()[i])
			}
			l.lines[i][c] = line{out: pin, name: name}
		}
	}
	amber := [5]leds.Colour{leds.Amber, leds.Amber, leds.Amber, leds.Amber, leds.Amber}
	if err := l.Set(amber); err != nil {
		return nil, err
	}
	return l, nil
}

// Set makes the lights shine. It writes to the lines that change, and to all of them even if one fails.
func (l *Lamps) Set(frame [5]leds.Colour) error {
	var errs []error
	for i, c := range frame {
		errs = append(errs,
			l.lines[i][0].set(c == leds.Red || c == leds.Amber, l.activeLow),
			l.lines[i][1].set(c == leds.Green || c == leds.Amber, l.activeLow))
	}
	return errors.Join(errs...)
}

func (l *line) set(lit, activeLow bool) error {
	if l.known && l.lit == lit {
		return nil
	}
	level := gpio.Level(lit != activeLow)
	err := l.out.Out(level)
	l.lit, l.known = lit, err == nil
	if err != nil {
		return fmt.Errorf("gpio: setting %s %s: %w", l.name, level, err)
	}
	return nil
}

// lineName is the kernel's name of a BCM number.
func lineName(bcm int) string { return fmt.Sprintf("GPIO%d", bcm) }

func colour(c int) string { return [...]string{"red", "green"}[c] }
