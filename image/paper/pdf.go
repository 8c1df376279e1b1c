package paper

import (
	"bytes"
	"fmt"
	"strconv"
	"time"

	"codeberg.org/go-pdf/fpdf"
)

// PDF is a document with a page for each drawing, in its size. It says nothing of when or where it was made.
func PDF(title string, pages ...Drawing) ([]byte, error) {
	doc := fpdf.New("P", "mm", "A4", "")
	epoch := time.Unix(0, 0).UTC()
	doc.SetCreationDate(epoch)
	doc.SetModificationDate(epoch)
	doc.SetProducer("trunktester", false)
	doc.SetTitle(title, true)
	doc.SetLang("en")
	doc.SetCatalogSort(true)
	doc.SetCompression(false) // other versions of the compressor would write other bytes
	doc.SetMargins(0, 0, 0)
	doc.SetAutoPageBreak(false, 0)
	for _, d := range pages {
		doc.AddPageFormat("P", fpdf.SizeType{Wd: d.Width, Ht: d.Height})
		for _, m := range d.Marks {
			if err := ink(doc, m); err != nil {
				return nil, err
			}
		}
	}
	var b bytes.Buffer
	if err := doc.Output(&b); err != nil {
		return nil, fmt.Errorf("write PDF: %w", err)
	}
	return b.Bytes(), nil
}

func ink(doc *fpdf.Fpdf, m Mark) error {
	switch m := m.(type) {
	case Text:
		r, g, b, err := m.Colour.rgb()
		if err != nil {
			return err
		}
		style := ""
		if m.Font.Bold {
			style = "B"
		}
		doc.SetFont("Helvetica", style, m.Font.Size)
		doc.SetTextColor(r, g, b)
		doc.Text(m.Bounds().Left, m.Y, encode(m.Words))
	case Box:
		style, err := brush(doc, m.Fill, m.Stroke, m.Pen)
		if err != nil || style == "" {
			return err
		}
		if m.Radius > 0 {
			doc.RoundedRect(m.X, m.Y, m.W, m.H, m.Radius, "1234", style)
		} else {
			doc.Rect(m.X, m.Y, m.W, m.H, style)
		}
	case Circle:
		style, err := brush(doc, m.Fill, m.Stroke, m.Pen)
		if err != nil || style == "" {
			return err
		}
		doc.Circle(m.X, m.Y, m.R, style)
	case Line:
		if _, err := brush(doc, "", m.Colour, m.Pen); err != nil {
			return err
		}
		doc.SetLineJoinStyle("round")
		doc.SetDashPattern(m.Dash, 0)
		for i, p := range m.Points {
			if i == 0 {
				doc.MoveTo(p.X, p.Y)
			} else {
				doc.LineTo(p.X, p.Y)
			}
		}
		doc.DrawPath("D")
		doc.SetDashPattern(nil, 0)
	case QR:
		if _, err := brush(doc, White, "", 0); err != nil {
			return err
		}
		doc.Rect(m.X, m.Y, m.Size, m.Size, "F")
		if _, err := brush(doc, Black, "", 0); err != nil {
			return err
		}
		for _, r := range m.bars() { // one path: no hair lines between the rows
			doc.MoveTo(r.Left, r.Top)
			doc.LineTo(r.Right, r.Top)
			doc.LineTo(r.Right, r.Bottom)
			doc.LineTo(r.Left, r.Bottom)
			doc.ClosePath()
		}
		doc.DrawPath("F")
	}
	return nil
}

// brush sets the colours and says in which style to draw: F, D, FD, or "" for not at all.
func brush(doc *fpdf.Fpdf, fill, stroke Colour, pen float64) (style string, err error) {
	if fill != "" {
		r, g, b, err := fill.rgb()
		if err != nil {
			return "", err
		}
		doc.SetFillColor(r, g, b)
		style = "F"
	}
	if stroke != "" {
		r, g, b, err := stroke.rgb()
		if err != nil {
			return "", err
		}
		doc.SetDrawColor(r, g, b)
		doc.SetLineWidth(pen)
		style += "D"
	}
	return style, nil
}

func (c Colour) rgb() (r, g, b int, err error) {
	if len(c) != 7 || c[0] != '#' {
		return 0, 0, 0, fmt.Errorf("colour %q: want #rrggbb", string(c))
	}
	v, err := strconv.ParseUint(string(c[1:]), 16, 32)
	if err != nil {
		return 0, 0, 0, fmt.Errorf("colour %q: want #rrggbb", string(c))
	}
	return int(v >> 16), int(v >> 8 & 255), int(v & 255), nil
}
