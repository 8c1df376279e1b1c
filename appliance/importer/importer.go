// Package importer takes a trunk.toml from a volume that people hand in into the box's store, and puts
// reports and trunk-ERROR.txt beside it. A folder goes in, an Outcome comes out; it knows no mounts, lights
// or pages. appliance/media finds the volumes.
package importer

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"trunktester/appliance/catalogue/words"
	"trunktester/appliance/profile"
)

// Volume is what a person filled: the top folder of a USB stick, or of the card's boot partition.
type Volume struct {
	Root *os.Root
	// Boot is the card's boot partition: what starts the box lies there, and is read without a file
	// system. No file may be created or change its length.
	Boot bool
	// Write makes the volume writable while do runs; nil: it is.
	Write func(do func() error) error
}

func (v Volume) write(do func() error) error {
	if v.Write == nil {
		return do()
	}
	return v.Write(do)
}

// place is the volume in a sentence.
func (v Volume) place() string {
	if v.Boot {
		return words.Said("notice.on-boot")
	}
	return words.Said("notice.on-stick")
}

// Keeper keeps the profile; *store.Store.
type Keeper interface {
	SaveProfile(text []byte) error
	Profile() ([]byte, error)
}

// Kind is what came of looking for a trunk.toml.
type Kind int

// What can come of it.
const (
	Nothing  Kind = iota // no trunk.toml, or one that was imported before
	Imported             // a new profile is kept
	Known                // the box has this profile already
	Unkept               // a good profile that the box could not keep: lost with the power, the file is untouched
	Refused              // a bad one: trunk-ERROR.txt says why
)

// String is the kind in a word.
func (k Kind) String() string {
	return [...]string{"nothing", "imported", "known", "unkept", "refused"}[k]
}

// Outcome is what came of it. Neither Sentence nor Err holds a value of the file.
type Outcome struct {
	Kind     Kind
	Profile  *profile.Profile // for Imported, Known and Unkept
	Sentence string           // for a person; "" when there is nothing to say
	Err      error            // what did not work besides, for the log
}

const (
	// largest is the size in bytes that is read of a file; profile.Parse refuses less.
	largest = 128 << 10
	// mostNames bounds the look through a folder.
	mostNames = 4096
)

// Import looks for a trunk.toml, keeps a good one, and only when it can be read back from the store
// overwrites the text on the volume. A power cut at any moment leaves the text in one of the two places.
func Import(v Volume, keep Keeper) Outcome {
	names, err := candidates(v.Root)
	if err != nil {
		unreadable := words.Said("notice.stick-unreadable")
		if v.Boot {
			unreadable = words.Said("notice.boot-unreadable")
		}
		return Outcome{Err: err, Sentence: unreadable}
	}
	kept, keptErr := keep.Profile()
	var fresh []string // files that hold text
	var text []byte    // the first one's
	var alike = true
	var finished error
	for _, name := range names {
		there, err := read(v.Root, name)
		switch {
		case err != nil:
			return Outcome{Err: fmt.Errorf("read %s: %w", name, err),
				Sentence: words.Said("notice.file-unreadable", "file", name, "place", v.place())}
		case spent(there):
			continue
		case keptErr == nil && halfSpent(there, kept):
			finished = errors.Join(finished, v.overwrite(name, len(there)))
			continue
		}
		if fresh = append(fresh, name); len(fresh) == 1 {
			text = there
		}
		alike = alike && bytes.Equal(there, text)
	}
	out := Outcome{}
	switch {
	case !alike:
		out = v.refuse(fresh[0], differ(fresh))
	case len(fresh) > 0:
		out = v.take(fresh, text, kept, keep)
	}
	out.Err = errors.Join(finished, out.Err)
	return out
}

// differ is why several files are refused: which of them is meant is not for the box to guess.
type differ []string

func (d differ) Error() string {
	return "There are the files " + strings.Join(d, " and ") + ", and they do not say the same: delete the one that is not meant. " +
		"Windows may show both under one name, as it hides the ending .txt."
}

// refuse tells why a file is not taken.
func (v Volume) refuse(name string, why error) Outcome {
	return Outcome{Kind: Refused, Err: v.tell(name, why),
		Sentence: words.Said("notice.refused", "place", v.place()) + " " + oneLine(why)}
}

// take judges a text, which stands in one or several files, and does what follows.
func (v Volume) take(names []string, text, kept []byte, keep Keeper) Outcome {
	name := names[0]
	p, err := profile.Parse(bytes.NewReader(text), name, nil)
	if err != nil {
		return v.refuse(name, err)
	}
	if bytes.Equal(text, kept) {
		out := Outcome{Kind: Known, Profile: p, Sentence: words.Said("notice.known", "file", name, "place", v.place())}
		out.Err = v.done(names, len(text), &out)
		return out
	}
	err = keep.SaveProfile(text)
	if err == nil {
		err = readBack(keep, text)
	}
	if err != nil {
		return Outcome{Kind: Unkept, Profile: p, Err: err, Sentence: words.Said("notice.unkept", "file", name, "place", v.place())}
	}
	out := Outcome{Kind: Imported, Profile: p, Sentence: words.Said("notice.imported", "file", name, "place", v.place())}
	out.Err = v.done(names, len(text), &out)
	return out
}

// done takes the text, and what was wrong with an earlier one, away from the volume.
func (v Volume) done(names []string, size int, out *Outcome) error {
	var failed []error
	for _, name := range names {
		err := v.overwrite(name, size)
		if err != nil {
			out.Sentence = words.Said("notice.left-there", "place", v.place(), "file", name)
		}
		failed = append(failed, err)
	}
	return errors.Join(append(failed, v.clearTold())...)
}

// Erase takes the text of every profile off a volume, whether it was imported or refused, and what was said about it: the
// volume's part of a wipe.
func Erase(v Volume) error {
	names, err := candidates(v.Root)
	if err != nil {
		return err
	}
	var failed []error
	for _, name := range names {
		info, err := v.Root.Lstat(name)
		if err != nil {
			failed = append(failed, err)
			continue
		}
		if text, err := read(v.Root, name); err == nil && info.Size() < largest && (spent(text) || len(text) == 0) {
			continue
		}
		failed = append(failed, v.overwrite(name, int(info.Size())))
	}
	return errors.Join(append(failed, v.clearTold())...)
}

func readBack(keep Keeper, text []byte) error {
	back, err := keep.Profile()
	if err == nil && !bytes.Equal(back, text) {
		err = errors.New("the profile reads otherwise than it was written")
	}
	return err
}

// Wants says whether a volume holds a file for Import.
func Wants(root *os.Root) bool {
	names, err := candidates(root)
	return err == nil && len(names) > 0
}

// candidates are the files that may be a profile, the plain name first: any letter case, and
// trunk.toml.txt, since Windows hides endings. What macOS adds ("._trunk.toml") has another name.
func candidates(root *os.Root) ([]string, error) {
	dir, err := root.Open(".")
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	entries, err := dir.ReadDir(mostNames)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	var found []string
	for _, e := range entries {
		if rank(e.Name()) > 0 && e.Type().IsRegular() {
			found = append(found, e.Name())
		}
	}
	slices.SortFunc(found, func(a, b string) int {
		if d := rank(a) - rank(b); d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	return found, nil
}

// rank is the order of the names, 0 for a file that is none of ours.
func rank(name string) int {
	return 1 + slices.Index([]string{"trunk.toml", "trunk.toml.txt"}, strings.ToLower(name))
}

func read(root *os.Root, name string) ([]byte, error) {
	f, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, largest))
}

func oneLine(err error) string {
	return strings.ReplaceAll(err.Error(), "\n", "; ")
}
