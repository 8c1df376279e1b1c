package leds

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"trunktester/appliance/catalogue"
)

var update = flag.Bool("update", false, "write the golden files")

func red(n int) catalogue.Light {
	return catalogue.Light{State: catalogue.LightRed, Counting: true, Flashes: n}
}

// timeline draws a show: a letter for every 100 ms and light, one row a light.
func timeline(s Show, length time.Duration) string {
	var rows [5]strings.Builder
	for at := time.Duration(0); at < length; at += 100 * time.Millisecond {
		for i, c := range Frame(s, at) {
			rows[i].WriteString([]string{".", "R", "G", "A"}[c])
		}
	}
	var b strings.Builder
	for i := range rows {
		fmt.Fprintf(&b, "%d %s\n", i+1, rows[i].String())
	}
	return b.String()
}

func TestTimelines(t *testing.T) {
	green, testing := catalogue.Light{State: catalogue.LightGreen}, catalogue.Light{State: catalogue.LightTesting}
	shows := []struct {
		name string
		show Show
	}{
		{"3-2, with light 5 steady red", Show{Row: catalogue.Row{green, green, red(2), green, {State: catalogue.LightRed}}}},
		{"2-7 amber", Show{Row: catalogue.Row{green, {State: catalogue.LightAmber, Counting: true, Flashes: 7}, green, green, green}}},
		{"1-1, the rest untested", Show{Row: catalogue.Row{red(1), {State: catalogue.LightUntested}, {}, {}, {}}}},
		{"testing from left to right", Show{Row: catalogue.Row{green, green, testing, testing, testing}}},
		{"starting", Show{Whole: catalogue.WholeStarting}},
		{"lamp test, then green", Show{Whole: catalogue.WholeLampTest, Row: catalogue.Row{green, green, green, green, green}}},
		{"done", Show{Whole: catalogue.WholeDone}},
		{"refused", Show{Whole: catalogue.WholeRefused}},
		{"writing", Show{Whole: catalogue.WholeWriting}},
		{"box fault", Show{Whole: catalogue.WholeBoxFault}},
	}
	var b strings.Builder
	for _, s := range shows {
		fmt.Fprintf(&b, "%s\n%s\n", s.name, timeline(s.show, 8*time.Second))
	}
	golden := filepath.Join("testdata", "timelines.txt")
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got := b.String(); got != string(want) {
		t.Errorf("the timelines changed; look at them, then run with -update:\n%s", got)
	}
}

// The rhythm as the light language words it, counted independently of Frame's arithmetic.
func TestCountedFlashes(t *testing.T) {
	for n := 1; n <= 9; n++ {
		var edges []time.Duration
		before := Off
		for at := time.Duration(0); at < 3*Period(n); at += time.Millisecond {
			c := Frame(Show{Row: catalogue.Row{red(n)}}, at)[0]
			if c != before {
				edges = append(edges, at)
			}
			before = c
		}
		for i := 1; i < len(edges); i++ {
			got, want := edges[i]-edges[i-1], 400*time.Millisecond
			if i%(2*n) == 0 {
				want = 2500 * time.Millisecond
			}
			if got != want {
				t.Fatalf("%d flashes: edge %d after %s, want %s", n, i, got, want)
			}
		}
	}
}

// lampBook is five lamps that remember when they changed.
type lampBook struct {
	mu      sync.Mutex
	begun   time.Time
	changes []change
}

type change struct {
	at    time.Duration
	frame [5]Colour
}

func (l *lampBook) Set(f [5]Colour) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.changes = append(l.changes, change{time.Since(l.begun), f})
	return nil
}

func (l *lampBook) last() change {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.changes[len(l.changes)-1]
}

// play runs a player for the length of the body.
func play(t *testing.T, body func(*Player, *lampBook)) {
	synctest.Test(t, func(t *testing.T) {
		lamps := &lampBook{begun: time.Now()}
		p := NewPlayer(lamps)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- p.Play(ctx) }()
		body(p, lamps)
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if got := lamps.last().frame; got != all(Off) {
			t.Errorf("after the end the lights show %v", got)
		}
	})
}

func TestLampTestIsPlayedToItsEnd(t *testing.T) {
	play(t, func(p *Player, l *lampBook) {
		p.Show(Show{Row: catalogue.Row{{State: catalogue.LightGreen}}})
		time.Sleep(900 * time.Millisecond)
		if got := l.last(); got.frame != all(Amber) || got.at != 0 {
			t.Errorf("during the lamp test: %+v", got)
		}
		time.Sleep(200 * time.Millisecond)
		if got := l.last().frame; got[0] != Green || got[1] != Off {
			t.Errorf("after the lamp test: %v", got)
		}
	})
}

func TestBoxFaultWhenNobodyFeeds(t *testing.T) {
	play(t, func(p *Player, l *lampBook) {
		p.Show(Show{Row: catalogue.Row{{State: catalogue.LightGreen}}})
		for range 30 {
			time.Sleep(time.Second)
			p.Feed()
		}
		if got := l.last().frame; got[0] != Green {
			t.Fatalf("while fed: %v", got)
		}
		time.Sleep(Hunger + 250*time.Millisecond)
		if got := l.last().frame; got != all(Red) {
			t.Errorf("unfed for %s: %v, want all red", Hunger, got)
		}
		time.Sleep(Alternate)
		if got := l.last().frame; got != all(Amber) {
			t.Errorf("half a second later: %v, want all amber", got)
		}
		p.Feed()
		time.Sleep(100 * time.Millisecond)
		if got := l.last().frame; got[0] != Green {
			t.Errorf("fed again: %v", got)
		}
	})
}

func TestLightsDoNotFlicker(t *testing.T) {
	play(t, func(p *Player, l *lampBook) {
		time.Sleep(2 * time.Second)
		for i := range 100 {
			state := catalogue.LightGreen
			if i%2 == 0 {
				state = catalogue.LightRed
			}
			p.Show(Show{Row: catalogue.Row{{State: state}}})
			p.Feed()
			time.Sleep(30 * time.Millisecond)
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		for i := 2; i < len(l.changes); i++ {
			if gap := l.changes[i].at - l.changes[i-1].at; gap < debounce {
				t.Fatalf("two changes within %s", gap)
			}
		}
	})
}

func TestTheSameShowKeepsItsRhythm(t *testing.T) {
	play(t, func(p *Player, l *lampBook) {
		time.Sleep(LampTest)
		for range 200 {
			p.Show(Show{Row: catalogue.Row{red(2)}})
			p.Feed()
			time.Sleep(50 * time.Millisecond)
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		flashes := 0
		for _, c := range l.changes {
			if c.frame[0] == Red {
				flashes++
			}
		}
		if flashes < 4 || flashes > 6 {
			t.Errorf("%d flashes in 10 s of two flashes a period", flashes)
		}
	})
}

func TestActSaysLightThenFlashes(t *testing.T) {
	var lengths []int
	on := false
	gap := time.Duration(0)
	count := 0
	for at := time.Duration(0); at < 12*time.Second; at += 10 * time.Millisecond {
		lit := Act(3, 2, at)
		switch {
		case lit && !on:
			if gap > 2*Flash {
				lengths = append(lengths, count)
				count = 0
			}
			count++
			gap = 0
		case !lit:
			gap += 10 * time.Millisecond
		}
		on = lit
	}
	if len(lengths) < 2 || lengths[0] != 3 || lengths[1] != 2 {
		t.Errorf("groups of flashes %v, want 3 then 2", lengths)
	}
}
