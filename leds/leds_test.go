package leds

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"trunktester/appliance/catalogue"
)

var update = flag.Bool("update", false, "write the golden files")

// shows are every pattern of the light language.
func shows() map[string]Show {
	state := func(s catalogue.LightState) catalogue.Light { return catalogue.Light{State: s} }
	counting := func(s catalogue.LightState, n int) catalogue.Light {
		return catalogue.Light{State: s, Counting: true, Flashes: n}
	}
	g, off := state(catalogue.LightGreen), state(catalogue.LightUntested)
	rows := map[string]catalogue.Row{
		"green":    {g, g, g, g, g},
		"testing":  {g, g, state(catalogue.LightTesting), off, off},
		"red-1":    {counting(catalogue.LightRed, 1), off, off, off, off},
		"red-9":    {g, g, g, g, counting(catalogue.LightRed, 9)},
		"amber-2":  {g, g, counting(catalogue.LightAmber, 2), g, g},
		"also":     {g, state(catalogue.LightAmber), state(catalogue.LightRed), counting(catalogue.LightRed, 3), off},
		"two":      {g, counting(catalogue.LightRed, 2), counting(catalogue.LightAmber, 3), off, off},
		"no-trunk": {g, g, off, off, off},
	}
	shows := map[string]Show{}
	for name, row := range rows {
		shows[name] = Show{Row: row}
	}
	for _, w := range []catalogue.Whole{
		catalogue.WholeStarting, catalogue.WholeLampTest, catalogue.WholeDone, catalogue.WholeRefused,
		catalogue.WholeWriting, catalogue.WholeBoxFault,
	} {
		shows["whole-"+string(w)] = Show{Whole: w, Row: rows["red-1"]}
	}
	return shows
}

// letters draws five colours, for example "GG.A.".
func letters(frame [5]Colour) string {
	var b strings.Builder
	for _, c := range frame {
		b.WriteByte(".RGA"[c])
	}
	return b.String()
}

// Twenty seconds of every pattern, as the moments at which something changes.
func TestFrameTimelines(t *testing.T) {
	for name, show := range shows() {
		t.Run(name, func(t *testing.T) {
			var b strings.Builder
			last := ""
			for at := time.Duration(0); at < 20*time.Second; at += 10 * time.Millisecond {
				act := "-"
				if Board(show, at) {
					act = "*"
				}
				if now := letters(Frame(show, at)) + " " + act; now != last {
					fmt.Fprintf(&b, "%6d ms  %s\n", at.Milliseconds(), now)
					last = now
				}
			}
			golden(t, filepath.Join("testdata", name+".txt"), b.String())
		})
	}
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; run with -update and read the difference. Got:\n%s", file, got)
	}
}

// reading is what a person counts in two rounds: flashes, and the dark that ends them.
func reading(t *testing.T, lit func(time.Duration) bool) (flashes []int) {
	t.Helper()
	const step = 10 * time.Millisecond
	n, dark, bright := 0, time.Duration(0), time.Duration(0)
	for at := time.Duration(0); at < time.Minute && len(flashes) < 4; at += step {
		if lit(at) {
			if dark > FlashOff && n > 0 {
				flashes = append(flashes, n)
				n = 0
			}
			if bright == 0 {
				n++
			}
			dark, bright = 0, bright+step
			if bright > FlashOn {
				t.Fatalf("a flash of %v at %v", bright, at)
			}
			continue
		}
		if bright > 0 && bright != FlashOn {
			t.Fatalf("a flash of %v before %v", bright, at)
		}
		dark, bright = dark+step, 0
		if dark > Pause {
			t.Fatalf("dark for %v at %v", dark, at)
		}
	}
	return flashes
}

func TestEveryCodeOfTheCatalogueCanBeCounted(t *testing.T) {
	for _, c := range catalogue.All() {
		if c.Light == 0 {
			continue
		}
		for _, state := range []catalogue.LightState{catalogue.LightRed, catalogue.LightAmber} {
			var show Show
			show.Row[c.Light-1] = catalogue.Light{State: state, Counting: true, Flashes: c.Flashes, Code: c.Code}
			got := reading(t, func(at time.Duration) bool { return Frame(show, at)[c.Light-1] != Off })
			if want := []int{c.Flashes, c.Flashes, c.Flashes, c.Flashes}; fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%s %s: counted %v", c.Code, state, got)
			}
			got = reading(t, func(at time.Duration) bool { return Board(show, at) })
			if want := []int{c.Light, c.Flashes, c.Light, c.Flashes}; fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%s %s: the board counts %v", c.Code, state, got)
			}
		}
	}
}

func TestWords(t *testing.T) {
	for want, l := range map[string]catalogue.Light{
		"off":              {State: catalogue.LightUntested},
		"green":            {State: catalogue.LightGreen},
		"testing":          {State: catalogue.LightTesting},
		"red":              {State: catalogue.LightRed},
		"red, 1 flash":     {State: catalogue.LightRed, Counting: true, Flashes: 1},
		"amber, 9 flashes": {State: catalogue.LightAmber, Counting: true, Flashes: 9},
	} {
		if got := Words(l); got != want {
			t.Errorf("Words(%+v) = %q, want %q", l, got, want)
		}
	}
}
