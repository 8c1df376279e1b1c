package leds

import (
	"context"
	"fmt"
	"sync"
	"time"

	"trunktester/appliance/catalogue"
)

// Lamps are five two-colour lights. Set is only called when something changes.
type Lamps interface {
	Set([5]Colour) error
}

// Limits of the player.
const (
	tick     = 20 * time.Millisecond  // finer than anybody sees
	debounce = 300 * time.Millisecond // a light stays as it is for at least this long
	Hunger   = 10 * time.Second       // without Feed for this long, the box itself has a fault
)

// Player plays a show on lamps. When the program stops feeding it, it shows the box's fault by itself.
type Player struct {
	lamps Lamps

	mu    sync.Mutex
	show  Show
	since time.Time // when the show began
	next  *Show     // waits for the debounce
	fed   time.Time
}

// NewPlayer begins with the lamp test, followed by "starting".
func NewPlayer(lamps Lamps) *Player {
	now := time.Now()
	return &Player{lamps: lamps, show: Show{Whole: catalogue.WholeLampTest, Row: catalogue.Row{}}, since: now, fed: now}
}

// Show says something else from now on. The same show goes on in its rhythm.
func (p *Player) Show(s Show) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s == p.show {
		p.next = nil
		return
	}
	p.next = &s
}

// Feed tells that the program is alive.
func (p *Player) Feed() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fed = time.Now()
}

// Play runs until ctx ends, then switches the lights off. An error is the lamps'.
func (p *Player) Play(ctx context.Context) error {
	ticks := time.NewTicker(tick)
	defer ticks.Stop()
	last, lit := [5]Colour{}, false
	for {
		if frame := p.frame(time.Now()); !lit || frame != last {
			if err := p.lamps.Set(frame); err != nil {
				return fmt.Errorf("set the lights: %w", err)
			}
			last, lit = frame, true
		}
		select {
		case <-ctx.Done():
			return p.lamps.Set([5]Colour{})
		case <-ticks.C:
		}
	}
}

// frame takes over the next show when its time has come.
func (p *Player) frame(now time.Time) [5]Colour {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.next != nil && now.Sub(p.since) >= p.least() {
		p.show, p.since, p.next = *p.next, now, nil
	}
	if starved := now.Sub(p.fed); starved >= Hunger {
		return Frame(Show{Whole: catalogue.WholeBoxFault}, starved-Hunger)
	}
	return Frame(p.show, now.Sub(p.since))
}

// least is how long the present show stays at least: the lamp test and short patterns are played to their end.
func (p *Player) least() time.Duration {
	switch p.show.Whole {
	case catalogue.WholeLampTest:
		return LampTest
	case catalogue.WholeDone, catalogue.WholeRefused:
		return WholeRow * 2 * Flash
	}
	return debounce
}
