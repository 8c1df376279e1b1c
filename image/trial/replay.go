package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"

	"trunktester/image/fat"
	"trunktester/image/gpt"
	"trunktester/image/writelog"
)

// recording is what a card held, what it was given to write then, and which profiles it was given, oldest first.
type recording struct {
	log      *writelog.Log
	card     *card
	perm     string // file: the lasting partition before
	boot     []byte // the boot partition before
	profiles [][]byte
}

// outcome counts what was tried.
type outcome struct {
	cuts     int // of the power
	states   int // of the card, each checked
	repaired int // in which a full check of the file system, which the box does not make, had something to correct
	seen     int // profiles that some state held
}

// loss is one thing that may have become of what was not flushed.
type loss struct {
	what string
	kind writelog.Lost
	dice uint64
}

// losses are what is tried at a cut. Right after a flush there is nothing to lose; else a card without a cache is
// tried, and three that wrote some of it. What a card that wrote nothing holds, the cut at the flush has shown.
func losses(cut writelog.Cut, seed uint64) []loss {
	if cut.Until == cut.Lasting {
		return []loss{{"with all flushed", writelog.All, 0}}
	}
	return []loss{{"with all written", writelog.None, 0}, {"with some written", writelog.Some, seed},
		{"with some written", writelog.Some, seed + 1}, {"with some written", writelog.Some, seed + 2}}
}

// replay cuts the power after every single write of the recording, or after so many of them at most, each time with
// other losses, and checks what the next boot would find. It stops at the first state that is not whole.
func (r recording) replay(ctx context.Context, seed uint64, most int) (outcome, error) {
	cuts := r.log.Cuts()
	if most > 0 && most < len(cuts) {
		cuts = spread(cuts, most)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	workers := min(runtime.NumCPU(), len(cuts))
	done := make([]outcome, workers)
	held := make([]map[int]bool, workers)
	var working sync.WaitGroup
	for i := range workers {
		working.Go(func() {
			var err error
			mine := cuts[i*len(cuts)/workers : (i+1)*len(cuts)/workers]
			if done[i], held[i], err = r.part(ctx, i, mine, seed); err != nil {
				cancel(err)
			}
		})
	}
	working.Wait()
	all, profiles := outcome{cuts: len(cuts)}, map[int]bool{}
	for i := range workers {
		all.states += done[i].states
		all.repaired += done[i].repaired
		for n := range held[i] {
			profiles[n] = true
		}
	}
	all.seen = len(profiles)
	return all, context.Cause(ctx)
}

// spread takes n of the cuts, the first and the last among them, as evenly as it goes.
func spread(cuts []writelog.Cut, n int) []writelog.Cut {
	var some []writelog.Cut
	for i := range n {
		some = append(some, cuts[i*(len(cuts)-1)/max(n-1, 1)])
	}
	return some
}

// part tries some cuts that follow one another, in files of its own.
func (r recording) part(ctx context.Context, worker int, cuts []writelog.Cut, seed uint64) (outcome, map[int]bool, error) {
	var done outcome
	held := map[int]bool{}
	lasting := filepath.Join(r.card.folder, fmt.Sprintf("lasting-%d.img", worker))
	state := filepath.Join(r.card.folder, fmt.Sprintf("state-%d.img", worker))
	folder := filepath.Join(r.card.folder, fmt.Sprintf("state-%d", worker))
	if err := copySparse(ctx, r.perm, lasting); err != nil {
		return done, held, err
	}
	boot := slices.Clone(r.boot)
	applied, least := 0, 0
	for _, cut := range cuts {
		if err := r.apply(lasting, boot, r.log.Survivors(writelog.Cut{Lasting: applied, Until: cut.Lasting}, writelog.None, nil)); err != nil {
			return done, held, err
		}
		applied = cut.Lasting
		for _, l := range losses(cut, seed) {
			err := errors.Join(os.RemoveAll(folder), copySparse(ctx, lasting, state))
			pieces := r.log.Survivors(cut, l.kind, rand.New(rand.NewPCG(l.dice, uint64(cut.Until))))
			volume := boot
			if slices.ContainsFunc(pieces, r.starts) {
				volume = slices.Clone(boot)
			}
			if err == nil {
				err = r.apply(state, volume, pieces)
			}
			if err == nil {
				err = bootable(r.boot, volume)
			}
			var profile int
			var repaired bool
			if err == nil {
				profile, repaired, err = r.whole(ctx, state, folder)
			}
			if err == nil && l.kind == writelog.All {
				if profile < least {
					err = fmt.Errorf("profile %d came back after profile %d had lasted", profile, least)
				}
				least = max(least, profile)
			}
			if err != nil {
				return done, held, fmt.Errorf("the power goes after write %d of %d, flushed until %d, %s (seed %d): %w",
					cut.Until, len(r.log.Entries), cut.Lasting, l.what, l.dice, err)
			}
			held[profile] = true
			done.states++
			if repaired {
				done.repaired++
			}
		}
	}
	return done, held, nil
}

// apply writes pieces to both partitions.
func (r recording) apply(perm string, boot []byte, pieces []writelog.Piece) error {
	f, err := os.OpenFile(perm, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	for _, p := range pieces {
		data, err := r.log.Data(p.Entry)
		if err != nil {
			return errors.Join(err, f.Close())
		}
		at, data := p.Entry.At+p.From, data[p.From:p.From+p.Size]
		if inside(at, r.card.boot) {
			copy(boot[at-r.card.boot.Offset:], data)
		} else if inside(at, r.card.perm) {
			_, err = f.WriteAt(data, at-r.card.perm.Offset)
		} else {
			err = fmt.Errorf("%d bytes were written at %d, outside the boot and the lasting partition", len(data), at)
		}
		if err != nil {
			return errors.Join(err, f.Close())
		}
	}
	return f.Close()
}

// starts says whether a piece belongs to the boot partition.
func (r recording) starts(p writelog.Piece) bool { return inside(p.Entry.At, r.card.boot) }

func inside(at int64, p gpt.Partition) bool { return at >= p.Offset && at < p.Offset+p.Size }

// forPeople are the files of the boot partition that may change.
func forPeople(name string) bool { return name == "trunk.toml" || name == "trunk-ERROR.txt" }

// bootable checks that what starts the board is as it was.
func bootable(was, is []byte) error {
	if bytes.Equal(is, was) {
		return nil
	}
	before, err := fat.Files(was)
	if err != nil {
		return err
	}
	now, err := fat.Files(is)
	if err != nil {
		return fmt.Errorf("the boot partition: %w", err)
	}
	for _, f := range before {
		if forPeople(f.Name) {
			continue
		}
		if !slices.ContainsFunc(now, func(g fat.File) bool { return g.Name == f.Name && bytes.Equal(g.Data, f.Data) }) {
			return fmt.Errorf("%s on the boot partition has changed", f.Name)
		}
	}
	return nil
}

// whole checks the lasting partition, and says which of the profiles it holds.
func (r recording) whole(ctx context.Context, volume, folder string) (profile int, repaired bool, err error) {
	l, err := openLasting(ctx, volume, folder)
	if err != nil {
		return 0, false, err
	}
	if err := l.whole(r.profiles...); err != nil {
		return 0, false, err
	}
	text, _, err := l.profile()
	return slices.IndexFunc(r.profiles, func(p []byte) bool { return bytes.Equal(p, text) }), l.repaired, err
}
