package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/update"
	"trunktester/appliance/updater"
	"trunktester/image/lights"
)

const (
	// writeIn is how long the box may take to check an update, write it and read it back.
	writeIn = 3 * time.Minute
	// restarts are the most that an update takes: the old version starts and gives way to the new one, and where that one
	// does not run well, the old one starts again.
	restarts = 3

	// fine are five greens. On a machine that is too busy for the emulator the line measures as poor.
	fine = "g g g g g|g a7 g g g"
)

// parcel is an update as it lies on a stick.
type parcel struct {
	file  []byte
	claim update.Manifest
}

func readParcel(name string) (parcel, error) {
	file, err := os.ReadFile(name)
	if err != nil {
		return parcel{}, err
	}
	f, err := update.Open(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		return parcel{}, fmt.Errorf("%s: %w", name, err)
	}
	return parcel{file, f.Claims()}, nil
}

// updates are the visits of sticks with updates, for a card that was made with their key. folder holds new.update, which runs
// well, and the secret key; where it holds exits.update and hangs.update, which do not run well, those are tried too. The power
// is cut so many times in all, at moments that the seed decides.
func updates(folder string, cuts int, seed uint64) ([]visit, error) {
	good, err := readParcel(filepath.Join(folder, "new.update"))
	if err != nil {
		return nil, err
	}
	bad, err := refusedOnes(filepath.Join(folder, "update.key"), good)
	if err != nil {
		return nil, err
	}
	all := []visit{
		{"update", "healthy", []step{
			{"a kit with its profile", fine, kit, runs("old")},
			{"an update on a stick", fine, updated(good, nil), runs("new")},
			{"off and on again", fine, again, runs("new")},
			{"back at the PC", "", atPC, standing(3, "")},
		}},
		{"update-refused", "healthy", append([]step{{"a kit with its profile", fine, kit, runs("old")}},
			append(bad, step{"back at the PC", "", atPC, standing(2, "")})...)},
		{"update-gone", "healthy", failing(good, zeroed)},
		{"update-damaged", "healthy", failing(good, scrambled)},
		{"update-cut", "healthy", cutSteps(good, cuts, seed)},
	}
	for name, steps := range map[string]func(parcel) []step{"exits": twice, "hangs": func(p parcel) []step { return failing(p, nil) }} {
		p, err := readParcel(filepath.Join(folder, name+".update"))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil:
			return nil, err
		}
		all = append(all, visit{"update-" + name, "healthy", steps(p)})
	}
	return all, nil
}

// failing are the steps of an update that does not run well, for whatever reason: the box goes back and says so. damage comes
// to the card after the update was written; nil for none.
func failing(p parcel, damage func(*card) error) []step {
	return []step{
		{"a kit with its profile", fine, kit, runs("old")},
		{"the update on a stick", fine, updated(p, damage), goneBack(p, "did not start well, or the power went")},
		{"off and on again", fine, again, runs("old")},
		{"back at the PC", "", atPC, standing(2, p.claim.Version)},
	}
}

// twice are those steps, and the same stick again and again.
func twice(p parcel) []step {
	steps := failing(p, nil)
	return append(steps[:2:2],
		step{"the same once more", fine, updated(p, nil), goneBack(p, "did not start well; the box went on")},
		step{"and once more", "", refuses(p.file, updater.ErrFailed.Error()), nil},
		steps[2], steps[3])
}

// goneBack: the old version runs, and the page tells why.
func goneBack(p parcel, why string) func(context.Context, *site) error {
	return func(ctx context.Context, s *site) error {
		return errors.Join(runs("old")(ctx, s), s.says(ctx, "The update to version "+p.claim.Version+" "+why))
	}
}

// runs checks the version that the report names.
func runs(version string) func(context.Context, *site) error {
	return func(_ context.Context, s *site) error {
		s.note("version %s", s.shown.Version)
		if s.shown.Version != version {
			return fmt.Errorf("version %s runs, and not %s", s.shown.Version, version)
		}
		return nil
	}
}

// says looks for a sentence on the page.
func (s *site) says(ctx context.Context, sentence string) error {
	page, err := s.laptop.page(ctx)
	if err == nil && !strings.Contains(page, sentence) {
		err = fmt.Errorf("the page does not say %q", sentence)
	}
	return err
}

func again(ctx context.Context, s *site) error { s.off(); return s.on(ctx) }

func atPC(_ context.Context, s *site) error { s.off(); return nil }

// standing checks in a PC what the card will start, and what the box remembers of the update that failed last: its version,
// "" for none.
func standing(root int, failed string) func(context.Context, *site) error {
	return func(ctx context.Context, s *site) error {
		cmdline, err := s.card.load()
		if err != nil {
			return err
		}
		s.note("root %d starts", root)
		if want := fmt.Sprintf("/PARTNROFF=%d ", root-1); !strings.Contains(cmdline, want) || strings.Contains(cmdline, "gokrazy.") {
			err = fmt.Errorf("cmdline.txt is %q, without %q or with a trial in it", strings.TrimSpace(cmdline), want)
		}
		l, broken := s.card.lasting(ctx)
		if broken != nil {
			return errors.Join(err, broken)
		}
		memory, broken := l.updates()
		err = errors.Join(err, broken)
		got := ""
		if memory.Failed != nil {
			got = memory.Failed.Version
		}
		if memory.Trying != nil || got != failed {
			err = errors.Join(err, fmt.Errorf("the box remembers %q as failed, and %v as tried", got, memory.Trying))
		}
		return errors.Join(err, s.stored(ctx, s.lab.File))
	}
}

// updated gives the running box an update, and follows its restarts to the next lamp test. damage is done to the card at the
// first one; nil for none.
func updated(p parcel, damage func(*card) error) func(context.Context, *site) error {
	return func(ctx context.Context, s *site) error {
		if err := s.written(ctx, p); err != nil {
			return err
		}
		if damage != nil {
			s.off()
			if err := damage(s.card); err != nil {
				return err
			}
		}
		return s.settles(ctx)
	}
}

// offer puts a stick with an update file in.
func (s *site) offer(ctx context.Context, file []byte) (err error) {
	if s.stick, err = newStick(ctx, s.folder, fmt.Sprintf("stick%d", s.sticks), map[string][]byte{update.FileName: file}); err != nil {
		return err
	}
	s.sticks++
	s.since = s.watch.now()
	return s.board.plug(s.stick)
}

// written offers an update and waits until the box has written it, and restarts.
func (s *site) written(ctx context.Context, p parcel) error {
	return errors.Join(s.offer(ctx, p.file), s.saw(ctx, catalogue.WholeWriting, importIn), s.watch.until(ctx, "a restart", writeIn, s.restarting))
}

// settles switches the board off and on as often as it wants to restart, until its lights say that the program runs.
func (s *site) settles(ctx context.Context) error {
	for range restarts {
		s.off()
		if err := s.light(ctx, plugged{card: s.card, network: s.network}); err != nil {
			return err
		}
		again := false
		err := s.watch.until(ctx, "the lamp test, or another restart", startIn, func(seen []lights.Sample) bool {
			_, begun := s.watch.told(catalogue.WholeLampTest, 0)
			again = s.restarting(seen)
			return begun || again
		})
		if err != nil || !again {
			return err
		}
		s.note("restart at %.0f s", s.watch.now().Seconds())
	}
	return errors.New("the box restarts again and again")
}

// restarting says whether the kernel restarts, by itself or because it panicked. The emulated board then stands still: what
// restarts a real one is the watchdog, which is left out here.
func (s *site) restarting([]lights.Sample) bool {
	text, err := os.ReadFile(filepath.Join(s.folder, "serial.log"))
	return err == nil && (bytes.Contains(text, []byte("reboot: Restarting system")) || bytes.Contains(text, []byte("Rebooting in ")))
}
