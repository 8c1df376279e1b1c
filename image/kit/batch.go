package kit

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"trunktester/appliance/profile"
)

// Batch makes the cards of a list.
type Batch struct {
	Base   *Card
	List   *List
	Common *profile.File // what all kits share; nil for nothing
	Beside string        // the folder that profiles named in the list are relative to
	Out    string        // the folder for the cards
	Packed bool          // cards are .img.gz
	Force  bool          // replace cards that are there and differ
	AtOnce int           // cards written at the same time, at least 1
	// Report is called after each kit, by one goroutine at a time, with the number of kits; nil for nobody.
	Report func(r Result, of int)
}

// Outcome is what became of one kit.
type Outcome string

// The outcomes.
const (
	Made      Outcome = "made"
	Unchanged Outcome = "unchanged" // it was there already, with this profile and this base
	Refused   Outcome = "refused"   // its row, or what stands in its place, is not right
	Failed    Outcome = "failed"    // the machine would not
	NotMade   Outcome = "not made"  // stopped before
)

// Result is what became of one kit, without its secrets.
type Result struct {
	Line    int
	Kit     string
	File    string // in Batch.Out; "" where the kit has no name
	Sum     string // SHA-256 of the file in hex, "" where there is none
	Outcome Outcome
	Err     error // for Refused and Failed
}

// Run makes what is missing and returns one result for each row, in their order. One bad row does not stop
// the others; when the context ends, no half card is left.
func (b *Batch) Run(ctx context.Context) ([]Result, error) {
	// The cards hold passwords: nobody else may read them.
	if err := os.MkdirAll(b.Out, 0o700); err != nil {
		return nil, err
	}
	all := plan(b.List, b.Common, func(name string) (*profile.File, error) {
		if !filepath.IsAbs(name) {
			name = filepath.Join(b.Beside, name)
		}
		return ReadProfile(name)
	})
	results := make([]Result, len(all))
	next := make(chan int)
	var workers sync.WaitGroup
	var reporting sync.Mutex
	for range max(1, b.AtOnce) {
		workers.Go(func() {
			for i := range next {
				results[i] = b.one(ctx, all[i])
				if b.Report != nil {
					reporting.Lock()
					b.Report(results[i], len(all))
					reporting.Unlock()
				}
			}
		})
	}
	for i := range all {
		next <- i
	}
	close(next)
	workers.Wait()
	return results, nil
}

// one makes one card, if it is not there.
func (b *Batch) one(ctx context.Context, p planned) Result {
	r := Result{Line: p.line, Kit: p.kit}
	if p.err != nil {
		r.Outcome, r.Err = Refused, p.err
		return r
	}
	r.File = p.file + ".img"
	if b.Packed {
		r.File += ".gz"
	}
	out := filepath.Join(b.Out, r.File)
	if _, err := os.Lstat(out); err == nil {
		sum, same, err := b.Base.carries(ctx, out, p.text)
		if err == nil && same {
			r.Sum, r.Outcome = sum, Unchanged
			return r
		}
		if !b.Force && ctx.Err() == nil {
			r.Outcome = Refused
			r.Err = inputf("%s is there with another profile or from another base: -force makes it again", out)
			return r
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		r.Outcome, r.Err = Failed, err
		return r
	}
	var err error
	if err = ctx.Err(); err == nil {
		r.Sum, err = Personalise(ctx, b.Base, p.text, out, b.Force)
	}
	input := InputError("")
	switch {
	case err == nil:
		r.Outcome = Made
	case ctx.Err() != nil:
		r.Outcome = NotMade
	case errors.As(err, &input):
		r.Outcome, r.Err = Refused, err
	default:
		r.Outcome, r.Err = Failed, err
	}
	return r
}
