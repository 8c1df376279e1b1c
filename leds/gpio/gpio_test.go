package gpio

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/gpio/gpiotest"

	"trunktester/appliance/profile"
	"trunktester/leds"
)

// output is a line that fails the test when it is read.
type output struct {
	gpiotest.Pin
	t *testing.T
}

func (o *output) Read() gpio.Level {
	o.t.Errorf("output line %s was read: that turns it into an input", o.N)
	return o.Pin.Read()
}

func board(t *testing.T) map[string]*output {
	lines := map[string]*output{}
	for n := range 28 {
		name := fmt.Sprintf("GPIO%d", n)
		lines[name] = &output{Pin: gpiotest.Pin{N: name, Num: n}, t: t}
	}
	return lines
}

func TestDefaultWiring(t *testing.T) {
	table := []struct {
		light  int
		colour leds.Colour
		high   []string
	}{
		{1, leds.Red, []string{"GPIO5"}}, {1, leds.Green, []string{"GPIO6"}}, {1, leds.Amber, []string{"GPIO5", "GPIO6"}},
		{2, leds.Red, []string{"GPIO13"}}, {2, leds.Green, []string{"GPIO19"}},
		{3, leds.Red, []string{"GPIO16"}}, {3, leds.Green, []string{"GPIO20"}},
		{4, leds.Red, []string{"GPIO17"}}, {4, leds.Green, []string{"GPIO27"}},
		{5, leds.Amber, []string{"GPIO22", "GPIO23"}}, {5, leds.Off, nil},
	}
	for _, activeLow := range []bool{false, true} {
		for _, c := range table {
			lines := board(t)
			wiring := profile.Default().LEDs
			wiring.ActiveLow = activeLow
			lamps, err := open(wiring, func(name string) gpio.PinOut { return lines[name] })
			if err != nil {
				t.Fatal(err)
			}
			var frame [5]leds.Colour
			frame[c.light-1] = c.colour
			if err := lamps.Set(frame); err != nil {
				t.Fatal(err)
			}
			on := map[string]bool{}
			for _, name := range c.high {
				on[name] = true
			}
			for _, w := range wiring.Lights {
				for _, n := range []int{w.Red, w.Green} {
					name := fmt.Sprintf("GPIO%d", n)
					if got := bool(lines[name].L) != activeLow; got != on[name] {
						t.Errorf("light %d colour %d, active low %v: %s lit %v", c.light, c.colour, activeLow, name, got)
					}
				}
			}
		}
	}
}

func TestNoHeader(t *testing.T) {
	_, err := open(profile.Default().LEDs, func(string) gpio.PinOut { return nil })
	if !errors.Is(err, ErrNone) {
		t.Errorf("error %v, want ErrNone", err)
	}
}

func TestPresses(t *testing.T) {
	const ms = time.Millisecond
	table := []struct {
		name  string
		downs []time.Duration // lengths of down and up in turn, beginning with up
		want  []Press
	}{
		{"a short press", []time.Duration{100 * ms, 200 * ms, 500 * ms}, []Press{Short}},
		{"one second", []time.Duration{100 * ms, 1200 * ms, 500 * ms}, []Press{Held}},
		{"ten seconds, told once", []time.Duration{100 * ms, 14000 * ms, 500 * ms}, []Press{Long}},
		{"a bounce is nothing", []time.Duration{100 * ms, 15 * ms, 500 * ms}, nil},
		{"two short ones", []time.Duration{100 * ms, 200 * ms, 200 * ms, 200 * ms, 200 * ms}, []Press{Short, Short}},
	}
	for _, c := range table {
		t.Run(c.name, func(t *testing.T) {
			var k classifier
			var got []Press
			now, down := time.Unix(0, 0), false
			for _, length := range c.downs {
				for end := now.Add(length); now.Before(end); now = now.Add(poll) {
					if p, ok := k.see(down, now); ok {
						got = append(got, p)
					}
				}
				down = !down
			}
			if fmt.Sprint(got) != fmt.Sprint(c.want) {
				t.Errorf("presses %v, want %v", got, c.want)
			}
		})
	}
}
