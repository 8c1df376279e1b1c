package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/diskfs/go-diskfs/backend/file"
	"github.com/diskfs/go-diskfs/filesystem/squashfs"

	"trunktester/image/gpt"
)

// The most that the card may hold, in bytes (design targets): what an update writes, and what a small board runs.
const (
	rootMost    = 30 << 20
	programMost = 16 << 20
)

const (
	rootPart     = 1
	programPlace = "user/trunktester"
)

// sizes are those of the root file system and of the program in it, in bytes.
type sizes struct{ root, program int64 }

// measure reads the sizes from the card's first root.
func measure(image string) (s sizes, err error) {
	f, err := os.Open(image)
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	table, err := gpt.Read(f)
	if err != nil {
		return s, err
	}
	if len(table) != parts {
		return s, fmt.Errorf("%d partitions instead of %d", len(table), parts)
	}
	root := table[rootPart]
	if s.root, err = squashed(io.NewSectionReader(f, root.Offset, root.Size)); err != nil {
		return s, err
	}
	fs, err := squashfs.Read(file.New(f, true), root.Size, root.Offset, 0)
	if err != nil {
		return s, fmt.Errorf("the root file system: %w", err)
	}
	program, err := fs.OpenFile(programPlace, os.O_RDONLY)
	if err != nil {
		return s, fmt.Errorf("%s in the root file system: %w", programPlace, err)
	}
	defer program.Close()
	s.program, err = program.Seek(0, io.SeekEnd)
	return s, err
}

// squashed is how many bytes a squashfs takes (the kernel's fs/squashfs/squashfs_fs.h, struct squashfs_super_block).
func squashed(r io.ReaderAt) (int64, error) {
	head := make([]byte, 48)
	if _, err := r.ReadAt(head, 0); err != nil {
		return 0, err
	}
	if string(head[:4]) != "hsqs" {
		return 0, errors.New("the first root is no squashfs")
	}
	return int64(binary.LittleEndian.Uint64(head[40:])), nil
}

// check fails when something is larger than it may be.
func (s sizes) check() error {
	var err error
	if s.root > rootMost {
		err = fmt.Errorf("the root file system has %s, more than %s", mib(s.root), mib(rootMost))
	}
	if s.program > programMost {
		err = errors.Join(err, fmt.Errorf("the program has %s, more than %s", mib(s.program), mib(programMost)))
	}
	return err
}

func (s sizes) String() string {
	return fmt.Sprintf("root file system %s of %s, program %s of %s", mib(s.root), mib(rootMost), mib(s.program), mib(programMost))
}

func mib(n int64) string { return fmt.Sprintf("%.2f MiB", float64(n)/(1<<20)) }
