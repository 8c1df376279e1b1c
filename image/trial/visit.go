package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"trunktester/appliance/profile"
	"trunktester/appliance/report"
	"trunktester/lab"
)

// patience is for one world: the emulator boots in half a minute, and much more slowly on a busy machine.
const patience = 4 * time.Minute

// result is a row of the table.
type result struct {
	registers, report string
	also              []string
}

// visit boots the card in one world, and checks all that can be seen of the box from outside.
func visit(ctx context.Context, image string, w want, keep bool) (r result, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	r.registers, r.report = "?", "-"
	world, ok := lab.Find(w.world)
	if !ok {
		return r, fmt.Errorf("there is no world %q", w.world)
	}
	l, err := lab.Start(ctx, world, lab.Options{Seed: 1, Tap: true})
	if err != nil {
		return r, err
	}
	defer l.Close()
	folder, err := os.MkdirTemp("", "trunktrial-")
	if err != nil {
		return r, err
	}
	if keep {
		r.also = append(r.also, folder)
	} else {
		defer os.RemoveAll(folder) //nolint:errcheck // a temporary folder
	}
	cmdline, err := prepare(ctx, image, folder, l.File)
	if err != nil {
		return r, err
	}
	b, err := boot(ctx, folder, cmdline, l.Cable)
	if err != nil {
		return r, err
	}
	defer b.off()
	watch := &watcher{board: b, wiring: profile.Default().LEDs}
	if w.silent() {
		return r, seen(ctx, watch, w, &r)
	}
	neighbour := newNeighbour(l)
	if err := watch.until(ctx, finished(ctx, neighbour)); err != nil {
		return r, err
	}
	return r, errors.Join(seen(ctx, watch, w, &r), compare(ctx, neighbour, &r))
}

// finished asks the page every second whether a run has ended.
func finished(ctx context.Context, n *neighbour) func() bool {
	answers, busy := make(chan bool, 1), false
	next := time.Now()
	return func() bool {
		select {
		case done := <-answers:
			busy = false
			return done
		default:
		}
		if !busy && time.Now().After(next) {
			busy, next = true, time.Now().Add(time.Second)
			go func() {
				r, err := n.report(ctx)
				answers <- err == nil && !r.Running() && r.ID != ""
			}()
		}
		return false
	}
}

// seen waits for the lights to settle and holds them against what was wanted.
func seen(ctx context.Context, watch *watcher, w want, r *result) error {
	row, err := watch.final(ctx)
	if err != nil {
		return err
	}
	r.registers = drawn(row)
	r.also = append(r.also, fmt.Sprintf("lamp test at %.1f s of the board's clock", watch.lampTest.Seconds()))
	if r.registers != w.lights {
		return fmt.Errorf("the lights read %s", r.registers)
	}
	if w.lights == "g g g g g" {
		r.also = append(r.also, fmt.Sprintf("five greens at %.1f s", watch.steadySince().Seconds()))
	}
	return nil
}

// compare holds the report against the lights, and looks at the ports.
func compare(ctx context.Context, n *neighbour, r *result) error {
	told, err := n.report(ctx)
	if err != nil {
		return fmt.Errorf("the report: %w", err)
	}
	r.report = drawn(told.Row())
	err = n.page(ctx)
	if r.report != r.registers {
		err = errors.Join(err, fmt.Errorf("the report has %s and the lights %s: %s", r.report, r.registers, report.Spoken(told)))
	}
	ports := n.open()
	r.also = append(r.also, fmt.Sprintf("%s, open ports %v", told.Verdict.Code, ports))
	if len(ports) != 1 || ports[0] != 80 {
		err = errors.Join(err, fmt.Errorf("ports %v are open instead of 80 alone", ports))
	}
	return err
}
