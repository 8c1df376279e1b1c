package prints

import (
	"cmp"
	"fmt"
	"slices"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/profile"
	"trunktester/image/paper"
)

// Where things stand on the A4 sheet, in millimetres. Wires leave the header on other heights than they arrive
// at the lights, so that no two lie on each other.
const (
	wiringWidth, wiringHeight = 297, 210

	pinOdd, pinEven     = 24, 32 // x of the header's columns
	pinTop, pinPitch    = 30, 8
	pinRadius           = 2.7
	lanesFrom, lanePace = 74, 4.5 // x of the wires' upright parts
	wiresEnd            = 134     // x where a wire meets its resistor
	lightTop            = 36      // y of the first light's red wire
	lightPace           = 28
	colours             = 12 // from a light's red to its green wire
	buttonY             = 180
	railX, railY        = 190, 196
	textX, textWidth    = 212, 76
)

// wire goes from a line of the header to a colour of a light, or to the button.
type wire struct {
	bcm, pin int
	name     string
	colour   paper.Colour
	dash     []float64
	ends     float64 // its y at the light
}

// y where the wire leaves the header: that of the pin, or for the left column between two pins of the right.
func (w wire) starts() float64 {
	y := pinTop + pinPitch*float64((w.pin-1)/2)
	if w.pin%2 == 1 {
		y += pinPitch / 2
	}
	return y
}

// Wiring is the wiring drawing of a box: five two-colour lights with a common cathode, and the button. The
// error says which line has no pin.
func Wiring(l profile.LEDs) (paper.Drawing, error) {
	d := paper.Drawing{Width: wiringWidth, Height: wiringHeight}
	if l.ActiveLow {
		return d, fmt.Errorf("the drawing is for lights with a common cathode: active_low must be false")
	}
	wires, err := wiresOf(l)
	if err != nil {
		return d, err
	}
	d.Add(paper.Text{X: 10, Y: 16, Font: paper.Font{Size: 20, Bold: true}, Colour: ink, Words: "Wiring of the lights and the button"})
	block(&d, 10, 22, 190, paper.Font{Size: 9}, soft,
		"Raspberry Pi header from above: pin 1 is at the end with the card, the even pins are along the board's edge. BCM is the line's number.")
	for i, w := range lanes(wires) {
		w.draw(&d, lanesFrom+lanePace*float64(i))
	}
	header(&d, wires)
	for i, name := range catalogue.LightNames() {
		light(&d, lightTop+lightPace*float64(i), i+1, name)
	}
	button(&d)
	ground(&d)
	legend(&d)
	return d, nil
}

func wiresOf(l profile.LEDs) ([]wire, error) {
	var wires []wire
	for i, pair := range l.Lights {
		y := lightTop + lightPace*float64(i)
		wires = append(wires,
			wire{bcm: pair.Red, name: fmt.Sprintf("light %d red", i+1), colour: red, ends: y},
			wire{bcm: pair.Green, name: fmt.Sprintf("light %d green", i+1), colour: green, dash: []float64{2.4, 0.9}, ends: y + colours})
	}
	wires = append(wires, wire{bcm: l.Button, name: "button", colour: ink, ends: buttonY})
	for i := range wires {
		pin, ok := headerPin(wires[i].bcm)
		if !ok {
			return nil, fmt.Errorf("%s: BCM %d is not on the header: use 0 to 27", wires[i].name, wires[i].bcm)
		}
		wires[i].pin = pin
	}
	return wires, nil
}

// lanes orders the wires by their upright part, from left to right, so that neighbours that run the same way do
// not cross: downwards the lowest first, upwards the highest first.
func lanes(wires []wire) []wire {
	sorted := slices.Clone(wires)
	slices.SortFunc(sorted, func(a, b wire) int {
		down := func(w wire) int {
			if w.ends > w.starts() {
				return 1
			}
			return 0
		}
		if c := cmp.Compare(down(a), down(b)); c != 0 {
			return c
		}
		if down(a) == 1 {
			return cmp.Compare(b.starts(), a.starts())
		}
		return cmp.Compare(a.starts(), b.starts())
	})
	return sorted
}

func (w wire) draw(d *paper.Drawing, lane float64) {
	y := w.starts()
	path := []paper.Point{{X: pinEven, Y: y}}
	if w.pin%2 == 1 {
		path = []paper.Point{{X: pinOdd, Y: y - pinPitch/2}, {X: pinOdd, Y: y}}
	}
	path = append(path, paper.Point{X: lane, Y: y}, paper.Point{X: lane, Y: w.ends}, paper.Point{X: wiresEnd, Y: w.ends})
	d.Add(paper.Line{Points: path, Colour: w.colour, Pen: 0.6, Dash: w.dash})
	f := paper.Font{Size: 7.5}
	d.Add(paper.Text{X: pinEven + 6, Y: y - 0.8, Font: f, Colour: ink, Words: fmt.Sprintf("BCM %d, %s", w.bcm, w.name)},
		paper.Text{X: wiresEnd - 1, Y: w.ends - 0.8, Font: f, Colour: ink, Align: paper.Right, Words: fmt.Sprintf("pin %d", w.pin)})
}

// header draws the 40 pins; those in use are filled.
func header(d *paper.Drawing, wires []wire) {
	d.Add(paper.Box{X: pinOdd - 5, Y: pinTop - 5, W: pinEven - pinOdd + 10, H: 19*pinPitch + 10, Radius: 1.5, Stroke: soft, Pen: 0.4})
	used := map[int]bool{groundPin: true}
	for _, w := range wires {
		used[w.pin] = true
	}
	fixed := fixedPins()
	for pin := 1; pin <= 40; pin++ {
		x, y := float64(pinEven), pinTop+pinPitch*float64((pin-1)/2)
		if pin%2 == 1 {
			x = pinOdd
		}
		c := paper.Circle{X: x, Y: y, R: pinRadius, Fill: paper.White, Stroke: faint, Pen: 0.4}
		text := paper.Text{X: x, Y: y + 0.9, Font: paper.Font{Size: 7.5}, Colour: soft, Align: paper.Centre, Words: fmt.Sprint(pin)}
		if used[pin] {
			c.Fill, c.Stroke = ink, ink
			text.Colour, text.Font.Bold = paper.White, true
		}
		d.Add(c, text)
		if use := fixed[pin]; use != "" && pin%2 == 1 {
			d.Add(paper.Text{X: pinOdd - 6, Y: y + 0.9, Font: paper.Font{Size: smallest}, Colour: soft, Align: paper.Right, Words: use})
		} else if use != "" {
			d.Add(paper.Text{X: pinEven + 6, Y: y + 0.3, Font: paper.Font{Size: smallest}, Colour: soft, Words: use})
		}
	}
}

// groundPin is the one that the drawing uses.
const groundPin = 39

// light draws a two-colour LED with its resistors; its cathode goes to the ground rail.
func light(d *paper.Drawing, y float64, number int, name string) {
	const ledX = wiresEnd + 22
	d.Add(paper.Box{X: ledX - 2, Y: y - 5, W: 26, H: colours + 10, Radius: 3, Stroke: ink, Pen: 0.4})
	for i, colour := range []paper.Colour{red, green} {
		at := y + colours*float64(i)
		d.Add(paper.Line{Points: []paper.Point{{X: wiresEnd + 14, Y: at}, {X: ledX + 4, Y: at}}, Colour: ink, Pen: 0.5},
			paper.Box{X: wiresEnd, Y: at - 2.2, W: 14, H: 4.4, Radius: 0.5, Fill: paper.White, Stroke: ink, Pen: 0.4},
			paper.Text{X: wiresEnd + 7, Y: at + 0.9, Font: paper.Font{Size: 7.5}, Colour: ink, Align: paper.Centre, Words: fmt.Sprintf("%d ohm", resistor)},
			paper.Line{Points: []paper.Point{{X: ledX + 4, Y: at - 2}, {X: ledX + 7.5, Y: at}, {X: ledX + 4, Y: at + 2}, {X: ledX + 4, Y: at - 2}}, Colour: colour, Pen: 0.8},
			paper.Line{Points: []paper.Point{{X: ledX + 7.8, Y: at - 2}, {X: ledX + 7.8, Y: at + 2}}, Colour: colour, Pen: 0.8},
			paper.Line{Points: []paper.Point{{X: ledX + 7.8, Y: at}, {X: ledX + 19, Y: at}, {X: ledX + 19, Y: y + colours/2}}, Colour: ink, Pen: 0.5})
	}
	d.Add(paper.Line{Points: []paper.Point{{X: ledX + 19, Y: y + colours/2}, {X: railX, Y: y + colours/2}}, Colour: ink, Pen: 0.5},
		dot(ledX+19, y+colours/2), dot(railX, y+colours/2))
	d.Add(paper.Text{X: ledX, Y: y + colours/2 - 0.6, Font: paper.Font{Size: 10, Bold: true}, Colour: ink, Words: fmt.Sprint(number)},
		paper.Text{X: ledX, Y: y + colours/2 + 2.8, Font: paper.Font{Size: smallest, Bold: true}, Colour: ink, Words: name})
}

func button(d *paper.Drawing) {
	const x = wiresEnd + 28
	d.Add(paper.Line{Points: []paper.Point{{X: wiresEnd, Y: buttonY}, {X: x, Y: buttonY}}, Colour: ink, Pen: 0.5},
		paper.Line{Points: []paper.Point{{X: x, Y: buttonY}, {X: x + 9, Y: buttonY - 4}}, Colour: ink, Pen: 0.8},
		paper.Line{Points: []paper.Point{{X: x + 10, Y: buttonY}, {X: railX, Y: buttonY}}, Colour: ink, Pen: 0.5},
		dot(x, buttonY), dot(x+10, buttonY), dot(railX, buttonY),
		paper.Text{X: x + 5, Y: buttonY + 4.5, Font: paper.Font{Size: 8, Bold: true}, Colour: ink, Align: paper.Centre, Words: "BUTTON"})
}

// ground is the rail from the lights to the header.
func ground(d *paper.Drawing) {
	const y = pinTop + 19*pinPitch
	d.Add(paper.Line{Points: []paper.Point{{X: railX, Y: lightTop + colours/2}, {X: railX, Y: railY}, {X: pinOdd, Y: railY}, {X: pinOdd, Y: y + pinRadius}}, Colour: ink, Pen: 0.9},
		paper.Text{X: pinEven + 8, Y: railY - 1, Font: paper.Font{Size: 7.5, Bold: true}, Colour: ink, Words: fmt.Sprintf("ground, pin %d (any ground pin will do: 6, 9, 14, 20, 25, 30, 34, 39)", groundPin)})
}

func dot(x, y float64) paper.Mark { return paper.Circle{X: x, Y: y, R: 0.8, Fill: ink} }

// legend is the column of text: parts, currents, and what goes wrong.
func legend(d *paper.Drawing) {
	y := 34.0
	title := func(words string) {
		d.Add(paper.Text{X: textX, Y: y, Font: paper.Font{Size: 11, Bold: true}, Colour: ink, Words: words})
		y += 5.4
	}
	say := func(words string) { y = block(d, textX, y, textWidth, paper.Font{Size: 9}, ink, words) + 1.2 }
	title("Parts")
	say("5 two-colour LEDs, red and green, three legs, common cathode")
	say(fmt.Sprintf("10 resistors of %d ohm, 1/8 W or more: one for each colour, never one for both", resistor))
	say("1 push button that closes while pressed. It needs no resistor: the Pi pulls the line up itself.")
	y += 4
	title("Lines in the drawing")
	say("Red: solid. Green: dashed. Wires are joined only where there is a dot.")
	y += 4
	title("Current")
	say(fmt.Sprintf("Red: (%.1f V - %.1f V) / %d ohm = %.1f mA.", supply, redDrop, resistor, current(redDrop, resistor)))
	say(fmt.Sprintf("Green: (%.1f V - %.1f V) / %d ohm = %.1f mA; a bright green one of %.1f V takes %.1f mA.",
		supply, greenDropLow, resistor, current(greenDropLow, resistor), greenDropTop, current(greenDropTop, resistor)))
	say(fmt.Sprintf("All ten lit (amber row): %.0f mA at the most. The limits are %.0f mA for all lines together and %.0f mA for each.",
		allLit(), mostAll, mostLine))
	say("The voltages are assumed, from data sheets of common LEDs. Look at yours, and measure.")
	y += 4
	title("Before power")
	say("No LED leg may touch 5 V (pins 2 and 4): 5 V on a line destroys the board.")
	say("Both colours of a light lit together must look amber. If a light stays dark, its LED may have a common anode: take another.")
}
