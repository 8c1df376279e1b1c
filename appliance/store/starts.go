package store

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

const (
	startsFile = "starts"
	startsKind = "starts"
	mostStarts = 16 // that are kept, of one window
)

// starts are the times, since boot, at which the program was started again; oldest first.
type starts struct {
	Boot  string          `json:"boot"` // the boot that they belong to
	Again []time.Duration `json:"again"`
}

// next is the starts after one more. The first since power-on is not a start again; those before the window
// are forgotten.
func (s starts) next(known bool, now moment, window time.Duration) starts {
	if !known || s.Boot != now.Boot {
		return starts{Boot: now.Boot}
	}
	again := slices.DeleteFunc(append(slices.Clone(s.Again), now.Since), func(at time.Duration) bool {
		return at <= now.Since-window || at > now.Since
	})
	return starts{Boot: s.Boot, Again: again[max(0, len(again)-mostStarts):]}
}

// Started writes down that the program starts, and gives how often within the window, this time included, it
// was started again without an orderly end before. It is kept in the volatile directory: the power going
// forgets it.
func (s *Store) Started(window time.Duration) int {
	return s.withStarts(func(p place) (again int, err error) {
		before, err := readStarts(p)
		known := err == nil
		now := before.next(known, s.now(), window)
		body, _ := json.Marshal(now) // numbers and text always encode
		return len(now.Again), write(p.root, startsFile, startsKind, body)
	})
}

// Ended forgets the starts: the program ends as it was asked to.
func (s *Store) Ended() {
	s.withStarts(func(p place) (int, error) { return 0, remove(p.root, startsFile) })
}

// withStarts works in the volatile directory.
func (s *Store) withStarts(do func(place) (int, error)) int {
	n, _ := within(s, s.patience, func() (n int, err error) { // a Problem tells
		places := s.enter()
		defer leave(places)
		if len(places) > 0 && places[0].dir == s.dirs[0] {
			n, err = do(places[0])
			s.note(places[0].dir, "starts", "write", err)
		}
		return n, nil
	})
	return n
}

func readStarts(p place) (starts, error) {
	body, err := read(p.root, startsFile, startsKind)
	if err != nil {
		return starts{}, err
	}
	return parseStarts(body)
}

func parseStarts(body []byte) (starts, error) {
	var s starts
	if err := json.Unmarshal(body, &s); err != nil {
		return starts{}, fmt.Errorf("starts: %w: %w", errCorrupt, err)
	}
	return s, nil
}
