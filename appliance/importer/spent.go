package importer

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
)

// spentLine takes the place of an imported profile. It is a comment to TOML.
const spentLine = "# This profile was imported by trunktester, and its text was removed. Write a new one over it."

// spentText is what stands in place of a profile of so many bytes: the line as far as it fits, and spaces.
func spentText(size int) []byte {
	text := spentLine + strings.Repeat(" ", max(0, size-len(spentLine)))
	return []byte(text[:size])
}

// spent says that a file holds nothing but that.
func spent(text []byte) bool {
	return len(text) > 0 && bytes.Equal(text, spentText(len(text)))
}

// halfSpent says that the overwriting of what the box keeps was cut off: every byte is either done or still
// as it was. The whole text is not half spent.
func halfSpent(text, kept []byte) bool {
	if len(text) != len(kept) || bytes.Equal(text, kept) {
		return false
	}
	over := spentText(len(text))
	for i, b := range text {
		if b != over[i] && b != kept[i] {
			return false
		}
	}
	return true
}

// overwrite puts the spent text over a file of so many bytes, in place and without a change of its length.
func (v Volume) overwrite(name string, size int) error {
	return v.write(func() error { return overwrite(v.Root, name, spentText(size)) })
}

// overwrite writes over a file whose length is that of content, and makes it durable.
func overwrite(root *os.Root, name string, content []byte) error {
	f, err := root.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("overwrite %s: %w", name, err)
	}
	info, err := f.Stat()
	if err == nil && info.Size() != int64(len(content)) {
		err = fmt.Errorf("%d bytes instead of %d: somebody else writes to it", info.Size(), len(content))
	}
	if err == nil {
		_, err = f.WriteAt(content, 0)
	}
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("overwrite %s: %w", name, err)
	}
	return nil
}
