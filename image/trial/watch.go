package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/profile"
	"trunktester/image/lights"
	"trunktester/leds"
)

const (
	lookEvery = 60 * time.Millisecond
	// steadyFor is how long lights that do not move at all must be looked at: longer than any pause.
	steadyFor = 2 * leds.Pause
	// mostFlashes is the highest code on a light.
	mostFlashes = 9
	// usualStart is when an idle machine of two cores shows the lamp test, by the board's clock, which goes on as
	// the machine's own does, however little of it the emulator gets. A machine that takes longer is slower in all.
	usualStart = 9 * time.Second
	// startIn is how long the slowest machine may take to the lamp test.
	startIn = 10 * time.Minute
	// atMost is how much slower than an idle one a machine may be.
	atMost = 8
)

// watcher looks at the lights from power-on until the board is off.
type watcher struct {
	board *board

	mu      sync.Mutex
	samples []lights.Sample
	failed  error // why it no longer looks
}

// watch begins to look.
func watch(b *board, wiring profile.LEDs) *watcher {
	w := &watcher{board: b}
	go w.look(wiring)
	return w
}

// look takes samples until the emulator ends.
func (w *watcher) look(wiring profile.LEDs) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		registers, at, err := w.board.look()
		w.mu.Lock()
		w.failed = err
		if n := len(w.samples); err == nil && (n == 0 || at > w.samples[n-1].At) {
			w.samples = append(w.samples, lights.Sample{At: at, Frame: registers.Frame(wiring)})
		}
		w.mu.Unlock()
		if err != nil {
			return
		}
		select {
		case <-w.board.ended:
			return
		case <-tick.C:
		}
	}
}

// seen is every sample until now.
func (w *watcher) seen() []lights.Sample {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clip(w.samples)
}

// now is the board's clock at the last look.
func (w *watcher) now() time.Duration {
	if all := w.seen(); len(all) > 0 {
		return all[len(all)-1].At
	}
	return 0
}

// until waits for what enough recognises, looking every so often. limit is for an idle machine.
func (w *watcher) until(ctx context.Context, what string, limit time.Duration, enough func([]lights.Sample) bool) error {
	began := time.Now()
	limit = time.Duration(float64(limit) * w.slowness())
	tick := time.NewTicker(4 * lookEvery)
	defer tick.Stop()
	for {
		if enough(w.seen()) {
			return nil
		}
		select {
		case <-w.board.ended:
			return w.board.blame(fmt.Errorf("waiting for %s: %w", what, w.board.death()))
		case <-ctx.Done():
			return fmt.Errorf("waiting for %s: %w", what, ctx.Err())
		case <-tick.C:
		}
		w.mu.Lock()
		failed := w.failed
		w.mu.Unlock()
		if waited := time.Since(began); failed != nil || waited > limit || w.board.gaveUp() >= readerGone {
			return w.board.late(w.board.blame(errors.Join(fmt.Errorf("waited %.0f s of %.0f s for %s; %s%s", waited.Seconds(), limit.Seconds(), what, w.state(), w.board.lastWords()), failed)))
		}
	}
}

// state is what the lights did last, for errors.
func (w *watcher) state() string {
	all := w.seen()
	if len(all) == 0 {
		return "the lights were never read"
	}
	var told []string
	for _, p := range lights.Patterns(all) {
		told = append(told, fmt.Sprintf("%s at %.1f s", p.Whole, p.From.Seconds()))
	}
	return fmt.Sprintf("the board's clock is at %.1f s, the lights are %v since %.1f s, and the whole row said: %s; nobody looked for %.1f s at most",
		all[len(all)-1].At.Seconds(), all[len(all)-1].Frame, steadySince(all).Seconds(), strings.Join(told, ", "), blind(all).Seconds())
}

// blind is the longest time between two looks: what fits into it may have been missed.
func blind(all []lights.Sample) (longest time.Duration) {
	for i := 1; i < len(all); i++ {
		longest = max(longest, all[i].At-all[i-1].At)
	}
	return longest
}

// slowness is how much longer this machine takes than an idle one; at least 1, and startIn before that is known.
func (w *watcher) slowness() float64 {
	at, ok := w.told(catalogue.WholeLampTest, 0)
	if !ok {
		return 1
	}
	return min(max(1, at.Seconds()/usualStart.Seconds()), atMost)
}

// told says when the whole row said something, after a moment of the board's clock.
func (w *watcher) told(whole catalogue.Whole, after time.Duration) (at time.Duration, ok bool) {
	for _, p := range lights.Patterns(w.seen()) {
		if p.Whole == whole && p.From >= after {
			return p.From, true
		}
	}
	return 0, false
}

// started waits for the lamp test.
func (w *watcher) started(ctx context.Context) error {
	return w.until(ctx, "the lamp test", startIn, func([]lights.Sample) bool {
		_, ok := w.told(catalogue.WholeLampTest, 0)
		return ok
	})
}

// lit waits for any light.
func (w *watcher) lit(ctx context.Context) error {
	return w.until(ctx, "any light", startIn, func(all []lights.Sample) bool {
		return len(all) > 0 && !lights.All(all[len(all)-1].Frame, leds.Off)
	})
}

// final waits until the lights have said one thing long enough, after a moment of the board's clock, and nothing is
// being tested.
func (w *watcher) final(ctx context.Context, after, limit time.Duration) (row catalogue.Row, err error) {
	failed := errors.New("too few looks at the lights")
	err = w.until(ctx, "lights that stay as they are", limit, func(all []lights.Sample) bool {
		row, failed = settled(all, after)
		return failed == nil
	})
	if err != nil {
		err = w.unseen(after, errors.Join(err, failed))
	}
	return row, err
}

var errTesting = errors.New("still testing, or dark")

// settled reads the row at the end of the samples: at a glance when nothing moves, else by counting.
func settled(all []lights.Sample, after time.Duration) (catalogue.Row, error) {
	row, err := decodeLast(all, after, steadyFor)
	for _, most := range []int{4, mostFlashes} {
		if err != nil {
			row, err = decodeLast(all, after, countFor(most))
		}
	}
	if err == nil && !said(row) {
		err = errTesting
	}
	return row, err
}

// countFor holds two whole counts of up to so many flashes, wherever it begins.
func countFor(flashes int) time.Duration {
	return 3 * (time.Duration(flashes)*(leds.FlashOn+leds.FlashOff) + leds.Pause)
}

// decodeLast reads the samples of the last so many seconds.
func decodeLast(all []lights.Sample, after, last time.Duration) (catalogue.Row, error) {
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].At < after {
			break
		}
		if all[len(all)-1].At-all[i].At >= last {
			return lights.Decode(all[i:])
		}
	}
	return catalogue.Row{}, lights.ErrChanged
}

// said: some light shines and none is still being tested.
func said(row catalogue.Row) bool {
	dark := true
	for _, l := range row {
		if l.State == catalogue.LightTesting {
			return false
		}
		dark = dark && l.State == catalogue.LightUntested
	}
	return !dark
}

// steadySince is when the frame that shines last began, by the board's clock.
func steadySince(all []lights.Sample) time.Duration {
	n := len(all) - 1
	for n > 0 && all[n-1].Frame == all[n].Frame {
		n--
	}
	return all[n].At
}

// drawn writes a row as "g g g r2 -".
func drawn(row catalogue.Row) string {
	letters := map[catalogue.LightState]string{catalogue.LightGreen: "g", catalogue.LightAmber: "a", catalogue.LightRed: "r",
		catalogue.LightTesting: "testing", catalogue.LightUntested: "-"}
	var words []string
	for _, l := range row {
		word := letters[l.State]
		if l.Counting {
			word += fmt.Sprint(l.Flashes)
		}
		words = append(words, word)
	}
	return strings.Join(words, " ")
}
