package prints

import (
	"fmt"
	"strings"
	"testing"

	"trunktester/appliance/profile"
	"trunktester/image/paper"
)

// docs/wiring.svg is the wiring that a box has without a [leds] table.
func TestWiringInDocs(t *testing.T) {
	d, err := Wiring(profile.Default().LEDs)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "../../docs/wiring.svg", paper.SVG(d, "trunktester: wiring"))
	checkLayout(t, d, 4)
}

// The pins of design and soldering iron, counted on the board.
func TestDefaultPins(t *testing.T) {
	d, err := Wiring(profile.Default().LEDs)
	if err != nil {
		t.Fatal(err)
	}
	words := spoken(d)
	for bcm, pin := range map[int]int{5: 29, 6: 31, 13: 33, 19: 35, 16: 36, 20: 38, 17: 11, 27: 13, 22: 15, 23: 16, 26: 37} {
		if got, ok := headerPin(bcm); !ok || got != pin {
			t.Errorf("BCM %d is pin %d, want %d", bcm, got, pin)
		}
		for _, want := range []string{fmt.Sprintf("BCM %d, ", bcm), fmt.Sprintf("pin %d", pin)} {
			if !strings.Contains(words, want) {
				t.Errorf("the drawing does not say %q", want)
			}
		}
	}
}

// Every one of the 40 pins is one thing, and only one.
func TestTheHeaderHasFortyPins(t *testing.T) {
	pins := fixedPins()
	for bcm := range 28 {
		pin, ok := headerPin(bcm)
		if !ok || pins[pin] != "" {
			t.Errorf("BCM %d is pin %d, which is %q already", bcm, pin, pins[pin])
		}
		pins[pin] = fmt.Sprint("BCM ", bcm)
	}
	for pin := 1; pin <= 40; pin++ {
		if pins[pin] == "" {
			t.Errorf("pin %d is nothing", pin)
		}
	}
	if len(pins) != 40 {
		t.Errorf("%d pins", len(pins))
	}
}

func TestALineThatIsNotOnTheHeaderIsRefused(t *testing.T) {
	l := profile.Default().LEDs
	l.Lights[2].Green = 40
	if _, err := Wiring(l); err == nil || !strings.Contains(err.Error(), "light 3 green: BCM 40") {
		t.Errorf("got %v", err)
	}
	l = profile.Default().LEDs
	l.ActiveLow = true
	if _, err := Wiring(l); err == nil {
		t.Error("lights with a common anode were drawn as if they had a common cathode")
	}
}

// Resistors of 5 % that are all too small, and a supply that is 3 % too high, still keep the board's limits.
func TestTheBoardIsNotOverloaded(t *testing.T) {
	const off = 0.95
	worst := func(drop float64) float64 { return (supply*1.03 - drop) / (resistor * off) * 1000 }
	if r, g := worst(redDrop), worst(greenDropLow); r > mostLine || g > mostLine || 5*(r+g) > mostAll {
		t.Errorf("red %.1f mA, green %.1f mA, together %.1f mA", r, g, 5*(r+g))
	}
	if least := current(greenDropTop, resistor); least < 0.5 {
		t.Errorf("a bright green LED gets %.1f mA: too dark", least)
	}
}

// No two wires lie on each other: they could not be told apart.
func TestWiresAreApart(t *testing.T) {
	d, err := Wiring(profile.Default().LEDs)
	if err != nil {
		t.Fatal(err)
	}
	var pieces []paper.Rect
	var owner []int
	for i, m := range d.Marks {
		l, ok := m.(paper.Line)
		if !ok || l.Pen != 0.6 {
			continue
		}
		for j := 1; j < len(l.Points); j++ {
			pieces = append(pieces, paper.Line{Points: l.Points[j-1 : j+1], Pen: l.Pen}.Bounds())
			owner = append(owner, i)
		}
	}
	flat := func(r paper.Rect) bool { return r.Bottom-r.Top < 1 }
	for i, a := range pieces {
		for j, b := range pieces[i+1:] {
			if owner[i] != owner[i+1+j] && flat(a) == flat(b) && a.Overlaps(b) {
				t.Errorf("two wires lie on each other at %+v and %+v", a, b)
			}
		}
	}
}
