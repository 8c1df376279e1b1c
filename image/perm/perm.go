// Package perm formats the card's lasting partition, which gokrazy mounts at /perm and never formats.
package perm

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path"
	"slices"

	"github.com/diskfs/go-diskfs/backend/file"
	"github.com/diskfs/go-diskfs/filesystem/ext4"
	"github.com/google/uuid"
)

// Format makes an ext4 of the size, in bytes, at the offset of the image, and puts the files into it, each readable
// for root alone. Names are relative to its root. The seed gives the file system its UUID.
func Format(image string, offset, size int64, seed uint64, files map[string][]byte) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("perm: formatting %d bytes at %d of %s: %w", size, offset, image, err)
		}
	}()
	f, err := os.OpenFile(image, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	var key [32]byte
	binary.LittleEndian.PutUint64(key[:], seed)
	id, err := uuid.NewRandomFromReader(rand.NewChaCha8(key))
	if err != nil {
		return err
	}
	fs, err := ext4.Create(file.New(f, false), size, offset, 512, &ext4.Params{UUID: &id, VolumeName: "perm"})
	if err != nil {
		return err
	}
	var names []string
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if err := put(fs, name, files[name]); err != nil {
			return err
		}
	}
	return fs.Close()
}

func put(fs *ext4.FileSystem, name string, data []byte) error {
	folder := path.Dir(name)
	if err := fs.Mkdir(folder); err != nil {
		return fmt.Errorf("folder %s: %w", folder, err)
	}
	f, err := fs.OpenFile(name, os.O_CREATE|os.O_RDWR)
	if err != nil {
		return fmt.Errorf("file %s: %w", name, err)
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close(), fs.Chmod(folder, 0o700), fs.Chmod(name, 0o600))
}
