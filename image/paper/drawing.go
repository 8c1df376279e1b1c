// Package paper draws what is printed: texts, lines, boxes, circles and QR codes in millimetres go in, SVG or
// PDF comes out, the same bytes for the same drawing. It works on every system that trunkkit runs on.
package paper

import "rsc.io/qr"

// Drawing is one side of paper. Lengths are in millimetres, the origin is the upper left corner.
type Drawing struct {
	Width, Height float64
	Marks         []Mark // later ones lie on top
}

// Mark is one thing on the paper.
type Mark interface {
	Bounds() Rect
	moved(dx, dy float64) Mark
}

// Rect is the room that a mark takes.
type Rect struct{ Left, Top, Right, Bottom float64 }

// Within says whether r lies inside of outer; a hundredth of a millimetre is forgiven.
func (r Rect) Within(outer Rect) bool {
	const e = 0.01
	return r.Left >= outer.Left-e && r.Top >= outer.Top-e && r.Right <= outer.Right+e && r.Bottom <= outer.Bottom+e
}

// Overlaps says whether the two share more than an edge.
func (r Rect) Overlaps(o Rect) bool {
	const e = 0.01
	return r.Left < o.Right-e && o.Left < r.Right-e && r.Top < o.Bottom-e && o.Top < r.Bottom-e
}

// Colour as in CSS, "#1a7f37"; "" draws nothing.
type Colour string

// Black and White; other colours belong to those who draw.
const (
	Black Colour = "#000000"
	White Colour = "#ffffff"
)

// Align is which point of a text its X is.
type Align int

// A text begins at its X, is centred on it, or ends there.
const (
	Left Align = iota
	Centre
	Right
)

// Text is one line of text; Y is its baseline.
type Text struct {
	X, Y   float64
	Font   Font
	Colour Colour
	Align  Align
	Words  string // as Printable gives it
}

// Box is a rectangle with round corners, filled, outlined or both.
type Box struct {
	X, Y, W, H, Radius float64
	Fill, Stroke       Colour
	Pen                float64 // width of the outline
}

// Circle is filled, outlined or both.
type Circle struct {
	X, Y, R      float64
	Fill, Stroke Colour
	Pen          float64
}

// Point of a line.
type Point struct{ X, Y float64 }

// Line goes through its points.
type Line struct {
	Points []Point
	Colour Colour
	Pen    float64
	Dash   []float64 // lengths on and off; nil for a solid line
}

// QR is a QR code with the white rim of four modules that it needs (ISO/IEC 18004), Size with the rim.
type QR struct {
	X, Y, Size float64
	Code       *qr.Code
}

// Add puts marks on top.
func (d *Drawing) Add(marks ...Mark) { d.Marks = append(d.Marks, marks...) }

// Place puts another drawing on top, its upper left corner at x, y.
func (d *Drawing) Place(x, y float64, other Drawing) {
	for _, m := range other.Marks {
		d.Marks = append(d.Marks, m.moved(x, y))
	}
}

// Bounds of a text: as wide as its letters, from the top of the capitals to the bottom of a g.
func (t Text) Bounds() Rect {
	w := t.Font.Width(t.Words)
	x := t.X - w*[...]float64{0, 0.5, 1}[t.Align]
	return Rect{x, t.Y - t.Font.Ascent(), x + w, t.Y + t.Font.Descent()}
}

// Bounds of a box, half of its outline's pen included.
func (b Box) Bounds() Rect {
	p := outline(b.Stroke, b.Pen)
	return Rect{b.X - p, b.Y - p, b.X + b.W + p, b.Y + b.H + p}
}

// Bounds of a circle, half of its outline's pen included.
func (c Circle) Bounds() Rect {
	r := c.R + outline(c.Stroke, c.Pen)
	return Rect{c.X - r, c.Y - r, c.X + r, c.Y + r}
}

// Bounds of a line, half of its pen included.
func (l Line) Bounds() Rect {
	var r Rect
	for i, p := range l.Points {
		if i == 0 {
			r = Rect{p.X, p.Y, p.X, p.Y}
		}
		r = Rect{min(r.Left, p.X), min(r.Top, p.Y), max(r.Right, p.X), max(r.Bottom, p.Y)}
	}
	h := l.Pen / 2
	return Rect{r.Left - h, r.Top - h, r.Right + h, r.Bottom + h}
}

// Bounds of a QR code, its white rim included.
func (q QR) Bounds() Rect { return Rect{q.X, q.Y, q.X + q.Size, q.Y + q.Size} }

func outline(stroke Colour, pen float64) float64 {
	if stroke == "" {
		return 0
	}
	return pen / 2
}

func (t Text) moved(dx, dy float64) Mark   { t.X, t.Y = t.X+dx, t.Y+dy; return t }
func (b Box) moved(dx, dy float64) Mark    { b.X, b.Y = b.X+dx, b.Y+dy; return b }
func (c Circle) moved(dx, dy float64) Mark { c.X, c.Y = c.X+dx, c.Y+dy; return c }
func (q QR) moved(dx, dy float64) Mark     { q.X, q.Y = q.X+dx, q.Y+dy; return q }

func (l Line) moved(dx, dy float64) Mark {
	points := make([]Point, len(l.Points))
	for i, p := range l.Points {
		points[i] = Point{p.X + dx, p.Y + dy}
	}
	l.Points = points
	return l
}
