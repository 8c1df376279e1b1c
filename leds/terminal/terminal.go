// Package terminal draws the five lights in a terminal: a Player's colours go in, one line that is redrawn
// in place comes out. Where colours or redrawing are not wanted, a plain line is printed for each change.
package terminal

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"unicode/utf8"

	"golang.org/x/term"

	"trunktester/appliance/catalogue"
	"trunktester/leds"
)

// Terminal draws the lights. It is a leds.Lamps; its Tell belongs into Player.Told. Other text that goes to
// the same terminal goes through Write, whole lines at a time.
type Terminal struct {
	out     io.Writer
	columns func() int // of the terminal now; nil prints plain lines

	mu     sync.Mutex
	frame  [5]leds.Colour
	show   leds.Show
	drawn  bool   // the line of lights stands on the terminal
	halved bool   // Write ended in the middle of a line
	said   string // the last plain line
}

// Open draws on f: animated on a terminal, plain when f is something else, when plain is asked for
// (NO_COLOR), or when the terminal cannot redraw (TERM=dumb).
func Open(f *os.File, getenv func(string) string) *Terminal {
	fd := int(f.Fd())
	if !term.IsTerminal(fd) || getenv("NO_COLOR") != "" || getenv("TERM") == "dumb" {
		return New(f, nil)
	}
	return New(f, func() int {
		columns, _, err := term.GetSize(fd)
		if err != nil {
			return 0
		}
		return columns
	})
}

// New draws on out. columns gives the width of the terminal, 0 where it is unknown; a nil columns is
// "not a terminal": plain lines.
func New(out io.Writer, columns func() int) *Terminal {
	return &Terminal{out: out, columns: columns}
}

// Set draws the lights as they shine now. In plain mode it prints nothing: Tell does.
func (t *Terminal) Set(frame [5]leds.Colour) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.frame = frame
	if t.columns == nil {
		return nil
	}
	return t.draw()
}

// Tell is what the lights say, for the words beside them and for plain lines.
func (t *Terminal) Tell(show leds.Show) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.show = show
	if t.columns != nil {
		return // the next Set draws it
	}
	if line := Plain(show); line != t.said {
		t.said = line
		fmt.Fprintln(t.out, line) // a terminal that is gone is noticed by whoever owns it
	}
}

// Write prints text above the lights. It makes the terminal an io.Writer for progress and logs.
func (t *Terminal) Write(text []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(text) == 0 {
		return 0, nil
	}
	if t.drawn {
		if _, err := io.WriteString(t.out, "\r\x1b[K"); err != nil {
			return 0, err
		}
		t.drawn = false
	}
	n, err := t.out.Write(text)
	t.halved = n > 0 && text[n-1] != '\n'
	if err == nil && t.columns != nil && !t.halved {
		err = t.draw()
	}
	return n, err
}

// Close leaves the lights as they are and the cursor on a new line.
func (t *Terminal) Close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.drawn {
		return nil
	}
	t.drawn = false
	_, err := io.WriteString(t.out, "\n")
	return err
}

// draw redraws the line of lights in place.
func (t *Terminal) draw() error {
	if t.halved {
		return nil
	}
	_, err := io.WriteString(t.out, "\r"+line(t.frame, t.show, t.columns())+"\x1b[K")
	t.drawn = true
	return err
}

// line is the widest of its forms that leaves the last column free, so that no terminal wraps it.
func line(frame [5]leds.Colour, show leds.Show, columns int) string {
	const unknown = 80
	if columns <= 0 {
		columns = unknown
	}
	names := catalogue.LightNames()
	verdict := Verdict(show)
	for _, form := range []struct {
		label   func(int) string
		between string
		tail    string
	}{
		{func(i int) string { return " " + names[i] }, "   ", verdict},
		{func(i int) string { return " " + names[i] }, "  ", ""},
		{func(i int) string { return fmt.Sprint(" ", i+1) }, "  ", verdict},
		{func(i int) string { return fmt.Sprint(" ", i+1) }, "  ", ""},
		{func(int) string { return "" }, "", ""},
	} {
		var b strings.Builder
		width := 0
		for i, c := range frame {
			if i > 0 {
				b.WriteString(form.between)
				width += len(form.between)
			}
			b.WriteString(dot(c) + form.label(i))
			width += 1 + utf8.RuneCountInString(form.label(i))
		}
		if form.tail != "" {
			b.WriteString("   " + form.tail)
			width += 3 + utf8.RuneCountInString(form.tail)
		}
		if width < columns {
			return b.String()
		}
	}
	return ""
}

// dot is one light: a filled circle in its colour, or an empty one.
func dot(c leds.Colour) string {
	switch c {
	case leds.Red:
		return "\x1b[31m●\x1b[0m"
	case leds.Green:
		return "\x1b[32m●\x1b[0m"
	case leds.Amber:
		return "\x1b[33m●\x1b[0m"
	}
	return "\x1b[2m○\x1b[0m"
}
