package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/report"
	"trunktester/image/lights"
	"trunktester/leds"
)

// visits are what is tried, and what must be seen, written by hand.
func visits() []visit {
	return append([]visit{
		{"healthy", "healthy", []step{
			{"a card without a profile", "g g - - -", func(ctx context.Context, s *site) error { return s.on(ctx) }, noTrunk},
			{"trunk.toml on a stick", "g g g g g", stickIn, greens},
			{"back at the PC", "", func(_ context.Context, s *site) error { s.off(); return nil }, afterStick},
			{"on again, as any day", "g g g g g", func(ctx context.Context, s *site) error { return s.on(ctx) }, greens},
		}},
		{"wrong-login", "wrong-login", []step{
			{"trunk.toml dropped on the card", "g g g r2 -", dropped, nil},
			{"back at the PC", "", func(_ context.Context, s *site) error { s.off(); return nil }, afterDrop},
			{"a bad trunk.toml dropped on the card", "g g g r2 -", droppedBad, nil},
			{"back at the PC again", "", func(_ context.Context, s *site) error { s.off(); return nil }, afterBadDrop},
		}},
		{"sip-alg-registers", "sip-alg-registers", []step{{"a kit with its profile", "g g a2 g g", kit, nil}}},
		{"cable-out-and-in", "healthy", []step{
			{"a kit, its cable out", "r1 - - - -", kitWithoutCable, nil},
			{"the cable in", "g g g g g", cableIn, nil},
			{"the cable pulled", "r1 - - - -", cableOut, nil},
			{"the cable in again", "g g g g g", cableIn, nil},
		}},
		{"button", "sip-alg", []step{
			{"a kit with its profile", "g g r2 g r", kit, nil},
			{"a short press", "", steps("g g r g r1"), nil},
			{"another one", "", steps("g g r2 g r"), nil},
			{"held for three seconds", "g g r2 g r", runsAgain, nil},
			{"held until the row blinks, let go", "g g - - -", wipes, nil},
			{"back at the PC", "", func(_ context.Context, s *site) error { s.off(); return nil }, wiped},
		}},
		{"no-address", "no-address", []step{{"a kit with its profile", "r2 - - - -", kit, nil}}},
	}, spoiledVisits()...)
}

// longVisits are tried only when they are asked for by name.
func longVisits() []visit {
	return []visit{
		{"selftest", "healthy", []step{
			{"a kit with its profile", "g g g g g", kit, nil},
			{"a stick that asks for a self-test", "", asksForSelftest, nil},
		}},
	}
}

// selftestIn is how long the box may test itself: the emulated one is slower than a real one by far.
const selftestIn = 20 * time.Minute

// asksForSelftest puts a stick in, and reads what the box found.
func asksForSelftest(ctx context.Context, s *site) (err error) {
	if s.stick, err = newStick(ctx, s.folder, "stick", map[string][]byte{"selftest.txt": nil}); err != nil {
		return err
	}
	s.since = s.watch.now()
	if err := s.board.plug(s.stick); err != nil {
		return err
	}
	if err := s.saw(ctx, catalogue.WholeWriting, importIn); err != nil {
		return err
	}
	done := s.saw(ctx, catalogue.WholeDone, selftestIn)
	s.off()
	files, err := s.stick.files(ctx)
	for name, content := range files {
		if name == "selftest-RESULT.txt" {
			s.note("%s", strings.ReplaceAll(strings.TrimSpace(string(content)), "\r\n", "; "))
		}
	}
	return errors.Join(done, err)
}

// kit switches a card on that came with its profile.
func kit(ctx context.Context, s *site) error {
	return errors.Join(s.card.personalise(s.lab.File), s.on(ctx))
}

// noTrunk looks at all that can be seen of the box from outside.
func noTrunk(ctx context.Context, s *site) error {
	var err error
	if code := s.shown.Verdict.Code; code != "no-trunk" {
		err = fmt.Errorf("the report says %q without a profile", code)
	}
	page, failed := s.laptop.page(ctx)
	if err = errors.Join(err, failed); failed == nil && !strings.Contains(strings.ToLower(page), "no trunk") {
		err = errors.Join(err, errors.New("the page does not say that there is no trunk"))
	}
	ports := s.laptop.open()
	s.note("open ports %v", ports)
	if len(ports) != 1 || ports[0] != 80 {
		err = errors.Join(err, fmt.Errorf("ports %v are open instead of 80 alone", ports))
	}
	return err
}

// stickIn puts a stick into the running box, with a profile that Windows wrote.
func stickIn(ctx context.Context, s *site) (err error) {
	if s.stick, err = newStick(ctx, s.folder, "stick", map[string][]byte{"trunk.toml": byWindows(s.lab.File)}); err != nil {
		return err
	}
	s.since = s.watch.now()
	if err := s.board.plug(s.stick); err != nil {
		return err
	}
	return errors.Join(s.saw(ctx, catalogue.WholeWriting, importIn), s.saw(ctx, catalogue.WholeDone, importIn))
}

// greens says when they came, and how much memory the program has after a run or two.
func greens(ctx context.Context, s *site) error {
	s.note("five greens at %.1f s", steadySince(s.watch.seen()).Seconds())
	memory, err := s.laptop.memory(ctx)
	if err != nil {
		return err
	}
	s.note("resident memory %.1f MiB", float64(memory)/(1<<20))
	if memory > memoryMost {
		return fmt.Errorf("the program has %.1f MiB of resident memory, more than %d", float64(memory)/(1<<20), memoryMost>>20)
	}
	return nil
}

// afterStick looks at what the box left on the stick and on the card.
func afterStick(ctx context.Context, s *site) error {
	var err error
	files, failed := s.stick.files(ctx)
	err = errors.Join(err, failed)
	reports := 0
	for name, content := range files {
		if strings.Contains(string(content), secret(s.lab.File)) {
			err = errors.Join(err, fmt.Errorf("%s on the stick holds the password", name))
		}
		if filepath.Ext(name) != ".json" {
			continue
		}
		r, failed := report.Decode(content)
		if failed == nil && drawn(r.Row()) != drawn(s.shown.Row()) {
			failed = fmt.Errorf("%s was shown", drawn(s.shown.Row()))
		}
		if failed != nil {
			err = errors.Join(err, fmt.Errorf("the report %s on the stick, %s: %w", name, drawn(r.Row()), failed))
		}
		reports++
	}
	if reports != 1 {
		err = errors.Join(err, fmt.Errorf("%d reports on the stick instead of 1: %s", reports, slices.Sorted(maps.Keys(files))))
	}
	s.note("%d report on the stick", reports)
	if found, failed := s.stick.holds(secret(s.lab.File)); failed != nil || found {
		err = errors.Join(err, failed, errors.New("the password can still be read from the stick"))
	}
	return errors.Join(err, s.stored(ctx, s.lab.File))
}

// stored checks that the card keeps the profile, and that all on its lasting partition is whole.
func (s *site) stored(ctx context.Context, profile string) error {
	l, err := s.card.lasting(ctx)
	if err != nil {
		return err
	}
	reports, err := l.reports()
	s.note("%d reports on the card, file system clean", len(reports))
	if len(reports) == 0 {
		err = errors.Join(err, errors.New("no report on the card"))
	}
	text, mode, failed := l.profile()
	if err = errors.Join(err, failed); failed != nil {
		return err
	}
	if string(text) != profile && string(text) != string(byWindows(profile)) {
		err = errors.Join(err, fmt.Errorf("the profile on the card, %d bytes, is not the one that was given", len(text)))
	} else if mode != 0o600 {
		err = errors.Join(err, fmt.Errorf("the profile on the card has mode %v", mode))
	}
	return err
}

// dropped gives the card its profile from any PC.
func dropped(ctx context.Context, s *site) error {
	if err := s.card.drop(ctx, "trunk.toml", byWindows(s.lab.File)); err != nil {
		return err
	}
	return errors.Join(s.on(ctx), s.saw(ctx, catalogue.WholeDone, importIn))
}

// afterDrop: the plain text is gone from the boot partition, and the card keeps the profile.
func afterDrop(ctx context.Context, s *site) error {
	volume, err := s.card.volume()
	if err == nil && strings.Contains(string(volume), secret(s.lab.File)) {
		err = errors.New("the password can still be read from the boot partition")
	}
	return errors.Join(err, s.stored(ctx, s.lab.File))
}

// badProfile has a mistake in its third line.
const badProfile = "[trunk]\ndomain = \"sip.example.net\"\nusername = 5\n"

// droppedBad gives the card a file with a mistake.
func droppedBad(ctx context.Context, s *site) error {
	if err := s.card.drop(ctx, "trunk.toml", []byte(badProfile)); err != nil {
		return err
	}
	return errors.Join(s.on(ctx), s.saw(ctx, catalogue.WholeRefused, importIn))
}

// afterBadDrop: a file beside the bad one says where the mistake is, and the old profile is still there.
func afterBadDrop(ctx context.Context, s *site) error {
	told, err := s.card.read("trunk-ERROR.txt")
	if err == nil && !strings.Contains(string(told), "line 3") {
		err = fmt.Errorf("trunk-ERROR.txt does not name line 3: %q", strings.TrimSpace(string(told)))
	}
	return errors.Join(err, s.stored(ctx, s.lab.File))
}

// secret is the password of a profile.
func secret(file string) string {
	_, after, _ := strings.Cut(file, "password")
	_, after, _ = strings.Cut(after, `"`)
	before, _, _ := strings.Cut(after, `"`)
	return before
}

// kitWithoutCable is switched on before anybody has put its cable in.
func kitWithoutCable(ctx context.Context, s *site) error {
	s.network.Plug(false)
	return kit(ctx, s)
}

func cableIn(_ context.Context, s *site) error {
	s.since = s.watch.now()
	s.network.Plug(true)
	return nil
}

// cableOut waits until light 1 says something else: a cable is missed after seconds.
func cableOut(ctx context.Context, s *site) error {
	s.network.Plug(false)
	err := s.watch.until(ctx, "light 1 to leave green", runIn, func(all []lights.Sample) bool {
		return len(all) > 0 && all[len(all)-1].Frame[0] != leds.Green
	})
	s.since = s.watch.now()
	return err
}
