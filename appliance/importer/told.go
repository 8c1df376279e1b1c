package importer

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"

	"trunktester/appliance/catalogue/words"
)

const (
	// ErrorFile stands beside a profile that was refused, and says why.
	ErrorFile = "trunk-ERROR.txt"
	// ErrorSize is the length in bytes of that file on the boot partition, where it is there from the
	// beginning, as no file may be created or grow there.
	ErrorSize = 4096
)

// errorHead begins every such file: another one of the same name is somebody else's.
const errorHead = "trunktester could not use the file "

// ErrorSpace is the file as it waits on the boot partition: spaces in lines.
func ErrorSpace() []byte { return blank(ErrorSize) }

const line = 64 // bytes of a blank line, CRLF included

func blank(size int) []byte {
	b := bytes.Repeat([]byte(" "), size)
	for end := line; end <= size; end += line {
		copy(b[end-2:], "\r\n")
	}
	return b
}

// errorText is the whole of it, with the line ends of Windows.
func errorText(name string, why error) []byte {
	text := errorHead + name + ".\n\n" + why.Error() + "\n\n" +
		words.Said("told.profile") + "\n" + words.Said("told.again") + "\n" + words.Said("told.example") + "\n\n" + words.Said("told.until") + "\n"
	return []byte(strings.ReplaceAll(text, "\n", "\r\n"))
}

// tell writes trunk-ERROR.txt, unless it says the same already.
func (v Volume) tell(name string, why error) error {
	text := errorText(name, why)
	there, err := read(v.Root, ErrorFile)
	switch {
	case v.Boot && err != nil:
		return fmt.Errorf("no room is kept for %s on the boot partition: %w", ErrorFile, err)
	case v.Boot:
		text = fitted(text, len(there))
	case err != nil && !errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("tell: %w", err)
	}
	if bytes.Equal(there, text) {
		return nil
	}
	return v.write(func() error {
		if v.Boot {
			return overwrite(v.Root, ErrorFile, bytes.NewReader(text), len(text))
		}
		return WriteFile(v.Root, ErrorFile, text)
	})
}

// clearTold takes what was said about an earlier file away.
func (v Volume) clearTold() error {
	there, err := read(v.Root, ErrorFile)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("clear %s: %w", ErrorFile, err)
	case !bytes.HasPrefix(there, []byte(errorHead)):
		return nil
	}
	return v.write(func() error {
		if v.Boot {
			return overwrite(v.Root, ErrorFile, bytes.NewReader(blank(len(there))), len(there))
		}
		return v.Root.Remove(ErrorFile)
	})
}

// fitted is the text in a file of a given length: cut at a line, or filled with spaces.
func fitted(text []byte, size int) []byte {
	more := words.Said("told.more") + "\r\n"
	if len(text) > size {
		text = text[:max(0, size-len(more))]
		text = append(text[:bytes.LastIndexByte(text, '\n')+1:len(text)], more...)
	}
	b := blank(size)
	copy(b, text)
	return b
}

// WriteFile writes a file anew: under another name first, so that half a file is never taken for a whole one. The volume
// must be writable.
func WriteFile(root *os.Root, name string, content []byte) error {
	temporary := name + ".new"
	f, err := root.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	_, err = f.Write(content)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = root.Rename(temporary, name)
	}
	if err != nil {
		root.Remove(temporary)
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}
