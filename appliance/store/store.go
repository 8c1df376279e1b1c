// Package store keeps what must outlive the program: the profile, the ledger of login attempts and the last reports.
// Directories go in; whatever is missing, read-only, full or corrupt is worked around and listed as a
// Problem. The run loop and the page use it; the login probe sees it as a Ledger.
package store

import (
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"trunktester/appliance/profile"
)

// Store is one box's memory. All methods may be called at the same time, and by several processes on
// the same directories.
type Store struct {
	dirs []string // volatile first, durable last
	now  func() moment
	salt []byte // for a ledger that begins here

	patience time.Duration // with the directories
	busy     chan struct{} // full while somebody works in them: then book and lives are his
	stuck    atomic.Bool   // who is busy was given up
	book     book          // the ledger as far as this program knows it
	lives    []lifetime    // what was measured while this program runs, and what was kept then; nil: nothing was

	mu       sync.Mutex
	problems map[spot]Problem // what does not work at present
}

// Problem is one thing about the storage that does not work, for the page. It never stops a run.
type Problem struct {
	Dir     string
	Lasting bool   // in the last directory: what stands there outlives the power
	What    string // "directory", "profile", "ledger", "reports", "report", "time", "starts" or "lifetimes"
	Damaged bool   // the file is not what was written
	Err     error
}

func (p Problem) String() string { return fmt.Sprintf("%s in %s: %v", p.What, p.Dir, p.Err) }

// spot is where a problem sits; a later success there takes it away.
type spot struct{ dir, what, name string }

// Open uses the directories, volatile ones first: /run/trunktester, /perm/trunktester. Their parents must
// exist. It never fails: Problems says what does not work, and without any directory the store
// remembers only as long as the program runs. No method waits for a directory that hangs.
func Open(dirs ...string) *Store {
	s := &Store{dirs: slices.Clone(dirs), now: clocks, salt: make([]byte, 16), patience: patience, busy: make(chan struct{}, 1), problems: map[spot]Problem{}}
	rand.Read(s.salt) // never fails (crypto/rand)
	for _, dir := range dirs {
		if err := s.alone(s.patience, func() error { s.note(dir, "directory", "", ensure(dir)); return nil }); err != nil {
			break
		}
	}
	return s
}

// Problems lists what does not work at present.
func (s *Store) Problems() []Problem {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := []Problem{}
	for _, p := range s.problems {
		list = append(list, p)
	}
	slices.SortFunc(list, func(a, b Problem) int { return cmp.Compare(a.String(), b.String()) })
	return list
}

// enter opens and locks every directory that can be had, always in the same order.
func (s *Store) enter() []place {
	var places []place
	for _, dir := range s.dirs {
		p, err := enter(dir)
		s.note(dir, "directory", "", err)
		if err == nil {
			places = append(places, p)
		}
	}
	return places
}

// forget clears the problems that some say true for.
func (s *Store) forget(which func(spot) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.DeleteFunc(s.problems, func(at spot, _ Problem) bool { return which(at) })
}

func leave(places []place) {
	for _, p := range places {
		p.leave()
	}
}

// note keeps or clears the problem of one spot.
func (s *Store) note(dir, what, name string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := spot{dir, what, name}
	if err == nil {
		delete(s.problems, at)
		return
	}
	damaged := errors.Is(err, errCorrupt) || errors.Is(err, profile.ErrDamaged)
	s.problems[at] = Problem{Dir: dir, Lasting: dir == s.dirs[len(s.dirs)-1], What: what, Damaged: damaged, Err: err}
}
