package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"trunktester/appliance/profile"
	"trunktester/appliance/report"
	"trunktester/appliance/store"
)

// fsckCorrected is the exit status of e2fsck(8) for errors that it corrected by itself.
const fsckCorrected = 1

// lasting is the lasting partition as the next boot will find it.
type lasting struct {
	folder   string // its files
	repaired bool   // a full check, which the box does not make, had something to correct that no file suffers from
}

// openLasting takes the lasting partition out of a volume file and plays its journal back as a mount does. The
// folder, which must not exist, holds its files then. The volume is changed.
func openLasting(ctx context.Context, volume, folder string) (*lasting, error) {
	if err := e2fsck(ctx, "-E", "journal_only", "-p", volume); err != nil {
		return nil, fmt.Errorf("the lasting partition's journal cannot be played back: %w", err)
	}
	if err := os.Mkdir(folder, 0o700); err != nil {
		return nil, err
	}
	out, err := exec.CommandContext(ctx, "debugfs", "-R", "rdump / "+folder, volume).CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("debugfs: %w\n%s", err, out)
	}
	l := &lasting{folder: folder}
	if e2fsck(ctx, "-f", "-n", volume) == nil {
		return l, nil
	}
	l.repaired = true
	if err := e2fsck(ctx, "-f", "-p", volume); err != nil {
		return nil, fmt.Errorf("the lasting partition is damaged: %w", err)
	}
	return l, nil
}

// e2fsck checks a volume. That errors were corrected, as they may be with -p, is no error.
func e2fsck(ctx context.Context, args ...string) error {
	out, err := exec.CommandContext(ctx, "e2fsck", args...).CombinedOutput()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) && exit.ExitCode() == fsckCorrected {
		return nil
	}
	if err != nil {
		return fmt.Errorf("e2fsck %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return nil
}

// own is the box's own folder on the lasting partition.
func (l *lasting) own() string { return filepath.Join(l.folder, "trunktester") }

// profile is the stored profile's text and the file's mode; nothing when there is none.
func (l *lasting) profile() (text []byte, mode fs.FileMode, err error) {
	name := filepath.Join(l.folder, profilePlace)
	info, err := os.Stat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, err
	}
	file, err := os.ReadFile(name)
	if err != nil {
		return nil, 0, err
	}
	text, err = profile.Unseal(file)
	return text, info.Mode().Perm(), err
}

// reports decodes every report, through the program's own store. What the store lists as a problem is an error.
func (l *lasting) reports() ([]report.Report, error) {
	if _, err := os.Stat(l.own()); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	s := store.Open(l.own())
	var all []report.Report
	var failed error
	for _, e := range s.Reports() {
		body, err := s.Report(e.ID)
		if err != nil {
			failed = errors.Join(failed, err)
			continue
		}
		r, err := report.Decode(body)
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("report %s: %w", e.ID, err))
		}
		all = append(all, r)
	}
	for _, p := range s.Problems() {
		failed = errors.Join(failed, fmt.Errorf("the store: %v", p))
	}
	return all, failed
}

// updates is what the box remembers of its updates, through the program's own store.
func (l *lasting) updates() (store.Updates, error) {
	s := store.Open(l.own())
	u, err := s.Updates()
	if problems := s.Problems(); len(problems) > 0 {
		err = errors.Join(err, fmt.Errorf("the store: %v", problems))
	}
	return u, err
}

// whole checks what must hold at any moment: the profile is one of those given (nil for none), whole and for root
// alone, and every report decodes.
func (l *lasting) whole(profiles ...[]byte) (err error) {
	text, mode, err := l.profile()
	if err != nil {
		err = fmt.Errorf("the profile: %w", err)
	} else if !slices.ContainsFunc(profiles, func(p []byte) bool { return bytes.Equal(p, text) }) {
		err = fmt.Errorf("the profile of %d bytes is neither the old nor the new one", len(text))
	} else if text != nil && mode != 0o600 {
		err = fmt.Errorf("the profile has mode %v", mode)
	}
	_, broken := l.reports()
	return errors.Join(err, broken)
}

// lasting opens a copy of the card's lasting partition.
func (c *card) lasting(ctx context.Context) (*lasting, error) {
	volume := filepath.Join(c.folder, "perm.img")
	folder := filepath.Join(c.folder, "perm")
	if err := errors.Join(os.RemoveAll(folder), c.takePerm(volume)); err != nil {
		return nil, err
	}
	return openLasting(ctx, volume, folder)
}

// takePerm copies the lasting partition to a file, as sparse as it is.
func (c *card) takePerm(volume string) error {
	data, err := section(c.file, c.perm)
	if err != nil {
		return err
	}
	f, err := os.Create(volume)
	if err != nil {
		return err
	}
	const block = 64 << 10
	empty := make([]byte, block)
	for at := 0; at < len(data); at += block {
		piece := data[at:min(at+block, len(data))]
		if bytes.Equal(piece, empty[:len(piece)]) {
			continue
		}
		if _, err := f.WriteAt(piece, int64(at)); err != nil {
			return errors.Join(err, f.Close())
		}
	}
	return errors.Join(f.Truncate(int64(len(data))), f.Close())
}
