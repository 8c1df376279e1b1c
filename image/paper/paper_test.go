package paper

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"strings"
	"testing"

	"rsc.io/qr"
)

// sample has one mark of each kind.
func sample(t *testing.T) Drawing {
	t.Helper()
	code, err := NewQR(10, 10, 30, "http://trunktester.local/")
	if err != nil {
		t.Fatal(err)
	}
	d := Drawing{Width: 60, Height: 60}
	d.Add(code, Text{X: 5, Y: 50, Font: Font{Size: 9, Bold: true}, Colour: Black, Words: `Küche <7> & "€"`},
		Box{X: 1, Y: 1, W: 58, H: 58, Radius: 2, Stroke: Black, Pen: 0.3}, Circle{X: 50, Y: 50, R: 4, Fill: "#1a7f37", Stroke: Black, Pen: 0.2},
		Line{Points: []Point{{1, 45}, {59, 45}}, Colour: Black, Pen: 0.2, Dash: []float64{2, 1}})
	return d
}

func TestTheSameDrawingIsTheSameBytes(t *testing.T) {
	first, err := PDF("a title", sample(t), sample(t))
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		again, err := PDF("a title", sample(t), sample(t))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(first, again) {
			t.Fatal("two PDFs of one drawing differ")
		}
		if !bytes.Equal(SVG(sample(t), "a title"), SVG(sample(t), "a title")) {
			t.Fatal("two SVGs of one drawing differ")
		}
	}
}

func TestSVGIsXMLWhateverTheTextSays(t *testing.T) {
	svg := SVG(sample(t), "<title> & more")
	d := xml.NewDecoder(bytes.NewReader(svg))
	said := ""
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%v in:\n%s", err, svg)
		}
		if chars, ok := token.(xml.CharData); ok {
			said += string(chars)
		}
	}
	if !strings.Contains(said, `Küche <7> & "€"`) {
		t.Errorf("the text is not whole: %q", said)
	}
}

// What is drawn is the matrix of the encoder, module for module, with a white rim of four.
func TestTheQRCodeIsDrawnAsItWasEncoded(t *testing.T) {
	const text = "http://trunktester-kit-0042.local/"
	q, err := NewQR(7, 9, 33, text)
	if err != nil {
		t.Fatal(err)
	}
	want, err := qr.Encode(text, qr.Q)
	if err != nil {
		t.Fatal(err)
	}
	bars, module := q.bars(), 33/float64(want.Size+8)
	for row := -4; row < want.Size+4; row++ {
		for column := -4; column < want.Size+4; column++ {
			x, y := 7+(float64(column)+4.5)*module, 9+(float64(row)+4.5)*module
			black := false
			for _, b := range bars {
				black = black || x > b.Left && x < b.Right && y > b.Top && y < b.Bottom
			}
			if black != want.Black(column, row) {
				t.Fatalf("module %d, %d is drawn %v", column, row, black)
			}
		}
	}
}

// Widths from Helvetica's and Helvetica-Bold's AFM files (Adobe, Core 14 AFM).
func TestWidthsAreHelveticas(t *testing.T) {
	for words, thousandths := range map[string]float64{"": 0, "i": 222, "W": 944, "0": 556, "é": 556, "€": 556, "Hi": 722 + 222} {
		if got, want := (Font{Size: 1000}).Width(words), thousandths*25.4/72; math.Abs(got-want) > 0.001 {
			t.Errorf("%q is %v mm wide, want %v", words, got, want)
		}
	}
	if got, want := (Font{Size: 1000, Bold: true}).Width("i"), 278*25.4/72; math.Abs(got-want) > 0.001 {
		t.Errorf("a bold i is %v mm wide, want %v", got, want)
	}
}

func TestFit(t *testing.T) {
	f := Font{Size: 20, Bold: true}
	for name, c := range map[string]struct {
		words string
		lines int
		size  float64
		all   bool
	}{
		"short":             {"Kit 1", 1, 20, true},
		"smaller":           {"Kit 0042 of many", 1, 0, true},
		"a long word":       {strings.Repeat("W", 60), 1, 7, false},
		"broken at last":    {strings.Repeat("i", 60), 2, 7, true},
		"cut":               {strings.Repeat("many words ", 20), 2, 7, false},
		"umlauts are whole": {strings.Repeat("ü", 60), 2, 7, false},
	} {
		t.Run(name, func(t *testing.T) {
			got, lines, all := f.Fit(c.words, 40, c.lines, 7)
			if c.size != 0 && got.Size != c.size || got.Size < 7 || len(lines) > c.lines || all != c.all {
				t.Errorf("%v points, %q, all %v", got.Size, lines, all)
			}
			for _, l := range lines {
				if got.Width(l) > 40 {
					t.Errorf("%q is %v mm wide", l, got.Width(l))
				}
			}
		})
	}
}

func FuzzWrap(f *testing.F) {
	f.Add("The provider does not show who is registered", 20.0)
	f.Add("Küche ÄÖÜ \x00\xff", 3.0)
	f.Fuzz(func(t *testing.T, words string, width float64) {
		if len(words) > 1000 || !(width > 5 && width < 1000) {
			return
		}
		words, err := Printable(words)
		if err != nil {
			return
		}
		font := Font{Size: 9}
		lines := font.Wrap(words, width)
		if got := strings.ReplaceAll(strings.Join(lines, ""), " ", ""); got != strings.ReplaceAll(words, " ", "") {
			t.Errorf("%q became %q", words, lines)
		}
		for _, l := range lines {
			if font.Width(l) > width {
				t.Errorf("%q is %v mm wide, over %v", l, font.Width(l), width)
			}
		}
	})
}

func TestPrintable(t *testing.T) {
	for words, want := range map[string]string{"  Kit   42\n": "Kit 42", "Ku\u0308che €": "Küche €", "": ""} {
		if got, err := Printable(words); err != nil || got != want {
			t.Errorf("%q: %q, %v", words, got, err)
		}
	}
	for words, named := range map[string]string{"Łódź": "U+0141", "箱": "U+7BB1", "a\x07b": "U+0007", "\u202ekit": "U+202E", "bad \xff": "U+FFFD"} {
		if _, err := Printable(words); err == nil || !strings.Contains(err.Error(), named) {
			t.Errorf("%q: %v, want %s named", words, err, named)
		}
	}
}

func TestAColourThatIsNoneIsAnError(t *testing.T) {
	for _, c := range []Colour{"red", "#12345", "#12345g"} {
		if _, err := PDF("x", Drawing{Width: 10, Height: 10, Marks: []Mark{Box{W: 1, H: 1, Fill: c}}}); err == nil {
			t.Errorf("%q was drawn", c)
		}
	}
}
