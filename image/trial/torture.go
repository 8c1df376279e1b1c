package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"trunktester/appliance/catalogue"
	"trunktester/image/lights"
	"trunktester/image/writelog"
)

// cutWithin is how long after power-on, by the board's clock, the power is cut at the latest: by then an idle machine
// shows five greens, and the report is on the card.
const cutWithin = 26 * time.Second

// torture cuts the power of one card, again and again, and replays what another one was given to write.
func torture(ctx context.Context, o options) (err error) {
	folder, err := os.MkdirTemp("", "trunktorture-")
	if err != nil {
		return err
	}
	if o.keep {
		fmt.Println("folder:", folder)
	} else {
		defer os.RemoveAll(folder) //nolint:errcheck // a temporary folder
	}
	s, err := arrive(ctx, o, "healthy", folder)
	if err != nil {
		return err
	}
	defer s.leave()
	if err := s.replayed(ctx, o.seed); err != nil {
		return fmt.Errorf("power cuts on the recorded writes: %w", err)
	}
	return s.cutAgain(ctx, o)
}

// version is the world's profile, told apart from others by a comment.
func (s *site) version(n int) []byte { return fmt.Appendf(nil, "%s\n# version %d\n", s.lab.File, n) }

// cutAgain boots one card so many times and cuts its power each time: in the start, while a profile is taken from a
// stick, or in a run.
func (s *site) cutAgain(ctx context.Context, o options) error {
	if err := s.card.personalise(string(s.version(0))); err != nil {
		return err
	}
	dice := rand.New(rand.NewPCG(o.seed, 1))
	now, slow := s.version(0), 1.0
	for n := range o.cuts {
		at := time.Duration(dice.Int64N(int64(cutWithin)))
		given, withStick := s.version(n+1), dice.IntN(3) > 0
		var sticks []*stick
		if withStick {
			stick, err := newStick(ctx, s.folder, "stick", map[string][]byte{"trunk.toml": given})
			if err != nil {
				return err
			}
			sticks = append(sticks, stick)
		}
		found, said, err := s.cut(ctx, plugged{card: s.card, network: s.network, sticks: sticks}, time.Duration(float64(at)*slow), now, given)
		fmt.Printf("cut %3d of %d, seed %d: at %4.1f s, stick %-5t  %s\n", n+1, o.cuts, o.seed, at.Seconds(), withStick, said)
		if err != nil {
			return fmt.Errorf("cut %d of %d with seed %d: %w", n+1, o.cuts, o.seed, err)
		}
		now, slow = found, max(slow, s.watch.slowness())
	}
	s.also = nil
	if err := s.on(ctx); err != nil {
		return fmt.Errorf("after %d cuts the card does not start: %w", o.cuts, err)
	}
	got, _, err := s.look(ctx, "g g g g g")
	fmt.Printf("after %d cuts the card starts, and its lights read %s\n", o.cuts, got)
	s.off()
	return err
}

// cut boots, pulls the plug at a moment of the board's clock, and checks the card in a PC. It returns the profile
// that is there, which must be one of the two.
func (s *site) cut(ctx context.Context, p plugged, at time.Duration, before, given []byte) (found []byte, said string, err error) {
	if err := s.light(ctx, p); err != nil {
		return nil, "", err
	}
	defer s.off()
	err = s.watch.until(ctx, "the moment of the cut", at+startIn, func(all []lights.Sample) bool { return s.watch.now() >= at })
	if err != nil {
		return nil, "", err
	}
	s.off()
	l, err := s.card.lasting(ctx)
	if err != nil {
		return nil, "", err
	}
	if err := l.whole(before, given); err != nil {
		return nil, "", err
	}
	found, _, err = l.profile()
	reports, failed := l.reports()
	word := "old"
	if bytes.Equal(found, given) {
		word = "new"
	}
	saw := "dark"
	if _, ok := s.watch.told(catalogue.WholeLampTest, 0); ok {
		saw = "lit"
	}
	return found, fmt.Sprintf("the lights were %s; the profile is the %s one, %d reports, all whole", saw, word, len(reports)), errors.Join(err, failed)
}

// replayed records a session in which two profiles arrive, one on the boot partition and one on a stick, and runs are
// reported, and cuts the power after every single write of it.
func (s *site) replayed(ctx context.Context, seed uint64) error {
	if err := s.card.personalise(string(s.version(0))); err != nil {
		return err
	}
	r := recording{card: s.card, perm: filepath.Join(s.folder, "perm-before.img"), profiles: [][]byte{s.version(0), s.version(1), s.version(2)}}
	err := s.card.drop(ctx, "trunk.toml", s.version(1))
	if err != nil {
		return err
	}
	if r.boot, err = s.card.volume(); err != nil {
		return err
	}
	if err := s.card.takePerm(r.perm); err != nil {
		return err
	}
	writes := filepath.Join(s.folder, "writes.log")
	if err := s.session(ctx, writes); err != nil {
		return err
	}
	f, err := os.Open(writes)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if r.log, err = writelog.Read(f, info.Size()); err != nil {
		return err
	}
	began := time.Now()
	done, err := r.replay(ctx, seed)
	fmt.Printf("%d writes and flushes, %d states of the card after a power cut, %d profiles seen; in %d a full check had something to correct; %.0f s\n",
		len(r.log.Entries), done.states, done.seen, done.repaired, time.Since(began).Seconds())
	if err == nil && done.seen != len(r.profiles) {
		err = fmt.Errorf("%d of %d profiles were ever on the card: the session was not recorded whole", done.seen, len(r.profiles))
	}
	return err
}

// session boots with the card in a USB reader, waits for the report of a run with the profile from the boot partition,
// gives the box another one on a stick, and waits for the next report.
func (s *site) session(ctx context.Context, writes string) error {
	defer s.off()
	if err := s.onWith(ctx, plugged{card: s.card, network: s.network, writes: writes}); err != nil {
		return err
	}
	if err := s.saw(ctx, catalogue.WholeDone, importIn); err != nil {
		return err
	}
	if _, _, err := s.look(ctx, "g g g g g"); err != nil {
		return err
	}
	stick, err := newStick(ctx, s.folder, "stick", map[string][]byte{"trunk.toml": s.version(2)})
	if err != nil {
		return err
	}
	s.since = s.watch.now()
	if err := s.board.plug(stick); err != nil {
		return err
	}
	if err := s.saw(ctx, catalogue.WholeDone, importIn); err != nil {
		return err
	}
	_, _, err = s.look(ctx, "g g g g g")
	return err
}
