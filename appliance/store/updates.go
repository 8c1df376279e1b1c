package store

import (
	"encoding/json"
	"fmt"
)

const (
	updatesFile = "updates"
	updatesKind = "updates"
)

// Updates is what the box remembers of its updates. Wipe leaves it: an older version stays refused.
type Updates struct {
	Floor  int64    `json:"floor"`            // the highest build that ever ran well here
	Trying *Attempt `json:"trying,omitempty"` // written to the card, and not known to run well yet
	Failed *Attempt `json:"failed,omitempty"` // the last one that did not start well
}

// Attempt is an update that was put on the card.
type Attempt struct {
	Version string `json:"version"`
	Build   int64  `json:"build"`
	Size    int64  `json:"size"`   // of its root, in bytes; 0: not known
	SHA256  string `json:"sha256"` // of its root
	Times   int    `json:"times"`  // it was put there, one after another
}

// Updates gives what is remembered; a box that never had an update remembers nothing. A memory that is damaged or lost
// falls back to the version before; damage is then a Problem.
func (s *Store) Updates() (Updates, error) {
	return withLasting(s, func(p place) (Updates, error) {
		u, found, err := newestWhole(p.root, updatesFile, updatesKind, decodeUpdates)
		err = ignoreMissing(err)
		s.note(p.dir, "updates", "read", err)
		if found {
			err = nil
		}
		return u, err
	})
}

// SaveUpdates writes it down in the lasting directory.
func (s *Store) SaveUpdates(u Updates) error {
	_, err := withLasting(s, func(p place) (struct{}, error) {
		body, _ := json.Marshal(u) // numbers and text always encode
		return struct{}{}, write(p.root, updatesFile, updatesKind, body)
	})
	return err
}

// withLasting works in the most durable directory.
func withLasting[T any](s *Store, do func(place) (T, error)) (T, error) {
	return within(s, s.patience, func() (done T, err error) {
		p, err := s.lasting()
		if err != nil {
			return done, err
		}
		defer p.leave()
		done, err = do(p)
		s.note(p.dir, "updates", "", err)
		return done, err
	})
}

func decodeUpdates(body []byte) (Updates, error) {
	var u Updates
	if err := json.Unmarshal(body, &u); err != nil {
		return Updates{}, fmt.Errorf("updates: %w: %w", errCorrupt, err)
	}
	return u, nil
}
