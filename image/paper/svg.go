package paper

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"strconv"
	"strings"
)

// SVG is the drawing as an SVG 1.1 document. Every text carries its length, so that it is as wide with
// another font as it was measured.
func SVG(d Drawing, title string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%smm" height="%smm" viewBox="0 0 %s %s" font-family="Helvetica, Arial, 'Liberation Sans', sans-serif">`+"\n",
		mm(d.Width), mm(d.Height), mm(d.Width), mm(d.Height))
	fmt.Fprintf(&b, "<title>%s</title>\n", escape(title))
	fmt.Fprintf(&b, `<rect width="%s" height="%s" fill="%s"/>`+"\n", mm(d.Width), mm(d.Height), White)
	for _, m := range d.Marks {
		switch m := m.(type) {
		case Text:
			weight := ""
			if m.Font.Bold {
				weight = ` font-weight="bold"`
			}
			fmt.Fprintf(&b, `<text x="%s" y="%s" font-size="%s"%s fill="%s" textLength="%s" lengthAdjust="spacingAndGlyphs">%s</text>`+"\n",
				mm(m.Bounds().Left), mm(m.Y), mm(m.Font.Size*point), weight, m.Colour, mm(m.Font.Width(m.Words)), escape(m.Words))
		case Box:
			fmt.Fprintf(&b, `<rect x="%s" y="%s" width="%s" height="%s" rx="%s"%s/>`+"\n",
				mm(m.X), mm(m.Y), mm(m.W), mm(m.H), mm(m.Radius), paint(m.Fill, m.Stroke, m.Pen))
		case Circle:
			fmt.Fprintf(&b, `<circle cx="%s" cy="%s" r="%s"%s/>`+"\n", mm(m.X), mm(m.Y), mm(m.R), paint(m.Fill, m.Stroke, m.Pen))
		case Line:
			points := make([]string, len(m.Points))
			for i, p := range m.Points {
				points[i] = mm(p.X) + "," + mm(p.Y)
			}
			dash := ""
			if len(m.Dash) > 0 {
				lengths := make([]string, len(m.Dash))
				for i, l := range m.Dash {
					lengths[i] = mm(l)
				}
				dash = fmt.Sprintf(` stroke-dasharray="%s"`, strings.Join(lengths, " "))
			}
			fmt.Fprintf(&b, `<polyline points="%s"%s%s stroke-linejoin="round"/>`+"\n", strings.Join(points, " "), paint("", m.Colour, m.Pen), dash)
		case QR:
			fmt.Fprintf(&b, `<rect x="%s" y="%s" width="%s" height="%s" fill="%s"/>`+"\n", mm(m.X), mm(m.Y), mm(m.Size), mm(m.Size), White)
			b.WriteString(`<path shape-rendering="crispEdges" d="`)
			for _, r := range m.bars() {
				fmt.Fprintf(&b, "M%s %sH%sV%sH%sz", mm(r.Left), mm(r.Top), mm(r.Right), mm(r.Bottom), mm(r.Left))
			}
			fmt.Fprintf(&b, `" fill="%s"/>`+"\n", Black)
		}
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}

func paint(fill, stroke Colour, pen float64) string {
	if fill == "" {
		fill = "none"
	}
	s := fmt.Sprintf(` fill="%s"`, fill)
	if stroke != "" {
		s += fmt.Sprintf(` stroke="%s" stroke-width="%s"`, stroke, mm(pen))
	}
	return s
}

// mm is a length to the thousandth, without zeros at its end.
func mm(v float64) string {
	s := strings.TrimRight(strings.TrimRight(strconv.FormatFloat(v, 'f', 3, 64), "0"), ".")
	if s == "-0" {
		return "0"
	}
	return s
}

func escape(s string) string {
	var b bytes.Buffer
	xml.EscapeText(&b, []byte(s)) // a bytes.Buffer takes everything
	return b.String()
}
