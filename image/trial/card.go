package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"trunktester/image/fat"
	"trunktester/image/gpt"
	"trunktester/image/perm"
)

const (
	cardGrown  = 2 << 30 // the emulated card slot takes powers of two only, in bytes
	deviceTree = "bcm2710-rpi-3-b.dtb"
	// profilePlace is where the card keeps the profile, in its lasting partition.
	profilePlace = "trunktester/trunk.toml"
)

// card is a copy of the card image. Between two boots it lies in a PC.
type card struct {
	folder string // where it lies, with all that is made of it
	file   string
	boot   gpt.Partition
	roots  [2]gpt.Partition // partitions 2 and 3
	perm   gpt.Partition
}

// newCard copies the image to the folder, at the size of a card.
func newCard(ctx context.Context, image, folder string) (*card, error) {
	c := &card{folder: folder, file: filepath.Join(folder, "card.img")}
	if err := copySparse(ctx, image, c.file); err != nil {
		return nil, err
	}
	if err := os.Truncate(c.file, cardGrown); err != nil {
		return nil, err
	}
	f, err := os.Open(c.file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	table, err := gpt.Read(f)
	if err != nil {
		return nil, err
	}
	if len(table) != 4 {
		return nil, fmt.Errorf("%s has %d partitions instead of 4", image, len(table))
	}
	c.boot, c.roots, c.perm = table[0], [2]gpt.Partition{table[1], table[2]}, table[3]
	return c, nil
}

func copySparse(ctx context.Context, from, to string) error {
	return run(ctx, "cp", "--sparse=always", from, to)
}

// run carries out a program that says something only when it fails.
func run(ctx context.Context, name string, args ...string) error {
	out, err := exec.CommandContext(ctx, name, args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, out)
	}
	return nil
}

// personalise gives the card a profile as a kit comes with it.
func (c *card) personalise(profile string) error {
	return perm.Format(c.file, c.perm.Offset, c.perm.Size, 1, map[string][]byte{profilePlace: []byte(profile)})
}

// volume is the boot partition.
func (c *card) volume() ([]byte, error) { return section(c.file, c.boot) }

func section(file string, p gpt.Partition) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.NewSectionReader(f, p.Offset, p.Size))
}

// load takes out of the boot partition what the board's firmware takes: the kernel, its device tree, and the command
// line, which differs from boot to boot.
func (c *card) load() (cmdline string, err error) {
	volume, err := c.volume()
	if err != nil {
		return "", err
	}
	files, err := fat.Files(volume)
	if err != nil {
		return "", err
	}
	missing := map[string]bool{"vmlinuz": true, deviceTree: true, "cmdline.txt": true}
	for _, f := range files {
		name := strings.ToLower(f.Name)
		if !missing[name] {
			continue
		}
		delete(missing, name)
		if name == "cmdline.txt" {
			cmdline = string(f.Data)
			continue
		}
		err = errors.Join(err, os.WriteFile(filepath.Join(c.folder, name), f.Data, 0o600))
	}
	if len(missing) > 0 {
		err = errors.Join(err, fmt.Errorf("the boot partition lacks %v", missing))
	}
	return cmdline, err
}

// drop puts a file on the boot partition, as a person at a PC does.
func (c *card) drop(ctx context.Context, name string, content []byte) error {
	return dropAt(ctx, c.file, c.boot.Offset, c.folder, name, content)
}

// read is a file of the boot partition; none is an error.
func (c *card) read(name string) ([]byte, error) {
	volume, err := c.volume()
	if err != nil {
		return nil, err
	}
	files, err := fat.Files(volume)
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		if strings.EqualFold(f.Name, name) {
			return f.Data, nil
		}
	}
	return nil, fmt.Errorf("no %s on the boot partition", name)
}

// dropAt puts a file on the volume that begins at the offset of an image.
func dropAt(ctx context.Context, image string, offset int64, folder, name string, content []byte) error {
	from := filepath.Join(folder, "dropped")
	if err := os.WriteFile(from, content, 0o600); err != nil {
		return err
	}
	return errors.Join(mtool(ctx, "mcopy", "-o", "-i", fmt.Sprintf("%s@@%d", image, offset), from, "::"+name), os.Remove(from))
}

// mtool runs one of mtools, which are to use their own defaults whatever this machine's settings are.
func mtool(ctx context.Context, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(os.Environ(), "MTOOLS_SKIP_CHECK=1", "MTOOLSRC=/dev/null")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, out)
	}
	return nil
}
