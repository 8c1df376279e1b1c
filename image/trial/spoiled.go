package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"html"
	"os"
	"path/filepath"
	"strings"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/catalogue/words"
	"trunktester/image/gpt"
	"trunktester/image/perm"
)

// spoiledVisits are cards whose lasting partition is of no use: the box tests as ever, and says what it cannot keep.
func spoiledVisits() []visit {
	return []visit{
		{"card-spoiled", "healthy", []step{
			{"a lasting partition full of noise", "g g - - -", spoiled, says("notice.card-missing")},
			{"trunk.toml on a stick", "g g g g g", stickIn, says("notice.card-missing")},
			{"back at the PC", "", func(_ context.Context, s *site) error { s.off(); return nil }, notTaken},
		}},
		{"card-full", "healthy", []step{
			{"a kit without any room left", "g g g g g", full, says("notice.card-full")},
			{"a stick as large ones are sold, exFAT", "", largeStick, reportOnIt},
		}},
	}
}

// spoiled is a card of which nobody knows what happened to its lasting partition.
func spoiled(ctx context.Context, s *site) error {
	return errors.Join(fill(s.card.file, s.card.perm.Offset, 8<<20), s.on(ctx))
}

// fill writes noise over a part of a file.
func fill(file string, offset, size int64) error {
	f, err := os.OpenFile(file, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(noise(size), offset)
	return errors.Join(err, f.Close())
}

// noise is the same in every run, and like nothing that a file system writes.
func noise(size int64) []byte {
	all := make([]byte, 0, size+sha256.Size)
	sum := sha256.Sum256(nil)
	for int64(len(all)) < size {
		sum = sha256.Sum256(sum[:])
		all = append(all, sum[:]...)
	}
	return all[:size]
}

const (
	// smallPerm is a lasting partition, in bytes, that is soon full.
	smallPerm = 16 << 20
	// blockSize is the piece, in bytes, in which it is filled up.
	blockSize = 64 << 10
)

// full is a kit on whose lasting partition something else took all the room.
func full(ctx context.Context, s *site) error {
	files := map[string][]byte{profilePlace: []byte(s.lab.File)}
	if err := perm.Format(s.card.file, s.card.perm.Offset, smallPerm, 1, files); err != nil {
		return err
	}
	volume := filepath.Join(s.folder, "perm-full.img")
	part, err := section(s.card.file, gpt.Partition{Offset: s.card.perm.Offset, Size: smallPerm})
	if err == nil {
		err = os.WriteFile(volume, part, 0o600)
	}
	if err != nil {
		return err
	}
	if err := stuff(ctx, volume, s.folder); err != nil {
		return err
	}
	if part, err = os.ReadFile(volume); err != nil {
		return err
	}
	f, err := os.OpenFile(s.card.file, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(part, s.card.perm.Offset)
	return errors.Join(err, f.Close(), s.on(ctx))
}

// stuff fills an ext4 volume until nothing more goes in.
func stuff(ctx context.Context, volume, folder string) error {
	block := filepath.Join(folder, "block")
	if err := os.WriteFile(block, noise(blockSize), 0o600); err != nil {
		return err
	}
	var commands strings.Builder
	for n := range smallPerm / blockSize {
		fmt.Fprintf(&commands, "write %s filler%d\n", block, n)
	}
	script := filepath.Join(folder, "stuff.txt")
	if err := os.WriteFile(script, []byte(commands.String()), 0o600); err != nil {
		return err
	}
	return run(ctx, "debugfs", "-w", "-f", script, volume)
}

// says checks that the page tells what is wrong with the box itself.
func says(notice string) func(context.Context, *site) error {
	return func(ctx context.Context, s *site) error {
		page, err := s.laptop.page(ctx)
		if err != nil {
			return err
		}
		sentence := words.Said(notice)
		if !strings.Contains(html.UnescapeString(page), sentence) {
			return fmt.Errorf("the page does not say %q", sentence)
		}
		s.note("%s", sentence)
		return nil
	}
}

// notTaken: what the box could not keep is still on the stick, for the next time.
func notTaken(ctx context.Context, s *site) error {
	files, err := s.stick.files(ctx)
	if err == nil && string(files["trunk.toml"]) != string(byWindows(s.lab.File)) {
		err = errors.New("trunk.toml is gone from the stick, and the box could not keep it")
	}
	return err
}

// largeStick puts in a stick that Windows formatted as exFAT, as it does above 32 GB; it has no partition table.
func largeStick(ctx context.Context, s *site) error {
	s.stick = &stick{name: "large", file: filepath.Join(s.folder, "large.img")}
	if err := os.WriteFile(s.stick.file, nil, 0o600); err != nil {
		return err
	}
	if err := os.Truncate(s.stick.file, stickSize); err != nil {
		return err
	}
	if err := run(ctx, "mkfs.exfat", s.stick.file); err != nil {
		return err
	}
	s.since = s.watch.now()
	if err := s.board.plug(s.stick); err != nil {
		return err
	}
	return errors.Join(s.saw(ctx, catalogue.WholeWriting, importIn), s.saw(ctx, catalogue.WholeDone, importIn))
}

// reportOnIt: the report is on the stick, whose file system is whole.
func reportOnIt(ctx context.Context, s *site) error {
	s.off()
	if err := run(ctx, "fsck.exfat", "-n", s.stick.file); err != nil {
		return err
	}
	found, err := s.stick.holds(fmt.Sprintf("%q", s.shown.ID))
	if err == nil && !found {
		err = fmt.Errorf("report %s is not on the stick", s.shown.ID)
	}
	return err
}
