package appliance

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// stallLimit is how long the run loop may be silent before the program gives up on it.
const stallLimit = time.Minute

// ErrStalled says that the run loop no longer moves. It is still there: only the end of the program ends it,
// so nothing may be waited for, and the supervisor starts the program again.
var ErrStalled = errors.New("the run loop does not move")

// Guarded is Run under a watch: it also returns, with an ErrStalled, when the loop hangs in a call that never
// comes back. The lights, which are no longer fed, have said "box fault" for most of a minute by then.
func (b *Box) Guarded(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- b.Run(ctx) }()
	ticks := time.NewTicker(time.Second)
	defer ticks.Stop()
	for {
		select {
		case err := <-ended:
			return err
		case <-ticks.C:
			if silent := b.Silent(); silent > stallLimit {
				return fmt.Errorf("%w: silent for %s", ErrStalled, silent.Round(time.Second))
			}
		}
	}
}
