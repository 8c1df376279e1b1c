package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"time"

	"trunktester/appliance/importer"
	"trunktester/image/fat"
	"trunktester/image/gpt"
)

// The partitions of a gokrazy card, in the order of their table.
const (
	bootPart = 0
	permPart = 3
	parts    = 4
)

// rebuildBoot writes the boot partition anew: with room, and with the files for people.
func rebuildBoot(image string, stamp time.Time) (err error) {
	f, err := os.OpenFile(image, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	table, err := gpt.Read(f)
	if err != nil {
		return err
	}
	if len(table) != parts {
		return fmt.Errorf("%d partitions instead of %d", len(table), parts)
	}
	boot := table[bootPart]
	volume := make([]byte, boot.Size)
	if _, err := f.ReadAt(volume, boot.Offset); err != nil {
		return fmt.Errorf("reading the boot partition: %w", err)
	}
	files, err := fat.Files(volume)
	if err != nil {
		return err
	}
	if err := overlaysThere(files); err != nil {
		return err
	}
	for _, add := range []struct{ name, from string }{{"README.txt", "image/README.txt"}, {"trunk.toml.example", "docs/trunk.toml.example"}} {
		text, err := os.ReadFile(add.from)
		if err != nil {
			return err
		}
		text = bytes.ReplaceAll(text, []byte("\n"), []byte("\r\n")) // for Windows
		files = append(files, fat.File{Name: add.name, Data: text})
	}
	files = append(files, fat.File{Name: importer.ErrorFile, Data: importer.ErrorSpace()})
	volume, err = fat.Build(boot.Size, stamp, files)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(volume, boot.Offset)
	return err
}

var overlayLine = regexp.MustCompile(`(?m)^dtoverlay=([a-z0-9-]+)`)

// overlaysThere says that the boot partition has every overlay that its config.txt names, and the list by which the firmware
// of a Pi 5 finds its own of the same name: of one that it misses the firmware says nothing that anybody would see.
func overlaysThere(files []fat.File) error {
	there := map[string]bool{}
	var config []byte
	for _, f := range files {
		there[f.Name] = true
		if f.Name == "config.txt" {
			config = f.Data
		}
	}
	named := overlayLine.FindAllSubmatch(config, -1)
	if len(named) == 0 {
		return errors.New("config.txt names no overlay")
	}
	wanted := []string{"overlays/overlay_map.dtb"}
	for _, m := range named {
		wanted = append(wanted, "overlays/"+string(m[1])+".dtbo")
	}
	for _, name := range wanted {
		if !there[name] {
			return fmt.Errorf("the boot partition has no %s", name)
		}
	}
	return nil
}

// formatPerm formats the lasting partition by a program that is built with a library whose clock stands still.
func formatPerm(ctx context.Context, image, work string, stamp int64) error {
	f, err := os.Open(image)
	if err != nil {
		return err
	}
	table, err := gpt.Read(f)
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if len(table) != parts {
		return fmt.Errorf("%d partitions instead of %d", len(table), parts)
	}
	source, err := goTool(ctx, ".", "mod", "download", "-json", "github.com/diskfs/go-diskfs")
	if err != nil {
		return err
	}
	var module struct{ Dir string }
	if err := json.Unmarshal([]byte(source), &module); err != nil {
		return fmt.Errorf("go mod download: %w", err)
	}
	library, modfile, binary := filepath.Join(work, "diskfs"), filepath.Join(work, "mkperm.mod"), filepath.Join(work, "mkperm")
	still := edit{"filesystem/ext4/ext4.go", "time.Now()", fmt.Sprintf("time.Unix(%d, 0).UTC()", stamp), 5}
	err = copySource(library, module.Dir, []edit{still})
	if err == nil {
		err = replaced(modfile, ".", "github.com/diskfs/go-diskfs", library)
	}
	if err == nil {
		_, err = goTool(ctx, ".", "build", "-modfile", modfile, "-o", binary, "./image/mkperm")
	}
	if err != nil {
		return err
	}
	perm := table[permPart]
	out, err := exec.CommandContext(ctx, binary, image, fmt.Sprint(perm.Offset), fmt.Sprint(perm.Size), fmt.Sprint(stamp)).CombinedOutput()
	if err != nil {
		return fmt.Errorf("mkperm: %w\n%s", err, out)
	}
	return nil
}

// compress writes image to a .gz beside it and returns the size and the sha256 of the image itself, all in one pass.
func compress(image string) (size int64, sum []byte, err error) {
	in, err := os.Open(image)
	if err != nil {
		return 0, nil, err
	}
	defer in.Close()
	out, err := os.Create(image + ".gz")
	if err != nil {
		return 0, nil, err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	buffered := bufio.NewWriterSize(out, 1<<20)
	zip := gzip.NewWriter(buffered)
	hash := sha256.New()
	size, err = io.CopyBuffer(io.MultiWriter(zip, hash), bufio.NewReaderSize(in, 1<<20), make([]byte, 1<<20))
	return size, hash.Sum(nil), errors.Join(err, zip.Close(), buffered.Flush())
}
