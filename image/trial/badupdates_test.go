package main

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"

	"trunktester/image/gpt"
)

func TestADamagedRootStillMounts(t *testing.T) {
	const at, used = 1 << 20, 6 << 20
	root := bytes.Repeat([]byte("squashfs"), rootMost/8)
	binary.LittleEndian.PutUint64(root[40:], used)
	c := &card{file: filepath.Join(t.TempDir(), "card.img")}
	c.roots[1] = gpt.Partition{Offset: at, Size: rootMost}
	write := func() {
		t.Helper()
		if err := os.WriteFile(c.file, append(make([]byte, at), root...), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write()
	if err := scrambled(c); err != nil {
		t.Fatal(err)
	}
	got, err := section(c.file, c.roots[1])
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got[:squashHead], root[:squashHead]) || !bytes.Equal(got[used-1<<20:], root[used-1<<20:]) {
		t.Error("the head or the tables are damaged: it does not mount")
	}
	if half := len(root[:used]) / 2; bytes.Equal(got[squashHead:half], root[squashHead:half]) {
		t.Error("its files are whole")
	}
	write()
	if err := zeroed(c); err != nil {
		t.Fatal(err)
	}
	if got, err = section(c.file, c.roots[1]); err != nil || len(bytes.Trim(got, "\x00")) != 0 {
		t.Errorf("something is left of it: %v", err)
	}
}

// A kernel that panicked restarts as one does that was asked to.
func TestRestarting(t *testing.T) {
	s := &site{folder: t.TempDir()}
	for log, want := range map[string]bool{
		"":                                      false,
		"[    3.4] EXT4-fs: mounted filesystem": false,
		"[   69.1] reboot: Restarting system":   true,
		"[    4.0] Kernel panic - not syncing: Attempted to kill init!\n[    4.1] Rebooting in 10 seconds..": true,
	} {
		if err := os.WriteFile(filepath.Join(s.folder, "serial.log"), []byte(log), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := s.restarting(nil); got != want {
			t.Errorf("%q: %v", log, got)
		}
	}
}
