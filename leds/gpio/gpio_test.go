package gpio

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/gpio/gpiotest"
	"periph.io/x/conn/v3/pin"

	"trunktester/appliance/profile"
	"trunktester/leds"
)

// outPin is a pin that is an output once it was set, and reports everyone who then reads it.
type outPin struct {
	gpiotest.Pin
	t      *testing.T
	writes int
	fail   error
}

func (p *outPin) Out(l gpio.Level) error {
	if p.fail != nil {
		return p.fail
	}
	p.writes++
	return p.Pin.Out(l)
}

func (p *outPin) read(how string) {
	if p.writes > 0 {
		p.t.Errorf("%s of %s, which is an output", how, p.N)
	}
}

func (p *outPin) Read() gpio.Level                  { p.read("Read"); return p.Pin.Read() }
func (p *outPin) Func() pin.Func                    { p.read("Func"); return p.Pin.Func() }
func (p *outPin) Function() string                  { p.read("Function"); return p.Pin.Function() }
func (p *outPin) In(l gpio.Pull, e gpio.Edge) error { p.read("In"); return p.Pin.In(l, e) }
func (p *outPin) WaitForEdge(time.Duration) bool    { p.read("WaitForEdge"); return false }

// header is a Pi's header of fake pins.
type header map[string]*outPin

func newHeader(t *testing.T) header {
	h := header{}
	for bcm := 2; bcm <= 27; bcm++ {
		name := fmt.Sprintf("GPIO%d", bcm)
		h[name] = &outPin{Pin: gpiotest.Pin{N: name, Num: bcm}, t: t}
	}
	return h
}

func (h header) pins(name string) gpio.PinIO {
	if p, ok := h[name]; ok {
		return p
	}
	return nil
}

// levels draws the lines of the wiring as the electricity has them: "RG" high, "--" low, a pair for each light.
func (h header) levels(w profile.LEDs) string {
	var b strings.Builder
	for i, pair := range w.Lights {
		if i > 0 {
			b.WriteByte(' ')
		}
		for c, bcm := range [2]int{pair.Red, pair.Green} {
			p := h[lineName(bcm)]
			p.Lock()
			b.WriteByte("-RG"[map[gpio.Level]int{gpio.High: c + 1}[p.L]])
			p.Unlock()
		}
	}
	return b.String()
}

func wiring() profile.LEDs {
	return profile.LEDs{
		Lights: [5]profile.Pair{{Red: 5, Green: 6}, {Red: 13, Green: 19}, {Red: 16, Green: 20}, {Red: 17, Green: 27}, {Red: 22, Green: 23}},
		Button: 26,
	}
}

func TestLampsDriveTheirLines(t *testing.T) {
	frame := [5]leds.Colour{leds.Red, leds.Green, leds.Amber, leds.Off, leds.Green}
	for _, c := range []struct {
		activeLow          bool
		opened, set, again string
	}{
		{false, "RG RG RG RG RG", "R- -G RG -- -G", "-- -- -- -- --"},
		{true, "-- -- -- -- --", "-G R- -- RG R-", "RG RG RG RG RG"},
	} {
		h, w := newHeader(t), wiring()
		w.ActiveLow = c.activeLow
		lamps, err := OpenOn(h.pins, w)
		if err != nil {
			t.Fatal(err)
		}
		if got := h.levels(w); got != c.opened {
			t.Errorf("active low %t: opened as %s, want amber: %s", c.activeLow, got, c.opened)
		}
		for _, step := range []struct {
			frame [5]leds.Colour
			want  string
		}{{frame, c.set}, {frame, c.set}, {[5]leds.Colour{}, c.again}} {
			if err := lamps.Set(step.frame); err != nil {
				t.Fatal(err)
			}
			if got := h.levels(w); got != step.want {
				t.Errorf("active low %t: %v is %s, want %s", c.activeLow, step.frame, got, step.want)
			}
		}
	}
}

func TestOnlyChangesAreWritten(t *testing.T) {
	h := newHeader(t)
	lamps, err := OpenOn(h.pins, wiring())
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		if err := lamps.Set([5]leds.Colour{leds.Green}); err != nil {
			t.Fatal(err)
		}
	}
	if red, green := h["GPIO5"].writes, h["GPIO6"].writes; red != 2 || green != 1 {
		t.Errorf("light 1 was written %d times red and %d times green, want 2 and 1", red, green)
	}
	if h["GPIO26"].writes != 0 {
		t.Error("the button's line was written to")
	}
}

func TestAFailingLineIsNamedAndTriedAgain(t *testing.T) {
	h := newHeader(t)
	lamps, err := OpenOn(h.pins, wiring())
	if err != nil {
		t.Fatal(err)
	}
	busy := errors.New("device or resource busy")
	h["GPIO13"].fail = busy
	err = lamps.Set([5]leds.Colour{})
	if !errors.Is(err, busy) || !strings.Contains(err.Error(), "gpio: setting GPIO13 Low") {
		t.Errorf("error %v", err)
	}
	if got := h.levels(wiring()); got != "-- R- -- -- --" {
		t.Errorf("the other lights: %s", got)
	}
	h["GPIO13"].fail = nil
	if err := lamps.Set([5]leds.Colour{}); err != nil || h.levels(wiring()) != "-- -- -- -- --" {
		t.Errorf("tried again: %v, %s", err, h.levels(wiring()))
	}
}

func TestAMissingLineIsNamed(t *testing.T) {
	h := newHeader(t)
	delete(h, "GPIO20")
	_, err := OpenOn(h.pins, wiring())
	if err == nil || err.Error() != "gpio: no line GPIO20 for the green of light 3 (SIP PATH)" {
		t.Errorf("error %v", err)
	}
	delete(h, "GPIO26")
	if _, err := OpenButton(h.pins, 26); err == nil || err.Error() != "gpio: no line GPIO26 for the button" {
		t.Errorf("error %v", err)
	}
}
