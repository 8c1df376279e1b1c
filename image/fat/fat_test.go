package fat

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const testSize = 16 << 20

func stamp() time.Time { return time.Date(2026, 5, 4, 3, 2, 2, 0, time.UTC) }

func testFiles() []File {
	files := []File{
		{"cmdline.txt", []byte("console=tty1 root=PARTUUID=1")},
		{"bcm2710-rpi-3-b.dtb", bytes.Repeat([]byte("dtb"), 4000)},
		{"bcm2710-rpi-3-b-plus.dtb", []byte("another with the same beginning")},
		{"empty", nil},
		{"overlays/README", []byte("in capitals")},
	}
	for i := range 40 { // more names than one cluster holds
		files = append(files, File{fmt.Sprintf("overlays/a-long-name-of-an-overlay-%d.dtbo", i), []byte{byte(i)}})
	}
	return files
}

func TestBuildAndRead(t *testing.T) {
	volume, err := Build(testSize, stamp(), testFiles())
	if err != nil {
		t.Fatal(err)
	}
	read, err := Files(volume)
	if err != nil {
		t.Fatal(err)
	}
	got, want := map[string]string{}, map[string]string{}
	for _, f := range read {
		got[f.Name] = string(f.Data)
	}
	for _, f := range testFiles() {
		want[f.Name] = string(f.Data)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	again, _ := Build(testSize, stamp(), testFiles())
	if !bytes.Equal(volume, again) {
		t.Error("two volumes of the same files differ")
	}
}

// TestOthersRead: the programs of dosfstools and mtools find nothing wrong, and the same content.
func TestOthersRead(t *testing.T) {
	t.Setenv("PATH", os.Getenv("PATH")+":/usr/sbin:/sbin")
	for _, program := range []string{"fsck.fat", "mcopy"} {
		if _, err := exec.LookPath(program); err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatal(err)
			}
			t.Skip(err)
		}
	}
	volume, err := Build(testSize, stamp(), testFiles())
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "volume")
	if err := os.WriteFile(file, volume, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), "fsck.fat", "-n", file).CombinedOutput(); err != nil {
		t.Errorf("fsck.fat: %v\n%s", err, out)
	}
	for _, f := range testFiles() {
		out, err := exec.CommandContext(t.Context(), "mcopy", "-i", file, "::"+f.Name, "-").Output()
		if err != nil || !bytes.Equal(out, f.Data) {
			t.Errorf("mcopy %s: %v, %d bytes instead of %d", f.Name, err, len(out), len(f.Data))
		}
	}
}

func TestWhatDoesNotFit(t *testing.T) {
	for name, files := range map[string][]File{
		"full":  {{"big", make([]byte, testSize)}},
		"twice": {{"a", nil}, {"a", nil}},
		"empty": {{"", nil}},
		"up":    {{"../a", nil}},
	} {
		if _, err := Build(testSize, stamp(), files); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := Build(1<<20, stamp(), nil); err == nil {
		t.Error("a volume too small for FAT16")
	}
}

func FuzzFiles(f *testing.F) {
	volume, err := Build(4<<20, stamp(), testFiles()[:5])
	if err != nil {
		f.Fatal(err)
	}
	head := volume[:64<<10] // the sectors that count
	f.Add(head)
	f.Add([]byte{})
	f.Fuzz(func(_ *testing.T, b []byte) {
		whole := append(bytes.Clone(b), make([]byte, max(0, 4<<20-len(b)))...)
		Files(whole) //nolint:errcheck // it must come back
	})
}
