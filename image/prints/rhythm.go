package prints

import (
	"strings"
	"time"

	"trunktester/image/paper"
	"trunktester/leds"
)

// shown is how long a drawn rhythm lasts: two rounds of three flashes just fit.
const shown = 10 * time.Second

// beat is the grain in which rhythms are looked at: every length of the language is a multiple of it.
const beat = 100 * time.Millisecond

// rhythm draws what light 1 of a show does in the first seconds, from left to right in a strip: a dark phase
// is a thin line, a lit one a bar with the colour's letter where it is wide enough.
func rhythm(d *paper.Drawing, x, y, width, height float64, show leds.Show) {
	mm := width / float64(shown)
	d.Add(paper.Line{Points: []paper.Point{{X: x, Y: y + height/2}, {X: x + width, Y: y + height/2}}, Colour: faint, Pen: 0.3})
	for from := time.Duration(0); from < shown; {
		colour := leds.Frame(show, from)[0]
		to := from + beat
		for to < shown && leds.Frame(show, to)[0] == colour {
			to += beat
		}
		if colour != leds.Off {
			d.Add(paper.Box{X: x + float64(from)*mm, Y: y, W: float64(to-from) * mm, H: height, Radius: 0.4, Fill: fill(colour), Stroke: ink, Pen: 0.15})
			letter := paper.Text{X: x + float64(from)*mm + 0.7, Y: y + (height+tag().Ascent())/2, Font: tag(), Colour: on(colour), Words: initial(colour)}
			if letter.Bounds().Right < x+float64(to)*mm-0.3 {
				d.Add(letter)
			}
		}
		from = to
	}
}

// tag is the font of the letters in a rhythm.
func tag() paper.Font { return paper.Font{Size: smallest, Bold: true} }

// initial names the colour for those who do not see it, and for prints in black and white.
func initial(c leds.Colour) string { return strings.ToUpper(c.String()[:1]) }

// on is what can be read on a colour.
func on(c leds.Colour) paper.Colour {
	if c == leds.Amber {
		return paper.Black
	}
	return paper.White
}

func fill(c leds.Colour) paper.Colour {
	switch c {
	case leds.Red:
		return red
	case leds.Green:
		return green
	case leds.Amber:
		return amber
	}
	return paper.White
}
