package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"trunktester/appliance/catalogue"
	"trunktester/image/gpt"
	"trunktester/image/lights"
)

const (
	// cutWriting and cutTrying are when the power is cut at the latest, by the board's clock: after the first sign of writing,
	// and after the first start of what was written.
	cutWriting = 12 * time.Second
	cutTrying  = 40 * time.Second
)

// cutSteps cut the power of a box that takes an update, so many times, in turn while it is written and while it is tried; the
// dice decide which comes first. The box always starts, and runs one of the two versions.
func cutSteps(p parcel, cuts int, seed uint64) []step {
	dice := rand.New(rand.NewPCG(seed, 2))
	var all []step
	for n := dice.IntN(2); len(all) < cuts; n++ {
		if n%2 == 0 {
			at := time.Duration(dice.Int64N(int64(cutWriting)))
			all = append(all, step{fmt.Sprintf("power cut %.1f s into the writing", at.Seconds()), fine, cutWhileWriting(p, at), either(p)})
		} else {
			at := time.Duration(dice.Int64N(int64(cutTrying)))
			all = append(all, step{fmt.Sprintf("power cut %.1f s into the trial", at.Seconds()), fine, cutOnTrial(p, at), either(p)})
		}
	}
	return all
}

// another puts in another card of the old version, and waits for its first run: before, the box takes no update.
func (s *site) another(ctx context.Context) (err error) {
	s.off()
	if s.card, err = newCard(ctx, s.image, s.folder); err != nil {
		return err
	}
	if err := kit(ctx, s); err != nil {
		return err
	}
	_, _, err = s.look(ctx, fine)
	return err
}

func cutWhileWriting(p parcel, at time.Duration) func(context.Context, *site) error {
	return func(ctx context.Context, s *site) error {
		err := s.another(ctx)
		if err == nil {
			err = errors.Join(s.offer(ctx, p.file), s.saw(ctx, catalogue.WholeWriting, writeIn))
		}
		if err == nil {
			err = s.cutAt(ctx, s.since+at)
		}
		if err != nil {
			return err
		}
		return s.settles(ctx)
	}
}

func cutOnTrial(p parcel, at time.Duration) func(context.Context, *site) error {
	return func(ctx context.Context, s *site) error {
		err := s.another(ctx)
		if err == nil {
			err = s.written(ctx, p)
		}
		if err != nil {
			return err
		}
		s.off()
		if err := s.light(ctx, plugged{card: s.card, network: s.network}); err != nil {
			return err
		}
		if err := s.cutAt(ctx, at); err != nil {
			return err
		}
		return s.settles(ctx)
	}
}

// cutAt pulls the plug at a moment of the board's clock, or when the board restarts.
func (s *site) cutAt(ctx context.Context, at time.Duration) error {
	err := s.watch.until(ctx, "the moment of the cut", at+startIn, func(seen []lights.Sample) bool {
		return s.watch.now() >= at || s.restarting(seen)
	})
	s.note("cut at %.1f s", s.watch.now().Seconds())
	s.off()
	return err
}

// either checks that one of the two versions runs, that the same one starts from now on, and that it is whole on the card.
func either(p parcel) func(context.Context, *site) error {
	return func(_ context.Context, s *site) error {
		s.off()
		cmdline, err := s.card.load()
		if err != nil {
			return err
		}
		version := "old"
		if strings.Contains(cmdline, "/PARTNROFF=2 ") {
			version = p.claim.Version
		}
		s.note("version %s", s.shown.Version)
		if s.shown.Version != version || strings.Contains(cmdline, "gokrazy.") {
			return fmt.Errorf("version %s runs, and cmdline.txt is %q", s.shown.Version, strings.TrimSpace(cmdline))
		}
		if version == "old" {
			return nil // it runs, and nothing was ever written over it
		}
		root, err := section(s.card.file, gpt.Partition{Offset: s.card.roots[1].Offset, Size: p.claim.Size})
		if err == nil && fmt.Sprintf("%x", sha256.Sum256(root)) != p.claim.SHA256 {
			err = errors.New("the new version is not whole on the card")
		}
		return err
	}
}
