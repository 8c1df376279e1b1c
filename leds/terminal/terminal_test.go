package terminal

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"trunktester/appliance/catalogue"
	"trunktester/leds"
)

// show is the row of a SIP ALG, lights its frame while the third is lit.
func show() leds.Show {
	g := catalogue.Light{State: catalogue.LightGreen}
	off := catalogue.Light{State: catalogue.LightUntested}
	red := catalogue.Light{State: catalogue.LightRed, Counting: true, Flashes: 2, Code: "3-2"}
	return leds.Show{Row: catalogue.Row{g, g, red, off, off}}
}

func lights() [5]leds.Colour {
	return [5]leds.Colour{leds.Green, leds.Green, leds.Red, leds.Off, leds.Amber}
}

// escapes are the ANSI sequences that take no room.
var escapes = regexp.MustCompile(`\x1b\[[0-9;]*[mK]`)

func TestLineForms(t *testing.T) {
	for columns, want := range map[int]string{
		200: "● LINE   ● INTERNET   ● SIP PATH   ○ LOGIN   ● PBX   SIP PATH red, 2 flashes",
		0:   "● LINE   ● INTERNET   ● SIP PATH   ○ LOGIN   ● PBX   SIP PATH red, 2 flashes",
		60:  "● LINE  ● INTERNET  ● SIP PATH  ○ LOGIN  ● PBX",
		45:  "● 1  ● 2  ● 3  ○ 4  ● 5",
		6:   "●●●○●",
		5:   "",
	} {
		if got := escapes.ReplaceAllString(line(lights(), show(), columns), ""); got != want {
			t.Errorf("%d columns: %q, want %q", columns, got, want)
		}
	}
}

func TestLineNeverWraps(t *testing.T) {
	for columns := 1; columns < 120; columns++ {
		for _, s := range []leds.Show{{}, show(), {Whole: catalogue.WholeWriting}} {
			got := escapes.ReplaceAllString(line(lights(), s, columns), "")
			if n := utf8.RuneCountInString(got); n >= columns {
				t.Errorf("%d columns: %d wide: %q", columns, n, got)
			}
		}
	}
}

func TestColours(t *testing.T) {
	got := line(lights(), leds.Show{}, 80)
	for _, want := range []string{
		"\x1b[32m●\x1b[0m LINE", "\x1b[31m●\x1b[0m SIP PATH", "\x1b[2m○\x1b[0m LOGIN", "\x1b[33m●\x1b[0m PBX",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in %q", want, got)
		}
	}
}

func TestAnimatedIsOneLineRedrawnInPlace(t *testing.T) {
	var b strings.Builder
	term := New(&b, func() int { return 80 })
	term.Tell(show())
	for range 3 {
		if err := term.Set(lights()); err != nil {
			t.Fatal(err)
		}
	}
	if strings.Contains(b.String(), "\n") || strings.Count(b.String(), "\r") != 3 {
		t.Errorf("drawn as %q", b.String())
	}
	if _, err := fmt.Fprintln(term, "3.1 gateway: passed"); err != nil {
		t.Fatal(err)
	}
	if err := term.Close(); err != nil {
		t.Fatal(err)
	}
	want := "● LINE   ● INTERNET   ● SIP PATH   ○ LOGIN   ● PBX   SIP PATH red, 2 flashes"
	if got := screen(b.String()); got != "3.1 gateway: passed\n"+want+"\n" {
		t.Errorf("the screen shows %q", got)
	}
}

func TestHalfALineIsNotOverdrawn(t *testing.T) {
	var b strings.Builder
	term := New(&b, func() int { return 80 })
	for _, step := range []func(){
		func() { fmt.Fprint(term, "half ") },
		func() { _ = term.Set(lights()) },
		func() { fmt.Fprint(term, "a line\n") },
	} {
		step()
	}
	if got := screen(b.String()); !strings.HasPrefix(got, "half a line\n●") {
		t.Errorf("the screen shows %q", got)
	}
}

// screen is what a terminal shows after text: \r goes back, "erase to the end" erases.
func screen(text string) string {
	const erase = "\x00"
	text = escapes.ReplaceAllString(strings.ReplaceAll(text, "\x1b[K", erase), "")
	var shown strings.Builder
	var line []rune
	at := 0
	for _, r := range text {
		switch string(r) {
		case "\r":
			at = 0
		case "\n":
			shown.WriteString(string(line) + "\n")
			line, at = nil, 0
		case erase:
			line = line[:at]
		default:
			line = append(line[:at], append([]rune{r}, line[min(at+1, len(line)):]...)...)
			at++
		}
	}
	return shown.String() + string(line)
}

func TestPlainPrintsOnlyChanges(t *testing.T) {
	var b strings.Builder
	term := New(&b, nil)
	first := leds.Show{Row: catalogue.Row{{State: catalogue.LightRed, Counting: true, Flashes: 1}}}
	for _, s := range []leds.Show{{Whole: catalogue.WholeStarting}, first, first, show(), {Whole: catalogue.WholeBoxFault}} {
		term.Tell(s)
		if err := term.Set(leds.Frame(s, 0)); err != nil {
			t.Fatal(err)
		}
	}
	if err := term.Close(); err != nil {
		t.Fatal(err)
	}
	want := `all lights: starting
LINE red, 1 flash; INTERNET off; SIP PATH off; LOGIN off; PBX off
LINE green; INTERNET green; SIP PATH red, 2 flashes; LOGIN off; PBX off
all lights: box fault
`
	if b.String() != want {
		t.Errorf("got:\n%s", b.String())
	}
}

func TestOpenOnAFileIsPlain(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	term := Open(f, func(string) string { return "" })
	term.Tell(show())
	if err := term.Set(lights()); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(f.Name())
	if err != nil || string(b) != Plain(show())+"\n" {
		t.Errorf("wrote %q, %v", b, err)
	}
}

func TestABrokenTerminalIsAnError(t *testing.T) {
	term := New(broken{}, func() int { return 80 })
	if err := term.Set(lights()); !errors.Is(err, os.ErrClosed) {
		t.Errorf("Set: %v", err)
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, os.ErrClosed }
