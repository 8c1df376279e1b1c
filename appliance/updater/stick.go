package updater

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/catalogue/words"
	"trunktester/appliance/importer"
	"trunktester/appliance/update"
	"trunktester/appliance/update/slot"
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
	if write == nil {
		write = func(do func() error) error { return do() }
	}
	f, err := root.Open(update.FileName)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err == nil {
		defer f.Close() //nolint:errcheck // only read from
		err = u.judge(ctx, f, func() { u.clearTold(root, write) })
	}
	switch {
	case err == nil:
		return true, nil
	case errors.Is(err, update.ErrSame):
		if u.clearTold(root, write) {
			u.Box.Pattern(catalogue.WholeNone)
		}
		u.Box.Notice(stickTopic, sentence(err))
		return true, nil
	}
	told := write(func() error { return tell(root, err) })
	u.Box.Notice(stickTopic, words.Said("update.refused")+" "+sentence(err))
	u.Box.Pattern(catalogue.WholeRefused)
	return true, errors.Join(err, told)
}

func (u *Updater) judge(ctx context.Context, f *os.File, good func()) error {
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
	return u.take(ctx, file, good)
}

// errorHead begins every file of that name that is ours.
const errorHead = "The trunktester box did not take " + update.FileName + "."

// tell writes why on the stick, with Windows' line ends.
func tell(root *os.Root, why error) error {
	return importer.WriteFile(root, ErrorFile, []byte(errorHead+"\r\n\r\n"+sentence(why)+"\r\n"))
}

// clearTold takes what was said about an earlier file off the stick; true when it wrote to it.
func (u *Updater) clearTold(root *os.Root, write func(func() error) error) bool {
	there, err := root.ReadFile(ErrorFile)
	if err != nil || !bytes.HasPrefix(there, []byte(errorHead)) {
		return false
	}
	if err := write(func() error { return root.Remove(ErrorFile) }); err != nil {
		u.Log.Warn("what was told on the stick stays there", "err", err)
	}
	return true
}

// errElse stands for what only a log can use.
var errElse error = words.Error("update.else")

// sentence is an error as a person reads it: one of those that say what to do, without what is behind it.
func sentence(err error) string {
	said := errElse
	for _, known := range []error{
		update.ErrNoUpdate, update.ErrCutShort, update.ErrDamaged, update.ErrNoKey, update.ErrSignature, update.ErrModel, update.ErrKernel, update.ErrSame,
		update.ErrOlder, slot.ErrOnTrial, slot.ErrCmdline, ErrFailed, ErrUnproven, ErrMemory, ErrTesting,
	} {
		if errors.Is(err, known) {
			said = known
		}
	}
	text := said.Error()
	return strings.ToUpper(text[:1]) + text[1:] + "."
}
