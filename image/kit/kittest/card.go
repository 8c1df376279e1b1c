// Package kittest builds small cards for tests, laid out as gokrazy's.
package kittest

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/diskfs/go-diskfs/backend/file"
	"github.com/diskfs/go-diskfs/filesystem/squashfs"

	"trunktester/image/fat"
	"trunktester/image/gpt"
	"trunktester/image/perm"
)

// The layout, in bytes. The table's second copy stands behind the last partition.
const (
	mib     = 1 << 20
	BootAt  = 1 * mib
	RootAt  = 5 * mib
	PermAt  = 7 * mib
	PermLen = 16 * mib
	Size    = PermAt + PermLen + 33*gpt.Sector
)

// Card is what is put on one.
type Card struct {
	Boot map[string]string // more files, or other contents; "" leaves a file out
	Root map[string]string // likewise
	Perm map[string]string
}

// Write makes a card image and returns its name.
func (c Card) Write(t testing.TB) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "base.img")
	image := make([]byte, Size)
	copy(image[gpt.Sector:], "EFI PART")
	le := binary.LittleEndian
	le.PutUint64(image[gpt.Sector+72:], 2)
	le.PutUint32(image[gpt.Sector+80:], 128)
	le.PutUint32(image[gpt.Sector+84:], 128)
	for i, p := range []gpt.Partition{{Offset: BootAt, Size: 4 * mib}, {Offset: RootAt, Size: mib}, {Offset: RootAt + mib, Size: mib}, {Offset: PermAt, Size: PermLen}} {
		e := image[2*gpt.Sector+128*i:]
		e[0] = byte(i + 1)
		le.PutUint64(e[32:], uint64(p.Offset/gpt.Sector))
		le.PutUint64(e[40:], uint64((p.Offset+p.Size)/gpt.Sector-1))
	}
	copy(image[Size-gpt.Sector:], "EFI PART")
	boot, err := fat.Build(4*mib, time.Unix(1e9, 0), c.boot())
	check(t, err)
	copy(image[BootAt:], boot)
	copy(image[RootAt:], c.root(t))
	check(t, os.WriteFile(name, image, 0o600))
	files := map[string][]byte{}
	for name, text := range c.Perm {
		files[name] = []byte(text)
	}
	check(t, perm.Format(name, PermAt, PermLen, 1, files))
	return name
}

func (c Card) boot() []fat.File {
	all := map[string]string{"config.txt": "kernel=vmlinuz\n", "vmlinuz": "a kernel",
		"cmdline.txt": "console=tty1 root=PARTUUID=60c24cc1-f3f9-427a-8199-c599f4ae0001/PARTNROFF=1 init=/gokrazy/init"}
	for name, text := range c.Boot {
		all[name] = text
	}
	var files []fat.File
	for name, text := range all {
		if text != "" {
			files = append(files, fat.File{Name: name, Data: []byte(text)})
		}
	}
	return files
}

func (c Card) root(t testing.TB) []byte {
	t.Helper()
	all := map[string]string{"user/trunktester": "a program", "lib/modules/6.12.47-v8/modules.dep": "x",
		"etc/trunktester/release.json": `{"version": "1.2.3", "build": 7, "kernel": "6.12.47-v8", "model": "rpi"}`}
	for name, text := range c.Root {
		all[name] = text
	}
	f, err := os.Create(filepath.Join(t.TempDir(), "root"))
	check(t, err)
	defer f.Close()
	system, err := squashfs.Create(file.New(f, false), mib, 0, 4096)
	check(t, err)
	for name, text := range all {
		if text == "" {
			continue
		}
		path := filepath.Join(system.Workspace(), name)
		check(t, os.MkdirAll(filepath.Dir(path), 0o755))
		check(t, os.WriteFile(path, []byte(text), 0o644))
	}
	check(t, system.Finalize(squashfs.FinalizeOptions{}))
	b, err := os.ReadFile(f.Name())
	check(t, err)
	if len(b) > mib {
		t.Fatalf("the root file system has %d bytes", len(b))
	}
	return b
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
