package gpio

import (
	"context"
	"fmt"
	"time"

	"periph.io/x/conn/v3/gpio"
)

const (
	poll   = 20 * time.Millisecond // how often the button is looked at
	bounce = 60 * time.Millisecond // a contact must rest this long to be believed

	// Hold and Wipe part the presses; source: design section 6.
	holdFor = time.Second
	wipeFor = 10 * time.Second
	// stuckFor is the longest press that means anything: beyond it something leans on the button, or its
	// line is broken. Nothing must be wiped for that.
	stuckFor = 30 * time.Second
)

// Press is how the button was pressed. What does something is told when the button is let go, so that a
// long press is not a shorter one first; Long and Stuck only tell the person who holds it.
type Press int

const (
	Short Press = iota + 1 // step through the findings
	Hold                   // one second: run again
	Wipe                   // ten seconds: remove profile and reports
	Long                   // still held after ten seconds: letting go now is Wipe
	Stuck                  // still held after thirty: letting go does nothing any more
)

// String is the press in a word.
func (p Press) String() string {
	return [...]string{"none", "short", "hold", "wipe", "long", "stuck"}[p]
}

// Classifier turns looks at a bouncing contact into presses. A button that is down at the first look
// counts for nothing until it was up once. The zero Classifier is ready.
type Classifier struct {
	last  bool      // at the last look
	since time.Time // when the contact came to be so
	armed bool      // the button has been up
	down  bool      // believed to be down
	began time.Time // since when it is down
	told  Press     // what was told about this press so far
}

// Look files what the contact is at a moment, and says whether there is something to tell.
func (c *Classifier) Look(down bool, at time.Time) (Press, bool) {
	if down != c.last || c.since.IsZero() {
		c.last, c.since = down, at
	}
	if at.Sub(c.since) < bounce {
		return 0, false
	}
	switch {
	case !c.armed:
		c.armed = !down
	case down && !c.down:
		c.down, c.began, c.told = true, c.since, 0
	case c.down && c.told == 0 && at.Sub(c.began) >= wipeFor && down:
		c.told = Long
		return Long, true
	case c.down && c.told == Long && at.Sub(c.began) >= stuckFor && down:
		c.told = Stuck
		return Stuck, true
	case !down && c.down:
		c.down = false
		p, ok := classify(c.since.Sub(c.began))
		if !ok && c.told == Long { // let go between two looks
			return Stuck, true
		}
		return p, ok
	}
	return 0, false
}

// classify names a press that lasted so long; one that is too long is none.
func classify(lasted time.Duration) (Press, bool) {
	switch {
	case lasted < holdFor:
		return Short, true
	case lasted < wipeFor:
		return Hold, true
	case lasted < stuckFor:
		return Wipe, true
	}
	return 0, false
}

// input is all that is asked of the button's line.
type input interface {
	In(gpio.Pull, gpio.Edge) error
	Read() gpio.Level
}

// Button is the push button between its line and ground.
type Button struct {
	line input
}

// OpenButton takes the button's line, by BCM number, from pins.
func OpenButton(pins Pins, bcm int) (*Button, error) {
	name := lineName(bcm)
	pin := pins(name)
	if pin == nil {
		return nil, fmt.Errorf("gpio: no line %s for the button", name)
	}
	return newButton(pin, name)
}

func newButton(line input, name string) (*Button, error) {
	if err := line.In(gpio.PullUp, gpio.NoEdge); err != nil {
		return nil, fmt.Errorf("gpio: making %s an input: %w", name, err)
	}
	return &Button{line: line}, nil
}

// Watch calls pressed for everything there is to tell until ctx is done. pressed must not block for long.
func (b *Button) Watch(ctx context.Context, pressed func(Press)) {
	tick := time.NewTicker(poll)
	defer tick.Stop()
	var c Classifier
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			if p, ok := c.Look(b.line.Read() == gpio.Low, now); ok {
				pressed(p)
			}
		}
	}
}
