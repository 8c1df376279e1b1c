package importer

import (
	"bytes"
	"errors"
	"fmt"
	"io"
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
	begin := min(size, largest) // a larger file is no profile, and may be too large for the working memory
	content := io.MultiReader(bytes.NewReader(spentText(begin)), io.LimitReader(spaces{}, int64(size-begin)))
	return v.write(func() error { return overwrite(v.Root, name, content, size) })
}

// spaces reads as spaces without end.
type spaces struct{}

func (spaces) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = ' '
	}
	return len(b), nil
}

// overwrite writes over a file whose length is that of content, size bytes, and makes it durable.
func overwrite(root *os.Root, name string, content io.Reader, size int) error {
	f, err := root.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("overwrite %s: %w", name, err)
	}
	info, err := f.Stat()
	if err == nil && info.Size() != int64(size) {
		err = fmt.Errorf("%d bytes instead of %d: somebody else writes to it", info.Size(), size)
	}
	if err == nil {
		_, err = io.CopyN(f, content, int64(size))
	}
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("overwrite %s: %w", name, err)
	}
	return nil
}
