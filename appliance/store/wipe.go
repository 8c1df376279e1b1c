package store

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// Wipe removes profile, reports, ledger and what was measured on the site's lines, every version of each, from every directory (design section 8).
// Their contents are overwritten first; what a memory card keeps of older blocks is beyond any program.
func (s *Store) Wipe() error { return s.alone(wipePatience, s.wipe) }

func (s *Store) wipe() error {
	s.book, s.lives = book{}, nil
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
	return errors.Join(failed...)
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
	var failed []error
	for _, name := range []string{profileFile, ledgerFile, historyFile, lifetimesFile} {
		for _, version := range []string{"", previous, unfinished} {
			failed = append(failed, erase(p.root, name+version))
		}
	}
	failed = append(failed, erase(p.root, reportsDir+unfinished))
	if reports, err := p.root.Open(reportsDir); err == nil {
		names, err := reports.Readdirnames(-1)
		failed = append(failed, err, reports.Close())
		for _, name := range names {
			failed = append(failed, erase(p.root, reportPath(name)))
		}
	}
	return errors.Join(append(failed, p.root.RemoveAll(reportsDir), syncDir(p.root, "."))...)
}

// erase overwrites a file with zeros and removes it; one that is not there is no error. A file that cannot
// be overwritten is removed all the same.
func erase(root *os.Root, name string) error {
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
