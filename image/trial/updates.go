package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/update"
	"trunktester/image/lights"
)

const (
	// writeIn is how long the box may take to check an update, write it and read it back.
	writeIn = 3 * time.Minute
	// restarts are the most that an update takes: the old version starts, gives way to the new one, and that one stays.
	restarts = 3
)

// updated is the visit of a stick with an update, on a card that was made with the update's key.
func updated(file string) (visit, error) {
	f, err := os.Open(file)
	if err != nil {
		return visit{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return visit{}, err
	}
	u, err := update.Open(f, info.Size())
	if err != nil {
		return visit{}, err
	}
	version := u.Claims().Version
	return visit{"update", "healthy", []step{
		{"a kit with its profile", "g g g g g", kit, nil},
		{"trunktester.update on a stick", "g g g g g", func(ctx context.Context, s *site) error { return s.updates(ctx, file) }, runs(version)},
		{"off and on again", "g g g g g", func(ctx context.Context, s *site) error { s.off(); return s.on(ctx) }, runs(version)},
	}}, nil
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

// updates puts a stick with the update into the running box, and follows its restarts to the next lamp test.
func (s *site) updates(ctx context.Context, file string) error {
	content, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if s.stick, err = newStick(ctx, s.folder, "stick", map[string][]byte{"trunktester.update": content}); err != nil {
		return err
	}
	s.since = s.watch.now()
	if err := s.board.plug(s.stick); err != nil {
		return err
	}
	if err := s.saw(ctx, catalogue.WholeWriting, importIn); err != nil {
		return err
	}
	if err := s.watch.until(ctx, "a restart", writeIn, s.restarting); err != nil {
		return err
	}
	for range restarts {
		s.note("restart")
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
	}
	return errors.New("the box restarts again and again")
}

// restarting says whether the kernel restarts. The emulated board then stands still: what restarts a real one is the
// watchdog, which is left out here.
func (s *site) restarting([]lights.Sample) bool {
	text, err := os.ReadFile(filepath.Join(s.folder, "serial.log"))
	return err == nil && bytes.Contains(text, []byte("reboot: Restarting system"))
}
