package appliance

import (
	"context"
	"errors"
	"sync"
	"time"

	"trunktester/appliance/catalogue"
)

// Quiet waits until no run goes on, and keeps the next one from beginning until release is called: while a
// stick is read or the card is written, nothing is tested or measured, and the row keeps its pattern. An error is ctx's.
func (b *Box) Quiet(ctx context.Context) (release func(), err error) {
	select {
	case b.turn <- struct{}{}:
		b.endMeasuring()
		return sync.OnceFunc(func() { <-b.turn }), nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// begun waits for the loop's own turn; it is false when ctx ended first.
func (b *Box) begun(ctx context.Context) bool {
	beat := time.NewTicker(time.Second)
	defer beat.Stop()
	for {
		select {
		case b.turn <- struct{}{}:
			return true
		case <-beat.C:
			b.alive()
		case <-ctx.Done():
			return false
		}
	}
}

// Quiet is that of the present box; an error when there is none.
func (d *Desk) Quiet(ctx context.Context) (release func(), err error) {
	b := d.present()
	if b == nil {
		return nil, errors.New("there is no box yet")
	}
	return b.Quiet(ctx)
}

// Pattern shows a pattern of the whole row on the present box.
func (d *Desk) Pattern(w catalogue.Whole) { d.pattern(w) }
