package store

import (
	"errors"

	"trunktester/appliance/selftest"
)

const (
	selftestFile = "selftest"
	selftestKind = "selftest"
)

// Selftest is the last self-test that was kept; nil when there is none.
func (s *Store) Selftest() *selftest.Result {
	result, _ := within(s, s.patience, func() (*selftest.Result, error) { return s.selftest(), nil }) // a Problem tells
	return result
}

func (s *Store) selftest() (last *selftest.Result) {
	places := s.enter()
	defer leave(places)
	for _, p := range places {
		r, found, err := newestWhole(p.root, selftestFile, selftestKind, selftest.Decode)
		if found {
			last = &r
		}
		s.note(p.dir, "selftest", "read", ignoreMissing(err))
	}
	return last
}

// KeepSelftest writes a self-test down in the most durable directory.
func (s *Store) KeepSelftest(r selftest.Result) error {
	body, err := r.Encode()
	if err != nil {
		return err
	}
	return s.alone(s.patience, func() error {
		places := s.enter()
		defer leave(places)
		if len(places) == 0 {
			return errors.New("keep the self-test: there is no directory")
		}
		p := places[len(places)-1]
		err := write(p.root, selftestFile, selftestKind, body)
		s.note(p.dir, "selftest", "write", err)
		return err
	})
}
