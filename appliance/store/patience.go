package store

import (
	"errors"
	"time"
)

// ErrHangs says that a directory does not answer: nothing else is done with any of them until it does.
var ErrHangs = errors.New("the storage does not answer")

const (
	// patience is what a caller has with the directories. A worn card pauses for a second or two; a dead one hangs its
	// readers and writers for ever, and the box must go on: leds.Hunger is longer, so that its lights do not starve.
	patience = 8 * time.Second
	// wipePatience is longer: every file is overwritten first.
	wipePatience = 2 * time.Minute
)

// within does one thing with the directories, while nobody else does, and waits for it as long as patience lasts. A
// thing that was given up, with ErrHangs, comes to its end in the background, and keeps everybody else out until then:
// its result is lost, as at a power cut. Until then nobody waits again.
func within[T any](s *Store, patience time.Duration, do func() (T, error)) (T, error) {
	type end struct {
		value T
		err   error
	}
	var none T
	limit := time.NewTimer(patience)
	defer limit.Stop()
	select {
	case s.busy <- struct{}{}:
	default:
		if s.stuck.Load() {
			return none, s.hangs()
		}
		select {
		case s.busy <- struct{}{}:
		case <-limit.C:
			return none, s.hangs()
		}
	}
	s.stuck.Store(false)
	ended := make(chan end, 1)
	go func() {
		value, err := do()
		<-s.busy
		ended <- end{value, err}
	}()
	select {
	case e := <-ended:
		return e.value, e.err
	case <-limit.C:
		s.stuck.Store(true)
		return none, s.hangs()
	}
}

// alone is within for what has no result but an error.
func (s *Store) alone(patience time.Duration, do func() error) error {
	_, err := within(s, patience, func() (struct{}, error) { return struct{}{}, do() })
	return err
}

// hangs notes it for the last directory, since the others lie in memory. Whoever enters it next takes the note away.
func (s *Store) hangs() error {
	if len(s.dirs) > 0 {
		s.note(s.dirs[len(s.dirs)-1], "directory", "", ErrHangs)
	}
	return ErrHangs
}
