package store

import (
	"errors"
	"fmt"
	"time"
)

const (
	timeFile = "time"
	timeKind = "time"
)

// LastTime is the last true time that was kept, zero when there is none. The one before never stands in for a damaged one:
// it may be the wrong time that was corrected.
func (s *Store) LastTime() time.Time {
	last, _ := within(s, s.patience, func() (time.Time, error) { return s.lastTime(), nil }) // a Problem tells
	return last
}

func (s *Store) lastTime() (last time.Time) {
	places := s.enter()
	defer leave(places)
	for _, p := range places {
		body, err := read(p.root, timeFile, timeKind)
		if err == nil {
			err = parseTime(body, &last)
		}
		s.note(p.dir, "time", "read", ignoreMissing(err))
	}
	return last
}

// parseTime takes a kept time if it is later than the one that is known.
func parseTime(body []byte, last *time.Time) error {
	t, err := time.Parse(time.RFC3339, string(body))
	if err != nil {
		return fmt.Errorf("time: %w: %w", errCorrupt, err)
	}
	if t.After(*last) {
		*last = t
	}
	return nil
}

// KeepTime writes a true time down in the most durable directory, for a clock that begins in 1970 at the
// next power-on. A later time that stood there is gone: it was wrong.
func (s *Store) KeepTime(t time.Time) error {
	return s.alone(s.patience, func() error { return s.keepTime(t) })
}

func (s *Store) keepTime(t time.Time) error {
	places := s.enter()
	defer leave(places)
	if len(places) == 0 || len(s.dirs) == 0 || places[len(places)-1].dir != s.dirs[len(s.dirs)-1] {
		return errors.New("keep the time: there is no lasting directory")
	}
	p := places[len(places)-1]
	err := write(p.root, timeFile, timeKind, []byte(t.UTC().Format(time.RFC3339)))
	s.note(p.dir, "time", "write", err)
	return err
}
