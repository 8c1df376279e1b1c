// Package kit puts a trunk's profile on a card image, one kit or a whole list of them, and says what is on a
// card. It needs no root and runs on Linux, macOS and Windows: images are files, and no file system is mounted.
package kit

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/diskfs/go-diskfs/backend"
	"github.com/diskfs/go-diskfs/backend/file"

	"trunktester/image/gpt"
)

// The partitions of a gokrazy card, in the order of their table: boot, the two root file systems, and /perm.
const (
	bootPart = 0
	rootPart = 1
	permPart = 3
	parts    = 4
)

// head is how much of a card holds its partition table, in bytes: two sectors and 128 entries.
const head = 34 * gpt.Sector

// Card is a card image, open for reading; several may read it at once.
type Card struct {
	name   string
	reader io.ReaderAt
	size   int64
	parts  []gpt.Partition
	file   *os.File // nil where the image was unpacked into memory
}

// InputError is what a person gave us that cannot be used, worded with its remedy.
type InputError string

func (e InputError) Error() string { return string(e) }

func inputf(format string, args ...any) error { return InputError(fmt.Sprintf(format, args...)) }

// Open opens an image, or a packed one (.img.gz), which is unpacked into memory: what is not zero of it, some
// 100 MB. An error that is the image's own fault is an InputError.
func Open(name string) (*Card, error) {
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, inputf("there is no file %s: give the card image, such as trunktester.img.gz", name)
	}
	if err != nil {
		return nil, err
	}
	c := &Card{name: name, reader: f, file: f}
	if err := c.read(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if c.file == nil {
		return c, f.Close()
	}
	return c, nil
}

func (c *Card) read(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if info.IsDir() {
		return inputf("%s is a folder: give the card image in it", c.name)
	}
	c.size = info.Size()
	magic := make([]byte, 2)
	if _, err := f.ReadAt(magic, 0); err == nil && bytes.Equal(magic, []byte{0x1f, 0x8b}) { // RFC 1952, section 2.3.1
		all, err := unpack(f)
		if err != nil {
			return c.damaged(err)
		}
		c.reader, c.size, c.file = all, all.size, nil
	}
	c.parts, err = table(c.reader, c.size)
	if err != nil {
		return inputf("%s is no card image of trunktester (%v): give trunktester.img or trunktester.img.gz", c.name, err)
	}
	return nil
}

// table reads the partitions and refuses what is no gokrazy card, or only the beginning of one.
func table(r io.ReaderAt, size int64) ([]gpt.Partition, error) {
	all, err := gpt.Read(r)
	if err != nil {
		return nil, err
	}
	if len(all) != parts {
		return nil, fmt.Errorf("%d partitions instead of %d", len(all), parts)
	}
	end := int64(head)
	for i, p := range all {
		if p.Offset < end {
			return nil, fmt.Errorf("partition %d begins inside what is before it", i+1)
		}
		if end = p.Offset + p.Size; end > size {
			return nil, fmt.Errorf("partition %d ends behind the file: a part of it is missing, copy it again", i+1)
		}
	}
	return all, nil
}

// damaged words what gzip says.
func (c *Card) damaged(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return inputf("%s ends too early: it was not copied as a whole, copy it again", c.name)
	}
	if errors.Is(err, gzip.ErrChecksum) || errors.Is(err, gzip.ErrHeader) {
		return inputf("%s is damaged: its checksum does not fit, copy it again", c.name)
	}
	return inputf("%s cannot be unpacked (%v): copy it again", c.name, err)
}

// Close lets the file go.
func (c *Card) Close() error {
	if c.file == nil {
		return nil
	}
	return c.file.Close()
}

// Size is that of the unpacked image, in bytes.
func (c *Card) Size() int64 { return c.size }

// storage is the card as go-diskfs reads it.
func (c *Card) storage() backend.Storage {
	return file.New(readOnly{io.NewSectionReader(c.reader, 0, c.size), c}, true)
}

// readOnly is a card as a file.
type readOnly struct {
	*io.SectionReader
	card *Card
}

func (readOnly) Close() error                 { return nil }
func (r readOnly) Stat() (fs.FileInfo, error) { return nil, errors.ErrUnsupported }
