package store

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// errCorrupt says that a file is not what was written.
var errCorrupt = errors.New("file is damaged")

const (
	previous   = ".previous" // the version before
	unfinished = ".new"      // one fixed name, so that a program killed while writing leaves no heap of files
	largest    = 8 << 20     // bytes of any file that is read
)

// seal puts a line with the kind and the checksum in front of the body.
func seal(kind string, body []byte) []byte {
	sum := sha256.Sum256(body)
	return append([]byte("trunktester/"+kind+"/1 "+hex.EncodeToString(sum[:])+"\n"), body...)
}

// unseal checks the first line and gives the body; errCorrupt when anything differs.
func unseal(kind string, file []byte) ([]byte, error) {
	_, body, found := bytes.Cut(file, []byte("\n"))
	if !found || !bytes.Equal(file, seal(kind, body)) {
		return nil, fmt.Errorf("%s of %d bytes: %w", kind, len(file), errCorrupt)
	}
	return body, nil
}

// ensure makes the directory, but never its parents: without a mounted /perm there is none.
func ensure(dir string) error {
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	info, err := os.Stat(dir)
	if err == nil && !info.IsDir() {
		err = fmt.Errorf("%s: %w", dir, unix.ENOTDIR)
	}
	return err
}

// folder is how the files of a directory are handled; *os.Root.
type folder interface {
	Open(name string) (*os.File, error)
	OpenFile(name string, flag int, mode os.FileMode) (*os.File, error)
	Mkdir(name string, mode os.FileMode) error
	Link(from, to string) error
	Rename(from, to string) error
	Remove(name string) error
	RemoveAll(name string) error
	Close() error
}

// place is one directory, opened and locked against other processes.
type place struct {
	dir  string
	root folder
	lock *os.File
}

// lockPatience bounds the wait for another process, which holds the lock for a few writes only.
const lockPatience = 2 * time.Second

// enter opens and locks a directory (flock(2) on the directory itself, which works where nothing can be
// written).
func enter(dir string) (place, error) {
	if err := ensure(dir); err != nil {
		return place{}, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return place{}, err
	}
	lock, err := root.Open(".")
	if err != nil {
		root.Close()
		return place{}, err
	}
	p := place{dir, root, lock}
	for until := time.Now().Add(lockPatience); ; time.Sleep(10 * time.Millisecond) {
		err := unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if err == nil {
			return p, nil
		}
		if !errors.Is(err, unix.EWOULDBLOCK) && !errors.Is(err, unix.EINTR) || time.Now().After(until) {
			p.leave()
			return place{}, fmt.Errorf("lock %s: %w", dir, err)
		}
	}
}

// leave closes the directory; closing the file gives the lock back.
func (p place) leave() {
	p.lock.Close()
	p.root.Close()
}

// write seals a body and replaces a file with it. The version before stays beside it, if it is whole.
func write(root folder, name, kind string, body []byte) error {
	_, err := read(root, name, kind)
	return replace(root, name, seal(kind, body), err == nil)
}

// replace writes a file so that a power cut at any moment leaves the old or the new version whole under its name:
// temporary file, fsync, rename, fsync of the directory. keep: the old version gets a second name before, as a
// rename of it would leave none under its own for a moment. Where there are no second names, none is kept.
func replace(root folder, name string, content []byte, keep bool) error {
	if err := writeOut(root, name+unfinished, content); err != nil {
		root.Remove(name + unfinished)
		return err
	}
	if keep {
		if err := root.Remove(name + previous); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		root.Link(name, name+previous) //nolint:errcheck // the new version is worth more than the one before
	}
	if err := root.Rename(name+unfinished, name); err != nil {
		return err
	}
	return syncDir(root, ".")
}

func writeOut(root folder, name string, content []byte) error {
	f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	return errors.Join(err, f.Sync(), f.Close())
}

// syncDir makes renames and removals in a directory durable (fsync(2), NOTES).
func syncDir(root folder, dir string) error {
	d, err := root.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// read gives the body of a sealed file.
func read(root folder, name, kind string) ([]byte, error) {
	content, err := readWhole(root, name, errCorrupt)
	if err != nil {
		return nil, err
	}
	body, err := unseal(kind, content)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return body, nil
}

// newestWhole gives what parse makes of a sealed file, or of the version before where that is damaged or gone. found says that
// there was one of them; the error is that of the newest, also where the one before served.
func newestWhole[T any](root folder, name, kind string, parse func([]byte) (T, error)) (value T, found bool, err error) {
	if value, err = parsed(root, name, kind, parse); err == nil {
		return value, true, nil
	}
	value, older := parsed(root, name+previous, kind, parse)
	return value, older == nil, err
}

func parsed[T any](root folder, name, kind string, parse func([]byte) (T, error)) (value T, err error) {
	body, err := read(root, name, kind)
	if err != nil {
		return value, err
	}
	return parse(body)
}

// remove takes away every version of a file.
func remove(root folder, name string) error {
	var failed []error
	for _, version := range []string{"", previous, unfinished} {
		if err := root.Remove(name + version); err != nil && !errors.Is(err, os.ErrNotExist) {
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}

// readWhole reads a file; one that is too large to be ours is an error that is damaged.
func readWhole(root folder, name string, damaged error) ([]byte, error) {
	f, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, largest+1))
	if err == nil && len(content) > largest {
		err = fmt.Errorf("%s is larger than %d bytes: %w", name, largest, damaged)
	}
	return content, err
}
