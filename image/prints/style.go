// Package prints lays out what belongs to a kit on paper: the light card, the label and the wiring. Texts and
// rhythms come from the catalogue, the light language and the wiring itself, so that paper and box agree.
package prints

import (
	"fmt"

	"trunktester/image/paper"
)

// The colours. Each light's colour is also told by a letter and by its rhythm: nobody needs to see colours.
const (
	ink   paper.Colour = "#111111"
	soft  paper.Colour = "#555555"
	faint paper.Colour = "#b8b8b8"
	tint  paper.Colour = "#f2f2f2"
	green paper.Colour = "#1a7f37"
	red   paper.Colour = "#c4161c"
	amber paper.Colour = "#f2a900"
)

// smallest is the least size of a text, in points: at 7 points an x is 1.29 mm high (Helvetica's AFM: XHeight
// 523). Regulation (EU) 1169/2011 asks for 1.2 mm on food labels.
const smallest = 7

// block writes a text of several lines whose first baseline is at y, and says where the next would be.
func block(d *paper.Drawing, x, y, width float64, f paper.Font, c paper.Colour, words string) float64 {
	for _, line := range f.Wrap(words, width) {
		d.Add(paper.Text{X: x, Y: y, Font: f, Colour: c, Words: line})
		y += leading(f)
	}
	return y
}

// must is Fit for what is of no use when it is cut, such as a telephone number.
func must(f paper.Font, words string, width float64, most int) (paper.Font, []string, error) {
	f, lines, all := f.Fit(words, width, most, smallest)
	if !all {
		return f, nil, fmt.Errorf("%q is too long to be printed in a size that can be read: make it shorter", words)
	}
	return f, lines, nil
}

// leading is the distance of two baselines in millimetres.
func leading(f paper.Font) float64 { return 1.22 * f.Size * 25.4 / 72 }
