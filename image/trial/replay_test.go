package main

import (
	"bytes"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"trunktester/appliance/profile"
	"trunktester/image/fat"
	"trunktester/image/gpt"
	"trunktester/image/perm"
	"trunktester/image/writelog"
)

// A card of 16 MB for each partition: the boot partition, and the lasting one behind it.
const (
	smallPart = 16 << 20
	smallSeed = 1
)

// write is one entry of a recorded session; no data is a flush.
type write struct {
	at   int64
	data []byte
}

func recorded(t *testing.T, writes ...write) *writelog.Log {
	t.Helper()
	const sector, magic = 512, 0x6a736677736872
	le := binary.LittleEndian
	log := make([]byte, sector)
	le.PutUint64(log, magic)
	le.PutUint64(log[8:], 1)
	le.PutUint64(log[16:], uint64(len(writes)))
	le.PutUint32(log[24:], sector)
	for _, w := range writes {
		entry := make([]byte, sector)
		le.PutUint64(entry, uint64(w.at/sector))
		le.PutUint64(entry[8:], uint64(len(w.data)/sector))
		if w.data == nil {
			le.PutUint64(entry[16:], 1)
		}
		log = append(append(log, entry...), w.data...)
	}
	l, err := writelog.Read(bytes.NewReader(log), int64(len(log)))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// TestReplayFindsWhatIsNotWhole: the checks of a state see a profile that was written over in place, a command line
// that changed, and a file system without its beginning.
func TestReplayFindsWhatIsNotWhole(t *testing.T) {
	for _, program := range []string{"e2fsck", "debugfs"} {
		if _, err := exec.LookPath(program); err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatal(err)
			}
			t.Skip(err)
		}
	}
	text := func(word string) []byte { return []byte(strings.Repeat("# "+word+"\n", 300)) }
	before, after := text("old"), text("new")
	c := &card{folder: t.TempDir(), boot: gpt.Partition{Offset: smallPart, Size: smallPart}, perm: gpt.Partition{Offset: 2 * smallPart, Size: smallPart}}
	boot, err := fat.Build(smallPart, time.Unix(0, 0), []fat.File{{Name: "cmdline.txt", Data: []byte("root=/dev/here")}, {Name: "trunk.toml", Data: before}})
	if err != nil {
		t.Fatal(err)
	}
	volume := filepath.Join(c.folder, "before.img")
	if err := os.WriteFile(volume, make([]byte, smallPart), 0o600); err != nil {
		t.Fatal(err)
	}
	sealed := profile.Seal(before)
	if err := perm.Format(volume, 0, smallPart, smallSeed, map[string][]byte{profilePlace: sealed}); err != nil {
		t.Fatal(err)
	}
	onPerm := func(what []byte) int64 {
		all, err := os.ReadFile(volume)
		at := bytes.Index(all, what)
		if err != nil || at < 0 || at%512 != 0 {
			t.Fatalf("%q at %d, %v", what[:20], at, err)
		}
		return c.perm.Offset + int64(at)
	}
	onBoot := func(what string) int64 {
		return c.boot.Offset + int64(bytes.Index(boot, []byte(what)))
	}
	sectors := func(b []byte) []byte { return append(b, make([]byte, (512-len(b)%512)%512)...) }
	flush := write{}
	for name, tt := range map[string]struct {
		writes []write
		says   string // "" for nothing
	}{
		"nothing happens":           {nil, ""},
		"flushed at once":           {[]write{{onPerm(sealed), sectors(profile.Seal(after))[:512]}, flush}, "the profile"},
		"torn":                      {[]write{{onPerm(sealed), sectors(profile.Seal(after))}, flush}, "the profile"},
		"the command line is gone":  {[]write{{onBoot("root="), make([]byte, 512)}}, "cmdline.txt"},
		"the person's file is gone": {[]write{{onBoot("# old"), make([]byte, 512)}, flush}, ""},
		"no superblock":             {[]write{{c.perm.Offset, make([]byte, 4096)}, flush}, "lasting partition"},
		"a stray write":             {[]write{{0, make([]byte, 512)}, flush}, "outside"},
	} {
		r := recording{log: recorded(t, tt.writes...), card: c, perm: volume, boot: boot, profiles: [][]byte{before, after}}
		done, err := r.replay(t.Context(), smallSeed, 0)
		switch {
		case tt.says == "" && (err != nil || done.states == 0):
			t.Errorf("%s: %+v, %v", name, done, err)
		case tt.says != "" && (err == nil || !strings.Contains(err.Error(), tt.says)):
			t.Errorf("%s: %v, and it should speak of %q", name, err, tt.says)
		}
	}
}
