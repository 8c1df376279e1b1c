package paper

import (
	"fmt"
	"strings"
	"sync"
	"unicode"

	"codeberg.org/go-pdf/fpdf"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"
)

// Millimetres in a point, the unit of type sizes (1/72 inch).
const point = 25.4 / 72

// Font is Helvetica in a size, in points. Every PDF reader brings it, so nothing is embedded.
type Font struct {
	Size float64
	Bold bool
}

// Ascent is the height of the letters above the baseline in millimetres (Helvetica's AFM: Ascender 718).
func (f Font) Ascent() float64 { return 0.718 * f.Size * point }

// Descent is what a g reaches below the baseline, in millimetres (Helvetica's AFM: Descender -207).
func (f Font) Descent() float64 { return 0.207 * f.Size * point }

// Width of a text in millimetres.
func (f Font) Width(words string) float64 {
	table := &widths().regular
	if f.Bold {
		table = &widths().bold
	}
	sum := 0.0
	for _, b := range []byte(encode(words)) {
		sum += table[b]
	}
	return sum / 1000 * f.Size * point
}

// Wrap breaks a text into lines no wider than width. A word that is wider alone is broken as well.
func (f Font) Wrap(words string, width float64) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(words) {
		if joined := strings.TrimSpace(line + " " + word); f.Width(joined) <= width {
			line = joined
			continue
		}
		if line != "" {
			lines = append(lines, line)
		}
		for line = ""; f.Width(word) > width; {
			head := f.head(word, width)
			lines, word = append(lines, head), word[len(head):]
		}
		line = word
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}

// head is as much of a word as fits into the width, a character at least.
func (f Font) head(word string, width float64) string {
	end := 0
	for i, r := range word {
		next := i + len(string(r))
		if end > 0 && f.Width(word[:next]) > width {
			break
		}
		end = next
	}
	return word[:end]
}

// Fit is the largest font from f down to least points in which the text needs no more than so many lines of
// the width and breaks no word, and those lines. What does not fit even at least is broken anywhere, then cut
// with three dots; all is false then.
func (f Font) Fit(words string, width float64, most int, least float64) (fitting Font, lines []string, all bool) {
	const step = 0.5
	for ; f.Size > least; f.Size = max(least, f.Size-step) {
		if lines := f.Wrap(words, width); len(lines) <= most && whole(words, lines) {
			return f, lines, true
		}
	}
	lines = f.Wrap(words, width)
	if len(lines) <= most {
		return f, lines, true
	}
	last := []rune(lines[most-1])
	for len(last) > 0 && f.Width(string(last)+"...") > width {
		last = last[:len(last)-1]
	}
	return f, append(lines[:most-1:most-1], string(last)+"..."), false
}

// whole says whether the lines broke no word.
func whole(words string, lines []string) bool {
	return strings.Join(strings.Fields(words), " ") == strings.Join(lines, " ")
}

// Printable is the text as it can be printed: composed (the two characters that some systems write for one
// letter are one again) and with single spaces. The fonts that every PDF reader brings have the letters of
// Western Europe (code page 1252); the error names the first character that is not among them.
func Printable(words string) (string, error) {
	words = strings.Join(strings.Fields(norm.NFC.String(words)), " ")
	for _, r := range words {
		if _, ok := charmap.Windows1252.EncodeRune(r); !ok || unicode.IsControl(r) {
			return "", fmt.Errorf("%q cannot be printed: the fonts have no %q (%U); write it with Western European letters", words, r, r)
		}
	}
	return words, nil
}

// encode is the text in code page 1252. What is not Printable becomes a question mark.
func encode(words string) string {
	b := make([]byte, 0, len(words))
	for _, r := range words {
		c, ok := charmap.Windows1252.EncodeRune(r)
		if !ok {
			c = '?'
		}
		b = append(b, c)
	}
	return string(b)
}

// metrics are the widths of the characters in thousandths of the type size, by their code.
type metrics struct{ regular, bold [256]float64 }

// widths reads the tables that come with the PDF library, once: they never change.
var widths = sync.OnceValue(func() *metrics {
	var m metrics
	doc := fpdf.New("P", "pt", "A4", "")
	for style, table := range map[string]*[256]float64{"": &m.regular, "B": &m.bold} {
		doc.SetFont("Helvetica", style, 1000)
		for c := range table {
			table[c] = doc.GetStringWidth(string([]byte{byte(c)}))
		}
	}
	return &m
})
