package updater

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/catalogue/words"
	"trunktester/appliance/update"
)

// ErrorFile is what the box leaves on a stick whose update it refuses.
const ErrorFile = "update-ERROR.txt"

// Wants says whether a stick holds an update.
func Wants(root *os.Root) bool {
	_, err := root.Lstat(update.FileName)
	return err == nil
}

// Stick looks for an update on a stick: root is its top folder, and write makes it writable while do runs
// (nil: it is). found says that there was one. When it is taken the box starts anew, and Stick does not
// return; a refusal is told by the lights, on the page and on the stick, and returned for the log.
func (u *Updater) Stick(ctx context.Context, root *os.Root, write func(do func() error) error) (found bool, err error) {
	f, err := root.Open(update.FileName)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err == nil {
		defer f.Close() //nolint:errcheck // only read from
		err = u.judge(ctx, f)
	}
	switch {
	case err == nil:
		return true, nil
	case errors.Is(err, update.ErrSame):
		u.Box.Notice(stickTopic, sentence(err))
		return true, nil
	}
	if write == nil {
		write = func(do func() error) error { return do() }
	}
	told := write(func() error { return tell(root, err) })
	u.Box.Notice(stickTopic, words.Said("update.refused")+" "+sentence(err))
	u.Box.Pattern(catalogue.WholeRefused)
	return true, errors.Join(err, told)
}

func (u *Updater) judge(ctx context.Context, f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("the update file cannot be read: %w", err)
	}
	if !info.Mode().IsRegular() {
		return update.ErrNoUpdate
	}
	file, err := update.Open(f, info.Size())
	if err != nil {
		return err
	}
	return u.take(ctx, file)
}

// tell writes why on the stick, with Windows' line ends.
func tell(root *os.Root, why error) error {
	text := words.Said("told.update", "file", update.FileName) + "\r\n\r\n" + sentence(why) + "\r\n"
	f, err := root.OpenFile(ErrorFile, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Sync(), f.Close())
}

// sentence is an error as a person reads it.
func sentence(err error) string {
	if why := words.Error(""); errors.As(err, &why) {
		return why.Sentence()
	}
	s := strings.ReplaceAll(err.Error(), "\n", "; ")
	return strings.ToUpper(s[:1]) + s[1:] + "."
}
