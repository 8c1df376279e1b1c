package paper

import (
	"fmt"

	"rsc.io/qr"
)

// rim is the white around a QR code in modules (ISO/IEC 18004).
const rim = 4

// NewQR is the QR code of a text, at x, y, size millimetres wide with its rim. A quarter of it may be
// scratched (level Q): labels wear.
func NewQR(x, y, size float64, text string) (QR, error) {
	c, err := qr.Encode(text, qr.Q)
	if err != nil {
		return QR{}, fmt.Errorf("encode %q as a QR code: %w", text, err)
	}
	return QR{X: x, Y: y, Size: size, Code: c}, nil
}

// bars are the black modules, joined along each row, in millimetres.
func (q QR) bars() []Rect {
	module := q.Size / float64(q.Code.Size+2*rim)
	var bars []Rect
	for y := range q.Code.Size {
		for x := 0; x < q.Code.Size; x++ {
			from := x
			for x < q.Code.Size && q.Code.Black(x, y) {
				x++
			}
			if x > from {
				bars = append(bars, Rect{
					q.X + float64(from+rim)*module, q.Y + float64(y+rim)*module,
					q.X + float64(x+rim)*module, q.Y + float64(y+1+rim)*module,
				})
			}
		}
	}
	return bars
}
