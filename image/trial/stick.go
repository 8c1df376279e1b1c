package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

const (
	stickSize = 64 << 20 // bytes
	stickFrom = 1 << 20  // where its only partition begins, as Windows and others have it
	fat32LBA  = 0x0c     // type of a partition
)

// stick is a USB stick with one FAT32 partition, as they are sold.
type stick struct {
	name string // as the monitor calls it
	file string
}

// newStick makes a stick with the files on it.
func newStick(ctx context.Context, folder, name string, files map[string][]byte) (*stick, error) {
	s := &stick{name: name, file: filepath.Join(folder, name+".img")}
	table := make([]byte, 512)
	entry := table[446:]
	entry[4] = fat32LBA
	binary.LittleEndian.PutUint32(entry[8:], stickFrom/512)
	binary.LittleEndian.PutUint32(entry[12:], (stickSize-stickFrom)/512)
	table[510], table[511] = 0x55, 0xaa
	if err := os.WriteFile(s.file, table, 0o600); err != nil {
		return nil, err
	}
	if err := os.Truncate(s.file, stickSize); err != nil {
		return nil, err
	}
	err := run(ctx, "mkfs.fat", "-F", "32", "-n", "STICK", "--offset", fmt.Sprint(stickFrom/512), s.file, fmt.Sprint((stickSize-stickFrom)/1024))
	if err != nil {
		return nil, err
	}
	for file, content := range files {
		if err := dropAt(ctx, s.file, stickFrom, folder, file, content); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// files reads what is in the stick's root folder now.
func (s *stick) files(ctx context.Context) (map[string][]byte, error) {
	folder, err := os.MkdirTemp(filepath.Dir(s.file), s.name+"-")
	if err != nil {
		return nil, err
	}
	if err := mtool(ctx, "mcopy", "-s", "-n", "-i", fmt.Sprintf("%s@@%d", s.file, stickFrom), "::/", folder); err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	err = filepath.WalkDir(folder, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(folder, path)
		if err != nil {
			return err
		}
		files[name], err = os.ReadFile(path)
		return err
	})
	return files, err
}

// holds says whether a text is anywhere on the stick, deleted files included.
func (s *stick) holds(text string) (bool, error) {
	all, err := os.ReadFile(s.file)
	return bytes.Contains(all, []byte(text)), err
}

// byWindows is a text as Notepad saves it: with a byte order mark and lines that end in CR and LF.
func byWindows(text string) []byte {
	return []byte("\ufeff" + strings.ReplaceAll(text, "\n", "\r\n"))
}
