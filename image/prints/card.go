package prints

import (
	"fmt"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/catalogue/words"
	"trunktester/image/paper"
	"trunktester/leds"
)

// The card is A5 landscape: it is read beside a telephone. Folded once it fits a small case.
const (
	cardWidth, cardHeight = 210, 148
	cardMargin            = 7
)

// Ask is what the helpdesk says to a client; every paper says it in the same words.
const Ask = "Wait one minute. Look for the first light from the left that is not steady green. Tell us its number and colour, and count the flashes twice."

// Helpdesk is whom the client calls. What is "" is left out.
type Helpdesk struct{ Name, Phone string }

// Card is the light card: how to read the lights, and what every code means. The error names a text that
// cannot be printed.
func Card(h Helpdesk) (front, back paper.Drawing, err error) {
	if h, err = h.printable(); err != nil {
		return front, back, err
	}
	front, back = cardFront(), cardBack()
	if err := heading(&front, "Reading the lights", h); err != nil {
		return front, back, err
	}
	return front, back, heading(&back, "What the flashes mean", h)
}

func (h Helpdesk) printable() (_ Helpdesk, err error) {
	if h.Name, err = paper.Printable(h.Name); err != nil {
		return h, err
	}
	h.Phone, err = paper.Printable(h.Phone)
	return h, err
}

// number is the telephone number with a word before it, "" for none.
func (h Helpdesk) number() string {
	if h.Phone == "" {
		return ""
	}
	return "Helpdesk: " + h.Phone
}

func cardFront() paper.Drawing {
	d := paper.Drawing{Width: cardWidth, Height: cardHeight}
	const left, width = cardMargin, cardWidth - 2*cardMargin

	box := paper.Box{X: left, Y: 20, W: width, H: 17, Radius: 2.5, Fill: tint, Stroke: ink, Pen: 0.4}
	d.Add(box)
	block(&d, left+4, 27, width-8, paper.Font{Size: 13.5, Bold: true}, ink, Ask)

	const column = width / 5.0
	for i, name := range catalogue.LightNames() {
		x := left + column*float64(i)
		lamp(&d, x+column/2, 46.5, 4.6, i+1)
		d.Add(paper.Text{X: x + column/2, Y: 56, Font: paper.Font{Size: 11, Bold: true}, Colour: ink, Align: paper.Centre, Words: name})
		f := paper.Font{Size: 8.5}
		for n, line := range f.Wrap(catalogue.LightQuestions(words.InEnglish())[i], column-3) {
			d.Add(paper.Text{X: x + column/2, Y: 60.4 + float64(n)*leading(f), Font: f, Colour: soft, Align: paper.Centre, Words: line})
		}
	}

	ok, _ := catalogue.Find("ok") // a test finds it on the card
	const half = (width - 6) / 2.0
	signs(&d, left, 75, half, "One light", []sign{
		{name: "Steady green", show: one(catalogue.Light{State: catalogue.LightGreen})},
		{name: "Green, slow blink", show: one(catalogue.Light{State: catalogue.LightTesting})},
		{name: "Red flashes, here 3", show: one(catalogue.Light{State: catalogue.LightRed, Counting: true, Flashes: 3})},
		{name: "Amber flashes, here 2", show: one(catalogue.Light{State: catalogue.LightAmber, Counting: true, Flashes: 2})},
		{name: "Steady amber or red", show: one(catalogue.Light{State: catalogue.LightAmber})},
		{name: "Off", show: one(catalogue.Light{State: catalogue.LightUntested})},
	})
	signs(&d, left+half+6, 75, half, "All five lights together", []sign{
		{name: "Steady green", show: one(catalogue.Light{State: catalogue.LightGreen}), says: ok.Title + "."},
		{name: "Steady amber", show: leds.Show{Whole: catalogue.WholeStarting}},
		{name: "Three flashes, green", show: leds.Show{Whole: catalogue.WholeDone}},
		{name: "Three flashes, red", show: leds.Show{Whole: catalogue.WholeRefused}},
		{name: "Amber, slow blink", show: leds.Show{Whole: catalogue.WholeWriting}},
		{name: "Red and amber in turn", show: leds.Show{Whole: catalogue.WholeBoxFault}},
		{name: "Dark", says: "No power. Light 1 is never off while the box has power."},
	})
	d.Add(paper.Text{X: left, Y: 136.6, Font: paper.Font{Size: 8, Bold: true}, Colour: ink, Words: "Button"})
	block(&d, left+14, 136.6, half-14, paper.Font{Size: 8.5}, ink,
		"Press: the next finding. Hold one second: test again. Ten seconds erase trunk and reports!")
	return d
}

// sign is something that lights do, and its name.
type sign struct {
	name string
	show leds.Show
	says string // "": what the catalogue says that it means
}

func (s sign) meaning() string {
	if s.says != "" {
		return s.says
	}
	if s.show.Whole != catalogue.WholeNone {
		return s.show.Whole.Meaning(words.InEnglish())
	}
	return s.show.Row[0].Meaning(words.InEnglish())
}

// signs is a table of them: name and rhythm on the left, meaning on the right.
func signs(d *paper.Drawing, x, y, width float64, title string, rows []sign) {
	const strip, pitch = 42.0, 8.9
	d.Add(paper.Text{X: x, Y: y, Font: paper.Font{Size: 11, Bold: true}, Colour: ink, Words: title},
		paper.Line{Points: []paper.Point{{X: x, Y: y + 1.6}, {X: x + width, Y: y + 1.6}}, Colour: ink, Pen: 0.4})
	y += 5.6
	for _, s := range rows {
		d.Add(paper.Text{X: x, Y: y, Font: paper.Font{Size: 8, Bold: true}, Colour: ink, Words: s.name})
		rhythm(d, x, y+1, strip, 3.6, s.show)
		block(d, x+strip+3, y+0.2, width-strip-3, paper.Font{Size: 8.5}, ink, s.meaning())
		y += pitch
	}
}

// one is a show whose first light does something; the others are of no interest.
func one(l catalogue.Light) leds.Show { return leds.Show{Row: catalogue.Row{l}} }

func cardBack() paper.Drawing {
	d := paper.Drawing{Width: cardWidth, Height: cardHeight}
	const left, width = cardMargin, cardWidth - 2*cardMargin

	// A column for each light, as they stand on the case; a row for each number of flashes.
	const head, top, bottom = 12.0, 20.0, cardHeight - cardMargin - 6
	const column = (width - head) / 5.0
	lights := catalogue.LightNames()
	for i, name := range lights {
		x := left + head + column*float64(i)
		lamp(&d, x+3, top+2.4, 2.6, i+1)
		d.Add(paper.Text{X: x + 7.2, Y: top + 4, Font: paper.Font{Size: 11, Bold: true}, Colour: ink, Words: name})
	}
	const first, rows = top + 8, 9
	const pitch = (bottom - first) / float64(rows)
	for n := range rows {
		y := first + pitch*float64(n)
		if n%2 == 0 {
			d.Add(paper.Box{X: left, Y: y, W: width, H: pitch, Radius: 1, Fill: tint})
		}
		flashes := "flashes"
		if n == 0 {
			flashes = "flash"
		}
		d.Add(paper.Text{X: left + head/2 - 0.5, Y: y + 6, Font: paper.Font{Size: 15, Bold: true}, Colour: ink, Align: paper.Centre, Words: fmt.Sprint(n + 1)},
			paper.Text{X: left + head/2 - 0.5, Y: y + 9.4, Font: paper.Font{Size: smallest}, Colour: soft, Align: paper.Centre, Words: flashes})
	}
	for _, c := range catalogue.All() {
		if c.Light == 0 {
			continue
		}
		x := left + head + column*float64(c.Light-1)
		y := first + pitch*float64(c.Flashes-1) + 3.8
		d.Add(paper.Text{X: x, Y: y, Font: paper.Font{Size: 8, Bold: true}, Colour: ink, Words: c.Code})
		block(&d, x+6, y, column-9, paper.Font{Size: 8}, ink, c.Title)
	}
	block(&d, left, cardHeight-cardMargin-1.5, width, paper.Font{Size: 8.5}, soft,
		"A code means the same in red (it does not work) and in amber (it works, but has a weakness). Example: light 3, two flashes is code 3-2.")
	return d
}

// heading is the title of a side, and whom to call.
func heading(d *paper.Drawing, title string, h Helpdesk) error {
	const y = cardMargin + 7.5
	t := paper.Text{X: cardMargin, Y: y, Font: paper.Font{Size: 20, Bold: true}, Colour: ink, Words: title}
	d.Add(t)
	room := cardWidth - cardMargin - t.Bounds().Right - 8
	name := h.Name
	if name == "" {
		name = "trunktester"
	}
	f, lines, _ := paper.Font{Size: 11}.Fit(name, room, 1, smallest)
	above := paper.Text{X: cardWidth - cardMargin, Y: y, Font: f, Colour: soft, Align: paper.Right, Words: lines[0]}
	if h.Phone != "" {
		above.Y = y - 5
		f, lines, err := must(paper.Font{Size: 13, Bold: true}, h.number(), room, 1)
		if err != nil {
			return err
		}
		d.Add(paper.Text{X: cardWidth - cardMargin, Y: y, Font: f, Colour: ink, Align: paper.Right, Words: lines[0]})
	}
	d.Add(above)
	return nil
}

// lamp is a light of the case with its number.
func lamp(d *paper.Drawing, x, y, r float64, number int) {
	f := paper.Font{Size: max(smallest, r*3.6), Bold: true}
	d.Add(paper.Circle{X: x, Y: y, R: r, Fill: paper.White, Stroke: ink, Pen: 0.5},
		paper.Text{X: x, Y: y + f.Ascent()/2, Font: f, Colour: ink, Align: paper.Centre, Words: fmt.Sprint(number)})
}
