package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"time"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/profile"
)

// Registers of the GPIO that set and clear lines 0 to 31 (BCM2835 ARM Peripherals, section 6.1). On the emulated board they
// also move the level of a line that is an input, as nothing else can (qemu's hw/gpio/bcm2835_gpio.c, gpset and gpclr).
const (
	setAt   = gpioAt + 0x1c
	clearAt = gpioAt + 0x28
)

// button is the push button of an emulated board: a line of qemu's test protocol (docs/devel/testing, qtest), which writes to
// the board's registers beside its processor.
type button struct {
	conn net.Conn
	read *bufio.Reader
	line int // BCM number
}

// openButton takes the button and lets it up: a pull-up would, which the emulator lacks. The box knows it from then on.
func openButton(socket string, line int) (*button, error) {
	conn, err := net.Dial("unix", socket)
	if err != nil {
		return nil, err
	}
	b := &button{conn: conn, read: bufio.NewReader(conn), line: line}
	if err := b.up(); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	time.Sleep(restFor)
	return b, nil
}

// down connects the line to ground, as long as nobody lets it up.
func (b *button) down() error { return b.write(clearAt) }

func (b *button) up() error { return b.write(setAt) }

func (b *button) write(register uint32) error {
	b.conn.SetDeadline(time.Now().Add(answerIn)) //nolint:errcheck // the write tells
	if _, err := fmt.Fprintf(b.conn, "writel %#x %#x\n", register, 1<<b.line); err != nil {
		return fmt.Errorf("moving the button: %w", err)
	}
	answer, err := b.read.ReadString('\n')
	if err == nil && answer != "OK\n" {
		err = fmt.Errorf("the emulator answers %q", answer)
	}
	if err != nil {
		return fmt.Errorf("moving the button: %w", err)
	}
	return nil
}

// press holds the button down while the other function goes on.
func (s *site) press(while func() error) error {
	s.since = s.watch.now()
	b, err := openButton(filepath.Join(s.folder, "qtest"), profile.Default().LEDs.Button)
	if err != nil {
		return err
	}
	defer b.conn.Close() //nolint:errcheck // only read from
	if err := b.down(); err != nil {
		return err
	}
	return errors.Join(while(), b.up())
}

// heldFor presses the button for a time, by the board's clock or by this machine's: both go on alike.
func (s *site) heldFor(ctx context.Context, length time.Duration) error {
	return s.press(func() error {
		select {
		case <-time.After(length):
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
}

// steps presses the button shortly: then another finding counts its flashes.
func steps(want string) func(context.Context, *site) error {
	return func(ctx context.Context, s *site) error {
		if err := s.heldFor(ctx, shortPress); err != nil {
			return err
		}
		row, err := s.watch.final(ctx, s.since, runIn)
		if err != nil {
			return err
		}
		s.note("the lights read %s", drawn(row))
		if drawn(row) != want {
			err = fmt.Errorf("the lights read %s and not %s: %s", drawn(row), want, s.watch.state())
		}
		return err
	}
}

// runsAgain holds the button for more than a second.
func runsAgain(ctx context.Context, s *site) error { return s.heldFor(ctx, longPress) }

// wipes holds the button until the row says that letting go wipes the box, and lets go.
func wipes(ctx context.Context, s *site) error {
	err := s.press(func() error { return s.saw(ctx, catalogue.WholeWriting, runIn) })
	return errors.Join(err, s.saw(ctx, catalogue.WholeDone, runIn))
}

// wiped looks for what the card still holds in a PC: nothing of the trunk.
func wiped(ctx context.Context, s *site) error {
	l, err := s.card.lasting(ctx)
	if err != nil {
		return err
	}
	text, _, err := l.profile()
	if err == nil && text != nil {
		err = fmt.Errorf("a profile of %d bytes is on the card", len(text))
	}
	all, failed := l.reports()
	err = errors.Join(err, failed)
	for _, r := range all {
		if r.Verdict.Code != "no-trunk" {
			err = errors.Join(err, fmt.Errorf("report %s, %s, is on the card", r.ID, r.Verdict.Code))
		}
	}
	volume, failed := section(s.card.file, s.card.perm)
	if failed == nil && bytes.Contains(volume, []byte(secret(s.lab.File))) {
		failed = errors.New("the password can still be read from the lasting partition")
	}
	s.note("no profile, %d report of the time after", len(all))
	return errors.Join(err, failed)
}

// How long the presses last: design section 6 parts them at one and at ten seconds.
const (
	shortPress = 400 * time.Millisecond
	longPress  = 3 * time.Second
	restFor    = time.Second // of a button that is let up: its contact may bounce
)
