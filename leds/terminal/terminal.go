// Package terminal draws the five lights in a terminal. On anything that is not one, or with NO_COLOR, it
// prints a line when what the lights say changes.
package terminal

import (
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"trunktester/appliance/catalogue"
	"trunktester/leds"
)

// Lamps are five lights in one line of a terminal, redrawn in place.
type Lamps struct {
	out io.Writer
}

// New draws on a terminal that IsTerminal approved of.
func New(out io.Writer) *Lamps { return &Lamps{out: out} }

// IsTerminal reports whether lights can be drawn in colour there: a terminal, and NO_COLOR not set
// (no-color.org).
func IsTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && term.IsTerminal(int(f.Fd()))
}

const (
	bold  = "\x1b[1m"
	plain = "\x1b[0m"
	clear = "\r\x1b[K"
)

// Set redraws the line.
func (l *Lamps) Set(frame [5]leds.Colour) error {
	var b strings.Builder
	b.WriteString(clear)
	for i, c := range frame {
		fmt.Fprintf(&b, "  %s %s", dot(c), catalogue.LightNames()[i])
	}
	_, err := io.WriteString(l.out, b.String())
	return err
}

// Line prints a line of text above the lights.
func (l *Lamps) Line(text string) error {
	_, err := fmt.Fprintf(l.out, "%s%s\n", clear, text)
	return err
}

func dot(c leds.Colour) string {
	switch c {
	case leds.Red:
		return "\x1b[91m●" + plain
	case leds.Green:
		return "\x1b[92m●" + plain
	case leds.Amber:
		return "\x1b[93m●" + plain
	}
	return "\x1b[90m○" + plain
}

// Draw is the row as it stands, in one line: coloured where out is a terminal, in words where it is not.
func Draw(out io.Writer, row catalogue.Row) string {
	if !IsTerminal(out) {
		return Words(row)
	}
	parts := make([]string, len(row))
	for i, l := range row {
		parts[i] = fmt.Sprintf("%s %s%s%s%s", dot(steady(l.State)), bold, catalogue.LightNames()[i], plain, flashes(l))
	}
	return strings.Join(parts, "   ")
}

func steady(s catalogue.LightState) leds.Colour {
	switch s {
	case catalogue.LightGreen:
		return leds.Green
	case catalogue.LightAmber:
		return leds.Amber
	case catalogue.LightRed:
		return leds.Red
	}
	return leds.Off
}

// Words says a row in words: "LINE green | SIP PATH red, 2 flashes".
func Words(row catalogue.Row) string {
	parts := make([]string, len(row))
	for i, l := range row {
		state := string(l.State)
		if state == "" {
			state = string(catalogue.LightUntested)
		}
		parts[i] = catalogue.LightNames()[i] + " " + state + flashes(l)
	}
	return strings.Join(parts, " | ")
}

func flashes(l catalogue.Light) string {
	switch {
	case !l.Counting:
		return ""
	case l.Flashes == 1:
		return ", 1 flash"
	}
	return fmt.Sprintf(", %d flashes", l.Flashes)
}
