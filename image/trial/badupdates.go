package main

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"strings"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/update"
	"trunktester/appliance/updater"
	"trunktester/image/gpt"
)

// refusedOnes are steps with updates that a box which runs "old" must not take, each with its reason.
func refusedOnes(keyFile string, good parcel) ([]step, error) {
	text, err := os.ReadFile(keyFile)
	if err != nil {
		return nil, err
	}
	ours, err := update.DecodeKey(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", keyFile, err)
	}
	_, theirs, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	release := update.Release{Version: good.claim.Version, Build: good.claim.Build, Kernel: good.claim.Kernel, Model: good.claim.Model}
	other := func(change func(*update.Release)) update.Release { r := release; change(&r); return r }
	var all []step
	for _, c := range []struct {
		does    string
		key     ed25519.PrivateKey
		release update.Release
		why     error
	}{
		{"signed with another key", theirs, release, update.ErrSignature},
		{"an older version", ours, other(func(r *update.Release) { r.Build = 1 }), update.ErrOlder},
		{"for another model", ours, other(func(r *update.Release) { r.Model = "pc-amd64" }), update.ErrModel},
		{"with another kernel's modules", ours, other(func(r *update.Release) { r.Kernel = "6.18.1-v8" }), update.ErrKernel},
	} {
		var file bytes.Buffer
		root := make([]byte, 4096) // is not looked at
		if _, err := update.Sign(&file, c.key, c.release, bytes.NewReader(root), int64(len(root))); err != nil {
			return nil, err
		}
		all = append(all, step{c.does, "", refuses(file.Bytes(), c.why.Error()), nil})
	}
	bent := bytes.Clone(good.file)
	bent[len(bent)/2] ^= 1
	return append(all,
		step{"cut short", "", refuses(good.file[:len(good.file)-1], update.ErrCutShort.Error()), nil},
		step{"one bit changed", "", refuses(bent, update.ErrDamaged.Error()), nil}), nil
}

// refuses offers an update that must be refused: by the lights, and by a file on the stick that says why. Nothing is written
// to the card.
func refuses(file []byte, why string) func(context.Context, *site) error {
	return func(ctx context.Context, s *site) error {
		before, err := s.card.starting()
		if err != nil {
			return err
		}
		if err := errors.Join(s.offer(ctx, file), s.saw(ctx, catalogue.WholeRefused, writeIn)); err != nil {
			return err
		}
		if err := s.board.unplug(s.stick); err != nil {
			return err
		}
		found, err := s.stick.files(ctx)
		if err != nil {
			return err
		}
		told := string(found[updater.ErrorFile])
		if !strings.Contains(strings.ToLower(told), strings.ToLower(why)) {
			err = fmt.Errorf("%s on the stick says %q and not %q", updater.ErrorFile, told, why)
		}
		after, failed := s.card.starting()
		if failed == nil && before != after {
			failed = errors.New("the card was written to")
		}
		s.note("%s says why", updater.ErrorFile)
		return errors.Join(err, failed)
	}
}

// starting is the SHA-256 of all that the card starts from.
func (c *card) starting() (sum [sha256.Size]byte, err error) {
	hash := sha256.New()
	for _, p := range []gpt.Partition{c.boot, {Offset: c.roots[0].Offset, Size: rootMost}, {Offset: c.roots[1].Offset, Size: rootMost}} {
		b, err := section(c.file, p)
		if err != nil {
			return sum, err
		}
		hash.Write(b)
	}
	return [sha256.Size]byte(hash.Sum(nil)), nil
}

// rootMost is more than any root holds, in bytes (image/build refuses a larger one).
const rootMost = 32 << 20

// zeroed takes the second root away.
func zeroed(c *card) error { return c.spoil(c.roots[1].Offset, make([]byte, rootMost)) }

// scrambled leaves the second root's head and its tables, so that it mounts, and spoils its files.
func scrambled(c *card) error {
	head, err := section(c.file, gpt.Partition{Offset: c.roots[1].Offset, Size: squashHead})
	if err != nil {
		return err
	}
	used := int64(binary.LittleEndian.Uint64(head[40:])) // kernel, fs/squashfs/squashfs_fs.h: bytes_used
	if used < 4<<20 || used > rootMost {
		return fmt.Errorf("a root of %d bytes", used)
	}
	noise := make([]byte, used-squashHead-1<<20)
	rand.Read(noise) // never fails
	return c.spoil(c.roots[1].Offset+squashHead, noise)
}

// squashHead is the size of a squashfs' head in bytes.
const squashHead = 96

func (c *card) spoil(at int64, with []byte) error {
	f, err := os.OpenFile(c.file, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(with, at)
	return errors.Join(err, f.Close())
}
