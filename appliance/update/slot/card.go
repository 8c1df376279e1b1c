// Package slot puts a new root on the card beside the one that runs, lets gokrazy try it once, and makes it the
// one that starts. Each change of what starts is one sector, written through: a power cut at any moment
// leaves a card that starts.
package slot

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
)

// Device is a partition of the card.
type Device interface {
	io.ReaderAt
	// WriteAt of one whole sector either happens or not; a longer one may happen in parts.
	io.WriterAt
	// Sync returns when all that was written is on the card.
	Sync() error
	// Forget makes the next reading come from the card and not from memory.
	Forget() error
}

// Card is the card that the box runs from.
type Card struct {
	Running int            // the root that runs: 2 or 3
	Boot    Device         // partition 1
	Roots   map[int]Device // partitions 2 and 3
}

// Standing is what the card will start, and how it came to what runs.
type Standing struct {
	OnTrial bool // what runs is not what starts the next time
	Tried   bool // the other root was started once, and is not the one that runs
	Asked   bool // the other root is to be started once, which has not happened
}

// Standing reads cmdline.txt.
func (c *Card) Standing() (Standing, error) {
	_, line, err := c.cmdline()
	if err != nil {
		return Standing{}, err
	}
	root, err := line.root()
	if err != nil {
		return Standing{}, err
	}
	trial := root != c.Running
	return Standing{OnTrial: trial, Tried: !trial && line.tried(), Asked: line.trying()}, nil
}

// Settle takes the words of a trial that is over out of cmdline.txt.
func (c *Card) Settle() error {
	return c.change(func(line cmdline) (cmdline, error) { return line.plain(), nil })
}

// Try lets the other root start once, at the next start. It must be whole by then.
func (c *Card) Try() error {
	return c.change(func(line cmdline) (cmdline, error) { return line.onTrial() })
}

// Keep makes the root that runs the one that starts from now on.
func (c *Card) Keep() error {
	return c.change(func(line cmdline) (cmdline, error) { return line.switched(c.Running) })
}

// ErrOnTrial says that the other root is the one to go back to.
var ErrOnTrial = errors.New("an update is on trial just now: wait until the box has tested once, and put the stick in again")

const (
	pieceSize = 256 << 10 // bytes written at a time
	syncEvery = 4 << 20   // bytes: the card is kept busy, and no memory is filled with what waits for it
)

// Write puts a root of so many bytes in the other slot and reads it back: the bytes that are on the card have
// the SHA-256, in hexadecimal, or there is an error. The size is one of whole sectors.
func (c *Card) Write(ctx context.Context, root io.Reader, size int64, sum string) error {
	standing, err := c.Standing()
	if err != nil {
		return err
	}
	if standing.OnTrial {
		return ErrOnTrial
	}
	if standing.Asked { // it would start what is half written
		if err := c.Settle(); err != nil {
			return err
		}
	}
	slot := c.Roots[5-c.Running]
	if err := fill(ctx, slot, root, size); err != nil {
		return fmt.Errorf("writing the other root: %w", err)
	}
	if err := check(slot, size, sum); err != nil {
		return fmt.Errorf("reading the other root back: %w", err)
	}
	return nil
}

// Whole reads the root that runs from the card itself: its first bytes have the SHA-256, in hexadecimal, or there
// is an error.
func (c *Card) Whole(size int64, sum string) error {
	if err := check(c.Roots[c.Running], size, sum); err != nil {
		return fmt.Errorf("reading the root that runs: %w", err)
	}
	return nil
}

// check reads a slot from the card itself.
func check(slot Device, size int64, want string) error {
	if err := slot.Forget(); err != nil {
		return err
	}
	hash := sha256.New()
	if _, err := io.CopyBuffer(hash, io.NewSectionReader(slot, 0, size), make([]byte, pieceSize)); err != nil {
		return err
	}
	if hex.EncodeToString(hash.Sum(nil)) != want {
		return errors.New("other bytes came back: the stick or the card is worn out, try with another one")
	}
	return nil
}

// fill writes exactly size bytes to the start of a slot.
func fill(ctx context.Context, slot Device, from io.Reader, size int64) error {
	piece, unsynced := make([]byte, pieceSize), 0
	for at := int64(0); at < size; {
		if err := ctx.Err(); err != nil {
			return err
		}
		part := piece[:min(int64(len(piece)), size-at)]
		if _, err := io.ReadFull(from, part); err != nil {
			return fmt.Errorf("reading the stick: %w", err)
		}
		if _, err := slot.WriteAt(part, at); err != nil {
			return err
		}
		at += int64(len(part))
		if unsynced += len(part); unsynced >= syncEvery {
			unsynced = 0
			if err := slot.Sync(); err != nil {
				return err
			}
		}
	}
	return slot.Sync()
}

// cmdline reads cmdline.txt and says where it is.
func (c *Card) cmdline() (place, cmdline, error) {
	at, err := findCmdline(c.Boot)
	if err != nil {
		return place{}, nil, err
	}
	line := make(cmdline, at.length)
	if _, err := c.Boot.ReadAt(line, at.at); err != nil {
		return place{}, nil, fmt.Errorf("reading cmdline.txt: %w", err)
	}
	return at, line, nil
}

// change replaces cmdline.txt in place: one sector, nothing else of the boot partition.
func (c *Card) change(how func(cmdline) (cmdline, error)) error {
	at, line, err := c.cmdline()
	if err != nil {
		return err
	}
	if _, err := line.root(); err != nil {
		return err
	}
	next, err := how(line)
	if err != nil {
		return err
	}
	if bytes.Equal(next, line) {
		return nil
	}
	whole := make([]byte, sector)
	if _, err := c.Boot.ReadAt(whole, at.at); err != nil {
		return fmt.Errorf("reading cmdline.txt: %w", err)
	}
	copy(whole, next)
	if _, err := c.Boot.WriteAt(whole, at.at); err != nil {
		return fmt.Errorf("writing cmdline.txt: %w", err)
	}
	if err := errors.Join(c.Boot.Sync(), c.Boot.Forget()); err != nil {
		return fmt.Errorf("writing cmdline.txt: %w", err)
	}
	if _, line, err = c.cmdline(); err == nil && !bytes.Equal(line, next) {
		err = errors.New("cmdline.txt on the card cannot be written: write another card")
	}
	return err
}
