package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/catalogue/words"
	"trunktester/appliance/report"
	"trunktester/appliance/store"
	"trunktester/image/lights"
	"trunktester/image/writelog"
	"trunktester/probes/facts"
)

// cutWithin is how long after power-on, by the board's clock, the power is cut at the latest: by then an idle machine
// shows five greens, and the report is on the card.
const cutWithin = 26 * time.Second

// torture replays what a card was given to write, cut after every write, and cuts the power of another one again and
// again.
func torture(ctx context.Context, o options) (t tally) {
	err := anew(ctx, "the recorded session", func() error {
		return o.atHome(ctx, func(s *site) error { return s.replayed(ctx, o) })
	})
	if err != nil {
		err = fmt.Errorf("power cuts on the recorded writes: %w", err)
	}
	t.count(err)
	t.count(o.atHome(ctx, func(s *site) error { return s.cutAgain(ctx, o) }))
	return t
}

// atHome has something done in a healthy world, with a card of its own.
func (o options) atHome(ctx context.Context, do func(*site) error) error {
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
	return do(s)
}

// version is the world's profile for a kit with a number: a box that is given the next one tests again.
func (s *site) version(n int) []byte {
	return []byte(strings.Replace(s.lab.File, `name = "Lab"`, fmt.Sprintf("name = \"Lab %d\"", n), 1))
}

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
		what, try := fmt.Sprintf("cut %d of %d with seed %d", n+1, o.cuts, o.seed), 0
		err := anew(ctx, what, func() (err error) {
			if try++; try > 1 {
				if err := s.replace(ctx, o.image); err != nil {
					return err
				}
				now = s.version(0)
			}
			p := plugged{card: s.card, network: s.network}
			if withStick {
				one, err := newStick(ctx, s.folder, "stick", map[string][]byte{"trunk.toml": given})
				if err != nil {
					return err
				}
				p.sticks = []*stick{one}
			}
			var said string
			now, said, err = s.cut(ctx, p, time.Duration(float64(at)*slow), now, given)
			fmt.Printf("%s: at %4.1f s, stick %-5t  %s\n", what, at.Seconds(), withStick, said)
			return err
		})
		if err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		slow = max(slow, s.watch.slowness())
	}
	return s.afterCuts(ctx, o.cuts)
}

// afterCuts sees that the card that was cut so often starts and says what it should. A start that the emulator fails in is
// tried again from the card as the last cut left it.
func (s *site) afterCuts(ctx context.Context, cuts int) error {
	kept := filepath.Join(s.folder, "cut.img")
	if err := copySparse(ctx, s.card.file, kept); err != nil {
		return err
	}
	return anew(ctx, "the start after the cuts", func() error {
		defer s.off()
		if err := copySparse(ctx, kept, s.card.file); err != nil {
			return err
		}
		s.also = nil
		if err := s.on(ctx); err != nil {
			return fmt.Errorf("after %d cuts the card does not start: %w", cuts, err)
		}
		got, _, err := s.look(ctx, "g g g g g|g g g - -")
		if err == nil && got == "g g g - -" && !heldBack(s.shown) {
			err = fmt.Errorf("lights 4 and 5 are off, though no login was interrupted: %s", report.Spoken(words.InEnglish(), s.shown))
		}
		fmt.Printf("after %d cuts the card starts, and its lights read %s\n", cuts, got)
		return s.board.blame(err)
	})
}

// heldBack says whether a box did not log in because its last login was cut off: it cannot know whether that was
// refused, and leaves the next one to a person.
func heldBack(r report.Report) bool {
	return slices.ContainsFunc(r.Steps, func(s facts.Step) bool {
		return s.ID == "login" && s.Outcome == facts.NotRun && strings.Contains(s.Saw, store.ErrRefusedBefore.Error())
	})
}

// replace takes another copy of the image, with the first profile, in place of the card.
func (s *site) replace(ctx context.Context, image string) (err error) {
	if s.card, err = newCard(ctx, image, s.folder); err != nil {
		return err
	}
	return s.card.personalise(string(s.version(0)))
}

// cut boots, pulls the plug at a moment of the board's clock, checks the card in a PC, and sees that it starts. It
// returns the profile that is there, which must be one of the two.
func (s *site) cut(ctx context.Context, p plugged, at time.Duration, before, given []byte) (found []byte, said string, err error) {
	boot, err := p.card.volume()
	if err != nil {
		return nil, "", err
	}
	if err := s.light(ctx, p); err != nil {
		return nil, "", err
	}
	defer s.off()
	err = s.watch.until(ctx, "the moment of the cut", at+startIn, func([]lights.Sample) bool { return s.watch.now() >= at })
	if err != nil {
		return nil, "", err
	}
	s.off()
	found, said, err = s.left(ctx, boot, before, given)
	if err != nil {
		return nil, said, s.watch.board.blame(err)
	}
	if err := s.on(ctx); err != nil {
		return nil, said, fmt.Errorf("the card does not start any more: %w", err)
	}
	s.off()
	return found, said + ", and the card starts", nil
}

// left is what a power cut left of the card.
func (s *site) left(ctx context.Context, boot, before, given []byte) (found []byte, said string, err error) {
	now, err := s.card.volume()
	if err == nil {
		err = bootable(boot, now)
	}
	if err != nil {
		return nil, "", err
	}
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
func (s *site) replayed(ctx context.Context, o options) error {
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
	done, err := r.replay(ctx, o.seed, o.replays)
	fmt.Printf("%d writes and flushes, the power cut after %d of them: %d states of the card, %d profiles seen; in %d a full check had something to correct; %.0f s\n",
		len(r.log.Entries), done.cuts, done.states, done.seen, done.repaired, time.Since(began).Seconds())
	if err == nil && done.seen != len(r.profiles) {
		err = fmt.Errorf("%d of %d profiles were ever on the card: the session was not recorded whole", done.seen, len(r.profiles))
	}
	return err
}

// session boots with the card in a USB reader, waits for the report of a run with the profile from the boot partition,
// gives the box another one on a stick, and waits for the next report. The lights are not asked: while the emulator plays a
// USB reader, nobody can look at them for seconds. The writes themselves tell whether both profiles arrived.
func (s *site) session(ctx context.Context, writes string) error {
	defer s.off()
	if err := s.light(ctx, plugged{card: s.card, network: s.network, writes: writes}); err != nil {
		return err
	}
	if err := s.watch.lit(ctx); err != nil {
		return err
	}
	if err := s.ended(ctx); err != nil {
		return err
	}
	var err error
	if s.shown, err = s.laptop.report(ctx); err != nil {
		return err
	}
	stick, err := newStick(ctx, s.folder, "stick", map[string][]byte{"trunk.toml": s.version(2)})
	if err != nil {
		return err
	}
	if err := s.board.plug(stick); err != nil {
		return err
	}
	return s.ended(ctx)
}
