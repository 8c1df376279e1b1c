package leds

import (
	"cmp"
	"context"
	"sync"
	"time"

	"trunktester/appliance/catalogue"
)

const (
	// beat is how often the player looks. It divides every time of the rhythm, and is far below what an eye
	// can tell apart.
	beat = 20 * time.Millisecond
	// Settle is how long a light keeps a state at least: anything faster is a flicker that nobody can read.
	Settle = 300 * time.Millisecond
	// Hunger is how long the program may leave the player unfed before the lights say "box fault".
	Hunger = 10 * time.Second
)

// Lamps are five lights that shine steadily until they are set again.
type Lamps interface {
	Set([5]Colour) error
}

// Player plays the current show on lamps. It writes to them only when something changes, and shows a box
// fault by itself when the program no longer feeds it. Set the fields before Run.
type Player struct {
	Lamps  Lamps
	Board  func(lit bool) error // the board's own ACT light; nil for none
	Told   func(Show)           // told what is being shown whenever it changes, settled; nil for nobody
	Failed func(error)          // told when the lamps begin to fail; nil for nobody
	Hunger time.Duration        // 0 is the constant Hunger
	Begin  catalogue.Whole      // the pattern that Run begins with, whatever is wanted by then; "" for none

	mu     sync.Mutex
	wanted Show
	fed    time.Time
}

// Show asks for a show, and feeds the player. The latest one wins. A show that is already on goes on.
func (p *Player) Show(s Show) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wanted, p.fed = s, time.Now()
}

// Feed tells the player that the program is alive.
func (p *Player) Feed() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fed = time.Now()
}

// Run plays until ctx is done, and leaves the lamps as they are then.
func (p *Player) Run(ctx context.Context) {
	p.Feed()
	tick := time.NewTicker(beat)
	defer tick.Stop()
	st := p.begin(time.Now())
	var lamps writer[[5]Colour]
	var board writer[bool]
	for {
		now := time.Now()
		if st.settle(p.hear(now), now) && p.Told != nil {
			p.Told(st.show)
		}
		p.failed(lamps.write(st.frame(now), p.Lamps.Set))
		if p.Board != nil {
			p.failed(board.write(st.board(now), p.Board))
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// begin is the first stage.
func (p *Player) begin(now time.Time) (st stage) {
	if p.Begin == catalogue.WholeNone {
		return st
	}
	st.show.Whole, st.whole = p.Begin, now
	if p.Told != nil {
		p.Told(st.show)
	}
	return st
}

func (p *Player) failed(err error) {
	if err != nil && p.Failed != nil {
		p.Failed(err)
	}
}

// hear is what is wanted now: the show that was asked for, or a box fault when nobody feeds the player.
func (p *Player) hear(now time.Time) Show {
	p.mu.Lock()
	defer p.mu.Unlock()
	if now.Sub(p.fed) >= cmp.Or(p.Hunger, Hunger) {
		return Show{Whole: catalogue.WholeBoxFault, Row: p.wanted.Row}
	}
	return p.wanted
}
