package gpio

import (
	"context"
	"fmt"
	"time"

	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/gpio/gpioreg"

	"trunktester/appliance/profile"
)

// Press is what a person did with the button (design section 6).
type Press int

const (
	Short Press = iota // step through the findings
	Held               // held one second: run again
	Long               // held ten seconds: wipe
)

// The lengths of a press.
const (
	poll    = 20 * time.Millisecond // finer than a person, and a switch has stopped bouncing by then
	held    = time.Second
	longest = 10 * time.Second
)

// Button is a push button to ground, with the line's own pull-up.
type Button struct{ pin gpio.PinIn }

// OpenButton takes the button's line. Lamps must have been opened first.
func OpenButton(wiring profile.LEDs) (*Button, error) {
	pin := gpioreg.ByName(lineName(wiring.Button))
	if pin == nil {
		return nil, fmt.Errorf("%w: the button needs %s", ErrNone, lineName(wiring.Button))
	}
	if err := pin.In(gpio.PullUp, gpio.NoEdge); err != nil {
		return nil, fmt.Errorf("make %s an input with a pull-up: %w", pin, err)
	}
	return &Button{pin: pin}, nil
}

// Presses tells every press until ctx ends; then the channel is closed.
func (b *Button) Presses(ctx context.Context) <-chan Press {
	presses := make(chan Press)
	go func() {
		defer close(presses)
		var c classifier
		ticks := time.NewTicker(poll)
		defer ticks.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case now := <-ticks.C:
				press, ok := c.see(b.pin.Read() == gpio.Low, now)
				if !ok {
					continue
				}
				select {
				case presses <- press:
				case <-ctx.Done():
					return
				}
			}
		}
	}()
	return presses
}

// classifier turns levels into presses. A level counts when two looks in a row agree.
type classifier struct {
	last, down, told bool
	since            time.Time
}

// see takes one look. A long press is told while the button is still held, so that the lights can answer;
// the others when it is let go.
func (c *classifier) see(down bool, now time.Time) (Press, bool) {
	steady := down == c.last
	c.last = down
	switch {
	case !steady:
	case down && !c.down:
		c.down, c.told, c.since = true, false, now
	case down && !c.told && now.Sub(c.since) >= longest:
		c.told = true
		return Long, true
	case !down && c.down:
		c.down = false
		if c.told {
			return 0, false
		}
		if now.Sub(c.since) >= held {
			return Held, true
		}
		return Short, true
	}
	return 0, false
}
