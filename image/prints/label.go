package prints

import (
	"fmt"
	"time"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/profile"
	"trunktester/image/paper"
)

// Label is what stands on a box. Nothing of the account is in it: a label is read by everybody.
type Label struct {
	Kit          string
	Helpdesk     Helpdesk
	Reseller     string
	SupportUntil time.Time // zero: none promised
	LightsOnly   bool      // the box has no page
}

// LabelOf is the label of the box that this profile is for.
func LabelOf(p profile.Profile) Label {
	return Label{
		Kit:      p.Kit.Name,
		Helpdesk: Helpdesk{Name: p.Provider.Name, Phone: p.Provider.Phone},
		Reseller: p.Kit.Reseller, SupportUntil: p.Kit.SupportUntil, LightsOnly: !p.Page.Listen,
	}
}

// Size of a label in millimetres, and the white that is kept at its edge, since sheets shift in printers.
const (
	labelWidth, labelHeight = 99.1, 67.7
	labelMargin             = 4
)

// Address is where the box's page is, while the name is found on the client's network.
func (l Label) Address() string { return "http://" + l.host() + ".local/" }

func (l Label) host() string { return profile.Kit{Name: l.Kit}.HostName() }

// Draw is the label. Long names become smaller and are cut at last; an error names a text that cannot be
// printed, or an address or telephone number that finds no room.
func (l Label) Draw() (paper.Drawing, error) {
	d := paper.Drawing{Width: labelWidth, Height: labelHeight}
	var err error
	for _, words := range []*string{&l.Kit, &l.Reseller} {
		if *words, err = paper.Printable(*words); err != nil {
			return d, err
		}
	}
	if l.Helpdesk, err = l.Helpdesk.printable(); err != nil {
		return d, err
	}
	const size, left, width = 31.0, labelMargin, labelWidth - 2*labelMargin
	room := float64(width)
	if !l.LightsOnly {
		code, err := paper.NewQR(labelWidth-labelMargin-size+1, labelMargin-1, size, l.Address()) // of its rim, 1 mm may lie in the margin
		if err != nil {
			return d, err
		}
		d.Add(code)
		room = width - size - 1
	}
	if err := l.who(&d, room); err != nil {
		return d, err
	}
	if err := l.where(&d, 37.2, width); err != nil {
		return d, err
	}
	const column = width / 5.0
	for i, name := range catalogue.LightNames() {
		x := left + column*float64(i)
		lamp(&d, x+2.2, 52.6, 2, i+1)
		d.Add(paper.Text{X: x + 4.9, Y: 53.5, Font: paper.Font{Size: smallest, Bold: true}, Colour: ink, Words: name})
	}
	f := paper.Font{Size: 7.5, Bold: true}
	block(&d, left, 59, width, f, ink, Ask)
	return d, nil
}

// who is the upper left of the label: which box, whose, and whom to call.
func (l Label) who(d *paper.Drawing, width float64) error {
	name, kind := l.Kit, "trunktester"
	if name == "" {
		name, kind = kind, "tests a SIP trunk"
	}
	if l.Helpdesk.Name != "" {
		kind += " for " + l.Helpdesk.Name
	}
	y := labelMargin + 0.0
	write := func(f paper.Font, c paper.Colour, lines []string) {
		for _, line := range lines {
			y += leading(f)
			d.Add(paper.Text{X: labelMargin, Y: y - 0.3*leading(f), Font: f, Colour: c, Words: line})
		}
	}
	one := func(size float64, c paper.Colour, words string) {
		f, lines, _ := paper.Font{Size: size}.Fit(words, width, 1, smallest)
		write(f, c, lines)
	}
	f, lines, all := paper.Font{Size: 20, Bold: true}.Fit(name, width, 1, 12)
	if !all {
		f, lines, _ = paper.Font{Size: 12, Bold: true}.Fit(name, width, 2, smallest)
	}
	write(f, ink, lines)
	one(9, soft, kind)
	if l.Helpdesk.Phone != "" {
		f, lines, err := must(paper.Font{Size: 11, Bold: true}, l.Helpdesk.number(), width, 2)
		if err != nil {
			return err
		}
		y += 1.2
		write(f, ink, lines)
	}
	y += 0.5
	if l.Reseller != "" {
		one(8, ink, "From "+l.Reseller)
	}
	if !l.SupportUntil.IsZero() {
		one(8, ink, "Supported until "+l.SupportUntil.Format("2 January 2006"))
	}
	return nil
}

// where is how to open the page. Not every network finds the name, so the other way stands beside it.
func (l Label) where(d *paper.Drawing, y, width float64) error {
	if l.LightsOnly {
		block(d, labelMargin, y, width, paper.Font{Size: 8}, ink, "This box says everything with its lights. It has no page.")
		return nil
	}
	f, lines, err := must(paper.Font{Size: 10, Bold: true}, l.Address(), width, 2)
	if err != nil {
		return err
	}
	for _, line := range lines {
		d.Add(paper.Text{X: labelMargin, Y: y, Font: f, Colour: ink, Words: line})
		y += leading(f)
	}
	other := fmt.Sprintf("If this or the code does not open: look for %s in the router's list of devices, and open http:// and its address.", l.host())
	if f, lines, err = must(paper.Font{Size: 8}, other, width, 3); err != nil {
		return err
	}
	for _, line := range lines {
		d.Add(paper.Text{X: labelMargin, Y: y, Font: f, Colour: ink, Words: line})
		y += leading(f)
	}
	return nil
}
