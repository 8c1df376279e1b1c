package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/profile"
	"trunktester/image/lights"
	"trunktester/leds"
)

const (
	lookEvery = 60 * time.Millisecond
	// window holds two whole counts of up to four flashes, wherever it begins.
	window = 3 * (4*(leds.FlashOn+leds.FlashOff) + leds.Pause)
)

// watcher keeps looking at the lights, as long as the board is on.
type watcher struct {
	board    *board
	wiring   profile.LEDs
	samples  []lights.Sample
	lampTest time.Duration // when it was first seen, by the board's clock; 0 for never
}

// look takes one more sample.
func (w *watcher) look() error {
	registers, at, err := w.board.look()
	if err != nil {
		return err
	}
	frame := registers.Frame(w.wiring)
	if n := len(w.samples); n > 0 && at <= w.samples[n-1].At {
		return nil // not a moment later
	}
	w.samples = append(w.samples, lights.Sample{At: at, Frame: frame})
	if lights.All(frame, leds.Amber) && w.lampTest == 0 {
		w.lampTest = at
	}
	return nil
}

// until looks until enough says so.
func (w *watcher) until(ctx context.Context, enough func() bool) error {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		if err := w.look(); err != nil {
			return err
		}
		if enough() {
			return nil
		}
		select {
		case err := <-w.board.done:
			w.board.done <- err
			return fmt.Errorf("the emulator ended: %w", err)
		case <-ctx.Done():
			return fmt.Errorf("%w; the lights: %v", ctx.Err(), w.samples[len(w.samples)-1].Frame)
		case <-tick.C:
		}
	}
}

// last are the samples of the last window, false before there are enough.
func (w *watcher) last() ([]lights.Sample, bool) {
	end := w.samples[len(w.samples)-1].At
	for i := len(w.samples) - 1; i >= 0; i-- {
		if end-w.samples[i].At >= window {
			return w.samples[i:], true
		}
	}
	return nil, false
}

// final looks until the lights have said the same for a whole window, and nothing is being tested.
func (w *watcher) final(ctx context.Context) (catalogue.Row, error) {
	var row catalogue.Row
	failed := errors.New("the lights said nothing yet")
	err := w.until(ctx, func() bool {
		if len(w.samples)%8 != 0 || w.lampTest == 0 {
			return false
		}
		samples, ok := w.last()
		if !ok || samples[0].At < w.lampTest+leds.LampTest {
			return false
		}
		row, failed = lights.Decode(samples)
		return failed == nil && said(row)
	})
	if err != nil {
		return row, errors.Join(err, failed)
	}
	return row, nil
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

// steadySince is when the frame that shines now began, by the board's clock.
func (w *watcher) steadySince() time.Duration {
	n := len(w.samples) - 1
	for n > 0 && w.samples[n-1].Frame == w.samples[n].Frame {
		n--
	}
	return w.samples[n].At
}

// drawn writes a row as "g g g r2 -".
func drawn(row catalogue.Row) string {
	var words []string
	for _, l := range row {
		word := map[catalogue.LightState]string{catalogue.LightGreen: "g", catalogue.LightAmber: "a", catalogue.LightRed: "r",
			catalogue.LightTesting: "testing"}[l.State]
		if word == "" {
			word = "-"
		}
		if l.Counting {
			word += fmt.Sprint(l.Flashes)
		}
		words = append(words, word)
	}
	return strings.Join(words, " ")
}
