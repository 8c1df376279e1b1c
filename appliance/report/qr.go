package report

import (
	"fmt"
	"strings"

	"rsc.io/qr"
)

// square is a QR code as one SVG path.
type square struct {
	Text string // what it holds
	Size int    // modules, with the rim
	Path string
}

func qrCode(text string) (*square, error) {
	c, err := qr.Encode(text, qr.M)
	if err != nil {
		return nil, fmt.Errorf("encode %q as a QR code: %w", text, err)
	}
	const quiet = 4 // modules of white around it (ISO/IEC 18004)
	var path strings.Builder
	for y := range c.Size {
		for x := 0; x < c.Size; x++ {
			from := x
			for x < c.Size && c.Black(x, y) {
				x++
			}
			if n := x - from; n > 0 {
				fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", from+quiet, y+quiet, n, n)
			}
		}
	}
	return &square{text, c.Size + 2*quiet, path.String()}, nil
}

// scanned is the QR code of a report's slip, nil while there is none.
func scanned(r Report) (*square, error) {
	text := r.Slip()
	if text == "" {
		return nil, nil
	}
	return qrCode(text)
}
