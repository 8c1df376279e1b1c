package lights

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/profile"
	"trunktester/leds"
)

func played(row catalogue.Row, from, last, step time.Duration) []Sample {
	var all []Sample
	for at := from; at < from+last; at += step {
		all = append(all, Sample{at, leds.Frame(leds.Show{Row: row}, at)})
	}
	return all
}

// TestDecodeWhatThePlayerPlays: whatever moment the looking begins at, and as coarse as it may be.
func TestDecodeWhatThePlayerPlays(t *testing.T) {
	green, off := catalogue.Light{State: catalogue.LightGreen}, catalogue.Light{State: catalogue.LightUntested}
	rows := []catalogue.Row{
		{green, green, green, green, green},
		{green, {State: catalogue.LightTesting}, off, off, off},
		{green, green, {State: catalogue.LightAmber}, {State: catalogue.LightRed}, off},
	}
	for n := 1; n <= 9; n++ {
		rows = append(rows,
			catalogue.Row{green, {State: catalogue.LightRed, Counting: true, Flashes: n}, off, off, off},
			catalogue.Row{green, {State: catalogue.LightAmber, Counting: true, Flashes: n}, {State: catalogue.LightRed}, off, green})
	}
	for _, row := range rows {
		for _, step := range []time.Duration{20 * time.Millisecond, 70 * time.Millisecond, 190 * time.Millisecond} {
			for from := time.Duration(0); from < 5*time.Second; from += 170 * time.Millisecond {
				got, err := Decode(played(row, from, 31*time.Second, step))
				if err != nil {
					t.Fatalf("%v from %s every %s: %v", row, from, step, err)
				}
				if diff := cmp.Diff(row, got); diff != "" {
					t.Fatalf("from %s every %s: %s", from, step, diff)
				}
			}
		}
	}
}

func TestNotDecoded(t *testing.T) {
	two := catalogue.Row{{State: catalogue.LightRed, Counting: true, Flashes: 2}}
	three := catalogue.Row{{State: catalogue.LightRed, Counting: true, Flashes: 3}}
	var fault []Sample
	for at := time.Duration(0); at < 9*time.Second; at += 50 * time.Millisecond {
		fault = append(fault, Sample{at, leds.Frame(leds.Show{Whole: catalogue.WholeBoxFault}, at)})
	}
	later := func(s []Sample, by time.Duration) []Sample {
		for i := range s {
			s[i].At += by
		}
		return s
	}
	for name, c := range map[string]struct {
		samples []Sample
		want    error
	}{
		"nothing":      {nil, ErrSparse},
		"too sparse":   {played(two, 0, 12*time.Second, 250*time.Millisecond), ErrSparse},
		"too short":    {played(two, 0, 5*time.Second, 50*time.Millisecond), ErrChanged},
		"box fault":    {fault, ErrChanged},
		"other counts": {append(played(two, 0, 8*time.Second, 50*time.Millisecond), later(played(three, 0, 10*time.Second, 50*time.Millisecond), 8*time.Second)...), ErrChanged},
	} {
		if row, err := Decode(c.samples); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, %v", name, row, err)
		}
	}
}

func TestRegisters(t *testing.T) {
	words := make([]uint32, Words)
	for _, bcm := range []int{5, 6, 13, 19, 16, 20, 17, 27, 22, 23} {
		words[bcm/10] |= 1 << (3 * (bcm % 10))
	}
	words[13] = 1<<5 | 1<<6 | 1<<13 | 1<<20 | 1<<17 | 1<<23 | 1<<26
	wiring := profile.Default().LEDs
	r, err := Parse(words)
	if err != nil {
		t.Fatal(err)
	}
	want := "[amber red green red green]"
	if got := fmt.Sprint(r.Frame(wiring)); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	words[2] &^= 7 << (3 * 3) // GPIO23 has become an input: its level stays, its light is dark
	r, _ = Parse(words)
	if got := r.Frame(wiring)[4]; got != leds.Off {
		t.Errorf("an input shines %s", got)
	}
	if _, err := Parse(words[:13]); err == nil {
		t.Error("no error for too few words")
	}
}
