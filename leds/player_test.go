package leds

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"trunktester/appliance/catalogue"
)

// recorder are lamps that write down what was set, and when.
type recorder struct {
	start time.Time

	mu    sync.Mutex
	log   []entry
	fail  error
	tries int
}

type entry struct {
	at    time.Duration
	frame string
}

func (r *recorder) Set(frame [5]Colour) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tries++
	if r.fail == nil {
		r.log = append(r.log, entry{time.Since(r.start), letters(frame)})
	}
	return r.fail
}

// set is everything that was set so far.
func (r *recorder) set() []entry {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.log)
}

// shines is what was set last.
func (r *recorder) shines() string {
	log := r.set()
	return log[len(log)-1].frame
}

// breaks makes every Set fail with err, or work again with nil; it gives the number of Sets so far.
func (r *recorder) breaks(err error) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fail = err
	return r.tries
}

func (r *recorder) String() string {
	var b strings.Builder
	for _, e := range r.set() {
		fmt.Fprintf(&b, "%6d ms  %s\n", e.at.Milliseconds(), e.frame)
	}
	return b.String()
}

// run starts the player; the returned function waits, feeding it all the while.
func run(t *testing.T, p *Player) (wait func(time.Duration)) {
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); p.Run(ctx) }()
	t.Cleanup(func() { stop(); <-done })
	synctest.Wait()
	return func(d time.Duration) {
		for ; d > 0; d -= min(d, time.Second) {
			p.Feed()
			time.Sleep(min(d, time.Second))
			synctest.Wait()
		}
	}
}

func TestPlayerPowerOnToVerdict(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &recorder{start: time.Now()}
		p := &Player{Lamps: r}
		p.Show(Show{Whole: catalogue.WholeLampTest})
		wait := run(t, p)
		row := catalogue.Row{{State: catalogue.LightTesting}}
		wait(200 * time.Millisecond)
		p.Show(Show{Row: row}) // the lamp test plays to its end
		wait(1800 * time.Millisecond)
		row[0].State, row[1].State = catalogue.LightGreen, catalogue.LightTesting
		p.Show(Show{Row: row})
		wait(700 * time.Millisecond)
		row[2].State = catalogue.LightTesting // keeps its own rhythm beside light 2
		p.Show(Show{Row: row})
		wait(3 * time.Second)
		row[1].State = catalogue.LightGreen
		row[2] = catalogue.Light{State: catalogue.LightRed, Counting: true, Flashes: 2, Code: "3-2"}
		p.Show(Show{Row: row})
		wait(8 * time.Second)
		golden(t, filepath.Join("testdata", "player-verdict.txt"), r.String())
	})
}

// The lamp test is seen in full though the first run begins, and shows its row, before the player looks.
func TestPlayerBeginsWithTheLampTest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &recorder{start: time.Now()}
		var told []string
		p := &Player{Lamps: r, Begin: catalogue.WholeLampTest, Told: func(s Show) { told = append(told, string(s.Whole)) }}
		p.Show(Show{Whole: catalogue.WholeStarting})
		p.Show(Show{Row: catalogue.Row{{State: catalogue.LightGreen}}})
		wait := run(t, p)
		wait(2 * time.Second)
		if got, want := r.String(), "     0 ms  AAAAA\n  1000 ms  G....\n"; got != want {
			t.Errorf("got\n%swant\n%s", got, want)
		}
		if len(told) == 0 || told[0] != string(catalogue.WholeLampTest) {
			t.Errorf("told %q", told)
		}
	})
}

func TestPlayerPlaysWhatFrameSays(t *testing.T) {
	for name, show := range shows() {
		synctest.Test(t, func(t *testing.T) {
			r := &recorder{start: time.Now()}
			p := &Player{Lamps: r}
			p.Show(show)
			wait := run(t, p)
			for at := time.Duration(0); at < 15*time.Second; at += 100 * time.Millisecond {
				if want := letters(Frame(show, at)); r.shines() != want {
					t.Fatalf("%s at %v: %s, want %s", name, at, r.shines(), want)
				}
				wait(100 * time.Millisecond)
			}
			log := r.set()
			for i := 1; i < len(log); i++ {
				if log[i].frame == log[i-1].frame {
					t.Errorf("%s: written without a change: %v", name, log[i])
				}
			}
		})
	}
}

func TestPlayerDoesNotFlicker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &recorder{start: time.Now()}
		p := &Player{Lamps: r}
		wait := run(t, p)
		states := []catalogue.LightState{catalogue.LightGreen, catalogue.LightRed, catalogue.LightAmber}
		for i := range 200 {
			p.Show(Show{Row: catalogue.Row{{State: states[i%3]}}})
			wait(30 * time.Millisecond)
		}
		p.Show(Show{Row: catalogue.Row{{State: catalogue.LightAmber}}})
		wait(Settle)
		log := r.set()
		if len(log) < 10 {
			t.Fatalf("hardly anything was shown:\n%s", r)
		}
		for i := 2; i < len(log); i++ { // the first is the dark before the first show
			if stood := log[i].at - log[i-1].at; stood < Settle {
				t.Errorf("%v stood for %v only", log[i-1], stood)
			}
		}
		if r.shines() != "A...." {
			t.Errorf("the last state is %s, want amber: the latest wins", r.shines())
		}
	})
}

func TestPlayerShowsABoxFaultWhenNobodyFeedsIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &recorder{start: time.Now()}
		var told []catalogue.Whole
		p := &Player{Lamps: r, Hunger: 5 * time.Second, Told: func(s Show) { told = append(told, s.Whole) }}
		row := catalogue.Row{{State: catalogue.LightGreen}}
		p.Show(Show{Row: row})
		wait := run(t, p)
		wait(20 * time.Second) // fed: nothing happens
		if len(r.set()) != 1 {
			t.Fatalf("while it was fed:\n%s", r)
		}
		p.Feed()
		time.Sleep(4900 * time.Millisecond)
		synctest.Wait()
		if len(r.set()) != 1 {
			t.Fatalf("before it was hungry:\n%s", r)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		seen := r.set()[1:]
		if len(seen) != 4 || seen[0].frame != "RRRRR" || seen[1].frame != "AAAAA" || seen[2].frame != "RRRRR" {
			t.Fatalf("while it starved:\n%s", r)
		}
		if after := seen[1].at - seen[0].at; after != Alternate {
			t.Errorf("alternates after %v", after)
		}
		p.Feed()
		wait(time.Second)
		if r.shines() != "G...." {
			t.Errorf("fed again it shows %s", r.shines())
		}
		if want := []catalogue.Whole{"", catalogue.WholeBoxFault, ""}; fmt.Sprint(told) != fmt.Sprint(want) {
			t.Errorf("told %q, want %q", told, want)
		}
	})
}

func TestPlayerHungerHasADefault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &recorder{start: time.Now()}
		p := &Player{Lamps: r}
		run(t, p)
		time.Sleep(Hunger - beat)
		synctest.Wait()
		if r.shines() != "....." {
			t.Errorf("too early: %s", r.shines())
		}
		time.Sleep(2 * beat)
		synctest.Wait()
		if r.shines() != "RRRRR" {
			t.Errorf("no box fault: %s", r.shines())
		}
	})
}

func TestPlayerPlaysDoneToItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &recorder{start: time.Now()}
		p := &Player{Lamps: r}
		row := catalogue.Row{{State: catalogue.LightAmber}}
		p.Show(Show{Whole: catalogue.WholeDone})
		wait := run(t, p)
		wait(time.Second)
		p.Show(Show{Row: row})
		wait(4 * time.Second)
		flashes := strings.Count(r.String(), "GGGGG")
		if flashes != Short || r.shines() != "A...." {
			t.Errorf("%d flashes, then %s:\n%s", flashes, r.shines(), r)
		}
		p.Show(Show{Whole: catalogue.WholeDone, Row: row})
		wait(time.Second)
		p.Show(Show{Whole: catalogue.WholeBoxFault, Row: row}) // need not wait
		wait(100 * time.Millisecond)
		if r.shines() != "RRRRR" {
			t.Errorf("a box fault had to wait: %s", r.shines())
		}
	})
}

func TestPlayerTriesAgainAndComplainsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &recorder{start: time.Now()}
		broken := errors.New("no such line")
		r.breaks(broken)
		var complaints []error
		p := &Player{Lamps: r, Failed: func(err error) { complaints = append(complaints, err) }}
		p.Show(Show{Row: catalogue.Row{{State: catalogue.LightGreen}}})
		wait := run(t, p)
		wait(time.Second)
		if tries := r.breaks(nil); tries < 2 || len(complaints) != 1 || !errors.Is(complaints[0], broken) {
			t.Fatalf("%d tries, complaints %v", tries, complaints)
		}
		wait(100 * time.Millisecond)
		if r.shines() != "G...." {
			t.Errorf("after the lamps are back: %s", r.shines())
		}
	})
}

func TestPlayerDrivesTheBoardsOwnLight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &recorder{start: time.Now()}
		var lit bool
		p := &Player{Lamps: r, Board: func(on bool) error { lit = on; return nil }}
		show := shows()["amber-2"]
		p.Show(show)
		wait := run(t, p)
		for at := time.Duration(0); at < 15*time.Second; at += 100 * time.Millisecond {
			if want := Board(show, at); lit != want {
				t.Fatalf("at %v the board shines %t, want %t", at, lit, want)
			}
			wait(100 * time.Millisecond)
		}
	})
}
