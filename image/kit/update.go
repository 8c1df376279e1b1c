package kit

import (
	"crypto/ed25519"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/diskfs/go-diskfs/filesystem/squashfs"

	"trunktester/appliance/update"
)

const (
	squashHead  = 96   // bytes of a squashfs' superblock (kernel, fs/squashfs/squashfs_fs.h)
	squashBytes = 40   // where it says how many bytes are used
	rootUnit    = 4096 // bytes that a root's size is rounded up to
)

// Sign writes the card's root file system as an update to a new file, in the way that ends with its right name
// or not at all. An image says nothing secret in its roots, so any card of a version will do; one that would
// take no further update is refused. last says that boxes with this update take no other one of this key.
func (c *Card) Sign(key ed25519.PrivateKey, name string) (m update.Manifest, last bool, err error) {
	release, trusted, root, err := c.root()
	if err != nil {
		return m, false, err
	}
	if _, err := os.Lstat(name); err == nil {
		return m, false, inputf("%s is there already: remove it, or give another name", name)
	}
	part := name + ".part"
	f, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return m, false, err
	}
	m, err = update.Sign(f, key, release, root, root.Size())
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(part, name)
	}
	if err != nil {
		return m, false, errors.Join(fmt.Errorf("%s: %w", name, err), os.Remove(part))
	}
	return m, !trusted.Equal(key.Public()), nil
}

// root is the root file system that the card starts from, trimmed to what it holds, what it says it is, and the
// key whose updates it takes.
func (c *Card) root() (release update.Release, trusted ed25519.PublicKey, root *io.SectionReader, err error) {
	defer rescued("the root file system", &err)
	boot, err := c.boot()
	if err != nil {
		return release, nil, nil, err
	}
	where := c.parts[boot.Root-1]
	head := make([]byte, squashHead)
	if _, err := c.reader.ReadAt(head, where.Offset); err != nil {
		return release, nil, nil, fmt.Errorf("the root file system cannot be read: %w", err)
	}
	used := int64(binary.LittleEndian.Uint64(head[squashBytes:]))
	used = (used + rootUnit - 1) / rootUnit * rootUnit
	if string(head[:4]) != "hsqs" || used <= 0 || used > where.Size {
		return release, nil, nil, inputf("the root file system is no squashfs: use another image")
	}
	system, err := squashfs.Read(c.storage(), where.Size, where.Offset, 0)
	if err != nil {
		return release, nil, nil, inputf("the root file system cannot be read (%v): use another image", err)
	}
	text, err := system.ReadFile(releaseFile)
	if err == nil {
		release, err = update.DecodeRelease(text)
	}
	if err != nil {
		return release, nil, nil, inputf("the image does not say what it is (%v): make it again with \"make image\"", err)
	}
	text, err = system.ReadFile(update.KeyFile)
	if err == nil {
		trusted, err = update.DecodePublic(text)
	}
	if err != nil {
		return release, nil, nil, inputf("the image holds no key for updates, so that a box with it would never take another one: make it with \"make image UPDATE_KEY=update.pub\"")
	}
	return release, trusted, io.NewSectionReader(c.reader, where.Offset, used), nil
}
