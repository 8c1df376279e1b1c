package store

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// wipingFile stands in the lasting directory from the beginning of a wipe to its end: until then no profile is kept.
const wipingFile = "wiping"

// BeginWipe writes down that the box is being wiped, so that a power cut does not end that: WipeBegun says so after the
// next start, and Profile gives none before a Wipe has succeeded.
func (s *Store) BeginWipe() error { return s.alone(s.patience, s.beginWipe) }

func (s *Store) beginWipe() error {
	p, err := s.lasting()
	if err != nil {
		return fmt.Errorf("begin the wipe: %w", err)
	}
	defer p.leave()
	return markWipe(p.root)
}

func markWipe(root folder) error {
	return errors.Join(writeOut(root, wipingFile, nil), syncDir(root, "."))
}

// WipeBegun says that a wipe has not come to its end.
func (s *Store) WipeBegun() bool {
	begun, _ := within(s, s.patience, func() (bool, error) { return s.wipeBegun(), nil }) // a card that hangs gives no profile either
	return begun
}

// wipeBegun is for a caller who works in the store alone.
func (s *Store) wipeBegun() bool {
	if len(s.dirs) == 0 {
		return false
	}
	_, err := os.Lstat(filepath.Join(s.dirs[len(s.dirs)-1], wipingFile))
	return err == nil
}

// Wipe removes profile, reports, ledger and what was measured on the site's lines, every version of each, from every directory (design section 8).
// Their contents are overwritten first; what a memory card keeps of older blocks is beyond any program. A wipe that the power
// cut, or that failed, has begun and not ended: see BeginWipe, which it does by itself.
func (s *Store) Wipe() error { return s.alone(wipePatience, s.wipe) }

func (s *Store) wipe() error {
	s.book, s.lives = book{}, nil
	if len(s.dirs) > 0 && exists(s.dirs[len(s.dirs)-1]) && !s.wipeBegun() {
		s.beginWipe() //nolint:errcheck // a card that is full may take no mark: then the order of the wipe must do
	}
	var failed []error
	for _, dir := range s.dirs {
		if !exists(dir) {
			continue
		}
		if err := wipe(dir); err != nil {
			failed = append(failed, fmt.Errorf("wipe %s: %w", dir, err))
			continue
		}
		s.forget(func(at spot) bool { return at.dir == dir })
	}
	if len(failed) == 0 && s.wipeBegun() {
		failed = append(failed, s.endWipe())
	}
	return errors.Join(failed...)
}

// endWipe takes the mark away.
func (s *Store) endWipe() error {
	p, err := s.lasting()
	if err != nil {
		return err
	}
	defer p.leave()
	return errors.Join(p.root.Remove(wipingFile), syncDir(p.root, "."))
}

func exists(dir string) bool {
	_, err := os.Lstat(dir)
	return !errors.Is(err, os.ErrNotExist)
}

func wipe(dir string) error {
	p, err := enter(dir)
	if err != nil {
		return err
	}
	defer p.leave()
	return wipeIn(p.root)
}

// wipeIn takes the older versions away for good before the newest: else one of another client would come back where the
// power goes in between.
func wipeIn(root folder) error {
	var failed []error
	for _, version := range []string{unfinished, previous, ""} {
		for _, name := range []string{profileFile, ledgerFile, historyFile, lifetimesFile} {
			failed = append(failed, erase(root, name+version))
		}
		failed = append(failed, syncDir(root, "."))
	}
	failed = append(failed, erase(root, reportsDir+unfinished))
	if reports, err := root.Open(reportsDir); err == nil {
		names, err := reports.Readdirnames(-1)
		failed = append(failed, err, reports.Close())
		for _, name := range names {
			failed = append(failed, erase(root, reportPath(name)))
		}
	}
	return errors.Join(append(failed, root.RemoveAll(reportsDir), syncDir(root, "."))...)
}

// erase overwrites a file with zeros and removes it; one that is not there is no error. A file that cannot
// be overwritten is removed all the same.
func erase(root folder, name string) error {
	if f, err := root.OpenFile(name, os.O_WRONLY, 0); err == nil {
		if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
			io.CopyN(f, zeros{}, info.Size())
			f.Sync()
		}
		f.Close()
	}
	if err := root.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// zeros reads as zeros without end.
type zeros struct{}

func (zeros) Read(b []byte) (int, error) {
	clear(b)
	return len(b), nil
}
