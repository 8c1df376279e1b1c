package kit

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"

	"trunktester/appliance/profile"
	"trunktester/image/gpt"
	"trunktester/image/perm"
)

// ProfileName is where the box looks for its profile, relative to /perm.
const ProfileName = "trunktester/trunk.toml"

// Personalise writes the base image with the profile on it to the file out, which is packed where its name
// ends in .gz, and returns the file's SHA-256 in hex. The text must have passed profile.Parse.
//
// Everything but /perm, which is formatted anew, is the base's, byte for byte. In /perm the file system's
// identity and its times differ from one call to the next, so that the hash of an image does not help anybody
// to guess the password on it. The image is written beside out, read back, and only then given its name; an
// existing file is replaced only by force.
func Personalise(ctx context.Context, base *Card, text []byte, out string, force bool) (sum string, err error) {
	if err := mayWrite(base, out, force); err != nil {
		return "", err
	}
	if err := base.unused(); err != nil {
		return "", err
	}
	part := out + ".part"
	defer func() {
		if err != nil {
			err = roomFor(base.size, errors.Join(err, gone(part)))
		}
	}()
	if err := base.copyWithoutPerm(ctx, part); err != nil {
		return "", err
	}
	var seed [8]byte
	rand.Read(seed[:])
	where := base.parts[permPart]
	sealed := profile.Seal(text)
	if err := perm.Format(part, where.Offset, where.Size, binary.LittleEndian.Uint64(seed[:]), map[string][]byte{ProfileName: sealed}); err != nil {
		return "", err
	}
	if err := synced(part); err != nil {
		return "", err
	}
	sum, same, err := base.carries(ctx, part, text)
	if err != nil {
		return "", err
	}
	if !same {
		return "", fmt.Errorf("%s: what was written is not what is read back: the disk may be failing, try another one", part)
	}
	if strings.HasSuffix(out, ".gz") {
		raw := part
		part = out + ".packed.part"
		if sum, err = pack(ctx, raw, part); err != nil {
			return "", errors.Join(err, gone(raw))
		}
		if err := gone(raw); err != nil {
			return "", err
		}
	}
	return sum, os.Rename(part, out)
}

// mayWrite refuses to replace what is there, and the base in any case.
func mayWrite(base *Card, out string, force bool) error {
	there, err := os.Stat(out)
	if errors.Is(err, fs.ErrNotExist) {
		folder := filepath.Dir(out)
		if _, err := os.Stat(folder); errors.Is(err, fs.ErrNotExist) {
			return inputf("there is no folder %s: make it first", folder)
		}
		return nil
	}
	if err != nil {
		return err
	}
	if from, err := os.Stat(base.name); err == nil && os.SameFile(from, there) {
		return inputf("%s is the base image itself: give the kit another name", out)
	}
	if there.IsDir() {
		return inputf("%s is a folder: give the name of a file in it, such as kit.img", out)
	}
	if !there.Mode().IsRegular() {
		return inputf("%s is no file but a device: write the card to a file, such as kit.img, and that to the device with Raspberry Pi Imager, balenaEtcher or dd", out)
	}
	if !force {
		return inputf("%s is there already: give another name, or -force to replace it", out)
	}
	return nil
}

// unused refuses a base that brings a profile of its own, which the box would take in place of the kit's.
func (c *Card) unused() error {
	b, err := c.boot()
	if err != nil {
		return err
	}
	if b.Waiting != "" {
		return inputf("%s has %s on its boot partition, which the box would take in place of the kit's profile: use the image as it was built", c.name, b.Waiting)
	}
	return nil
}

// copyWithoutPerm writes the card with nothing in /perm. Empty blocks are left out, so that the file takes no
// room for them where the file system can do that. Only its owner may read it.
func (c *Card) copyWithoutPerm(ctx context.Context, name string) (err error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := f.Truncate(c.size); err != nil {
		return err
	}
	for i, stretch := range c.stretches() {
		if i == 1 { // /perm
			continue
		}
		err := c.each(ctx, stretch, func(piece []byte, at int64) error {
			if zero(piece) {
				return nil
			}
			_, err := f.WriteAt(piece, at)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// each calls do with every block of a stretch.
func (c *Card) each(ctx context.Context, stretch gpt.Partition, do func(piece []byte, at int64) error) error {
	buffer := make([]byte, 16*block)
	for at, end := stretch.Offset, stretch.Offset+stretch.Size; at < end; {
		if err := ctx.Err(); err != nil {
			return err
		}
		piece := buffer[:min(int64(len(buffer)), end-at)]
		if _, err := c.reader.ReadAt(piece, at); err != nil {
			return fmt.Errorf("reading %d bytes at %d of %s: %w", len(piece), at, c.name, err)
		}
		for len(piece) > 0 {
			n := min(block, len(piece))
			if err := do(piece[:n], at); err != nil {
				return err
			}
			piece, at = piece[n:], at+int64(n)
		}
	}
	return nil
}

// carries tells whether the image in a file is this card with the profile on it, and gives the file's SHA-256.
func (c *Card) carries(ctx context.Context, name string, text []byte) (sum string, same bool, err error) {
	kit, err := Open(name)
	if err != nil {
		return "", false, err
	}
	defer func() { err = errors.Join(err, kit.Close()) }()
	if kit.size != c.size {
		return "", false, nil
	}
	found, err := kit.profileText()
	if err != nil || !bytes.Equal(found, text) {
		return "", false, nil // damaged or another one: not this kit either way
	}
	hash, ours := sha256.New(), make([]byte, block)
	same = true
	for i, stretch := range c.stretches() {
		err := kit.each(ctx, stretch, func(piece []byte, at int64) error {
			hash.Write(piece)
			if i == 1 { // /perm
				return nil
			}
			base := ours[:len(piece)]
			_, err := c.reader.ReadAt(base, at)
			same = same && bytes.Equal(piece, base)
			return err
		})
		if err != nil {
			return "", false, err
		}
	}
	if kit.file != nil {
		return hex.EncodeToString(hash.Sum(nil)), same, nil
	}
	sum, err = sumOf(ctx, name) // of the packed file, not of what is in it
	return sum, same, err
}

// stretches are the card before /perm, /perm, and the card behind it.
func (c *Card) stretches() [3]gpt.Partition {
	where := c.parts[permPart]
	end := where.Offset + where.Size
	return [3]gpt.Partition{{Size: where.Offset}, where, {Offset: end, Size: c.size - end}}
}

// pack writes a file to a packed one and returns that one's SHA-256.
func pack(ctx context.Context, from, to string) (sum string, err error) {
	in, err := os.Open(from)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	hash := sha256.New()
	zip := gzip.NewWriter(io.MultiWriter(out, hash))
	if _, err := io.CopyBuffer(struct{ io.Writer }{zip}, patient{ctx, in}, make([]byte, 16*block)); err != nil {
		return "", err
	}
	if err := errors.Join(zip.Close(), out.Sync()); err != nil {
		return "", err
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

func sumOf(ctx context.Context, name string) (sum string, err error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	hash := sha256.New()
	_, err = io.Copy(hash, patient{ctx, f})
	return hex.EncodeToString(hash.Sum(nil)), err
}

// patient reads until the context ends.
type patient struct {
	ctx context.Context
	r   io.Reader
}

func (p patient) Read(b []byte) (int, error) {
	if err := p.ctx.Err(); err != nil {
		return 0, err
	}
	return p.r.Read(b)
}

func synced(name string) error {
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// gone removes a file that may not be there.
func gone(name string) error {
	if err := os.Remove(name); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// roomFor words an error that is a full disk, or a file system that cannot hold so large a file.
func roomFor(size int64, err error) error {
	const windowsDiskFull = syscall.Errno(112) // ERROR_DISK_FULL
	if errors.Is(err, syscall.ENOSPC) || runtime.GOOS == "windows" && errors.Is(err, windowsDiskFull) {
		return fmt.Errorf("the disk is full: one card takes up to %.1f GB; make room or choose another folder, and run the same command again: %w", float64(size)/1e9, err)
	}
	return err
}
