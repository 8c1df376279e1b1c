package kit

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"trunktester/appliance/profile"
	"trunktester/image/kit/kittest"
)

const (
	password = "k9#Wq<~zT4"
	trunk    = "[trunk]\ndomain = \"sip.example.net\"\nusername = \"441632960000\"\npassword = \"" + password + "\"\n[kit]\nname = \"Kit 0042\"\n"
)

func opened(t testing.TB, name string) *Card {
	t.Helper()
	c, err := Open(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func contents(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// packed is the file beside itself as .img.gz.
func packed(t testing.TB, name string) string {
	t.Helper()
	var b bytes.Buffer
	zip := gzip.NewWriter(&b)
	if _, err := zip.Write(contents(t, name)); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(zip.Close(), os.WriteFile(name+".gz", b.Bytes(), 0o600)); err != nil {
		t.Fatal(err)
	}
	return name + ".gz"
}

// left are the names in a folder.
func left(t testing.TB, folder string) []string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	names := []string{}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestOnlyPermChanges(t *testing.T) {
	raw := kittest.Card{Perm: map[string]string{"trunktester/trunk.toml": "# the secret of another customer\n"}}.Write(t)
	for _, base := range []string{raw, packed(t, raw)} {
		for _, ending := range []string{".img", ".img.gz"} {
			t.Run(filepath.Base(base)+" to "+ending, func(t *testing.T) {
				out := filepath.Join(t.TempDir(), "kit"+ending)
				sum, err := Personalise(t.Context(), opened(t, base), []byte(trunk), out, false)
				if err != nil {
					t.Fatal(err)
				}
				made := contents(t, out)
				if want := fmt.Sprintf("%x", sha256.Sum256(made)); sum != want {
					t.Errorf("sha256 %s, told as %s", want, sum)
				}
				if strings.HasSuffix(ending, ".gz") {
					zip, err := gzip.NewReader(bytes.NewReader(made))
					if err != nil {
						t.Fatal(err)
					}
					if made, err = io.ReadAll(zip); err != nil {
						t.Fatal(err)
					}
				}
				before := contents(t, raw)
				after := kittest.PermAt + kittest.PermLen
				if len(made) != len(before) || !bytes.Equal(made[:kittest.PermAt], before[:kittest.PermAt]) || !bytes.Equal(made[after:], before[after:]) {
					t.Error("something besides /perm is not as in the base")
				}
				if bytes.Contains(made, []byte("another customer")) {
					t.Error("the card still holds what was in /perm of the base")
				}
				if diff := cmp.Diff([]string{filepath.Base(out)}, left(t, filepath.Dir(out))); diff != "" {
					t.Errorf("files that are left: %s", diff)
				}
				text, err := opened(t, out).profileText()
				if err != nil || string(text) != trunk {
					t.Errorf("the profile reads %d bytes, %v", len(text), err)
				}
				if info, err := os.Stat(out); err != nil || info.Mode().Perm() != 0o600 {
					t.Errorf("the card can be read by others: %v, %v", info.Mode(), err)
				}
			})
		}
	}
}

// TestE2fsprogs: the programs of the kernel's own authors find the file, root's alone, and nothing wrong.
func TestE2fsprogs(t *testing.T) {
	t.Setenv("PATH", os.Getenv("PATH")+":/usr/sbin:/sbin")
	for _, program := range []string{"e2fsck", "debugfs"} {
		if _, err := exec.LookPath(program); err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatal(err)
			}
			t.Skip(err)
		}
	}
	out := filepath.Join(t.TempDir(), "kit.img")
	if _, err := Personalise(t.Context(), opened(t, kittest.Card{}.Write(t)), []byte(trunk), out, false); err != nil {
		t.Fatal(err)
	}
	where := fmt.Sprintf("%s?offset=%d", out, kittest.PermAt)
	if said, err := exec.CommandContext(t.Context(), "e2fsck", "-fn", where).CombinedOutput(); err != nil {
		t.Errorf("e2fsck: %v\n%s", err, said)
	}
	debugfs := func(command string) string {
		said, err := exec.CommandContext(t.Context(), "debugfs", "-R", command, where).Output()
		if err != nil {
			t.Errorf("debugfs %s: %v", command, err)
		}
		return string(said)
	}
	if got := debugfs("cat /trunktester/trunk.toml"); got != string(profile.Seal([]byte(trunk))) {
		t.Errorf("trunk.toml has %d bytes", len(got))
	}
	for name, mode := range map[string]string{"/trunktester": "0700", "/trunktester/trunk.toml": "0600"} {
		stat := debugfs("stat " + name)
		if !strings.Contains(stat, "Mode:  "+mode) || !strings.Contains(stat, "User:     0   Group:     0") {
			t.Errorf("%s is not root's with mode %s:\n%s", name, mode, stat)
		}
	}
}

func TestWhatIsRefused(t *testing.T) {
	folder := t.TempDir()
	good := kittest.Card{}.Write(t)
	whole := contents(t, packed(t, good))
	file := func(name string, b []byte) string {
		name = filepath.Join(folder, name)
		if err := os.WriteFile(name, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	spoiled := bytes.Clone(whole)
	spoiled[len(spoiled)-8] ^= 1 // the checksum, RFC 1952 section 2.3.1
	there := file("there.img", []byte("a"))
	for name, c := range map[string]struct{ base, out, want string }{
		"no base":           {filepath.Join(folder, "none.img"), "", "there is no file " + folder + "/none.img: give the card image, such as trunktester.img.gz"},
		"a text":            {file("text.img", []byte("hello")), "", folder + "/text.img is no card image of trunktester (gpt: reading the header: EOF): give trunktester.img or trunktester.img.gz"},
		"a folder":          {folder, "", folder + " is a folder: give the card image in it"},
		"half a card":       {file("half.img", contents(t, good)[:kittest.Size/2]), "", folder + "/half.img is no card image of trunktester (partition 4 ends behind the file: a part of it is missing, copy it again): give trunktester.img or trunktester.img.gz"},
		"half a packed one": {file("half.img.gz", whole[:len(whole)/2]), "", folder + "/half.img.gz ends too early: it was not copied as a whole, copy it again"},
		"spoiled":           {file("spoiled.img.gz", spoiled), "", folder + "/spoiled.img.gz is damaged: its checksum does not fit, copy it again"},
		"there already":     {good, there, there + " is there already: give another name, or -force to replace it"},
		"no folder":         {good, filepath.Join(folder, "no", "kit.img"), "there is no folder " + folder + "/no: make it first"},
		"onto the base":     {good, good, good + " is the base image itself: give the kit another name"},
		"onto a folder":     {good, folder, folder + " is a folder: give the name of a file in it, such as kit.img"},
		"onto a device":     {good, os.DevNull, os.DevNull + " is no file but a device: write the card to a file, such as kit.img, and that to the device with Raspberry Pi Imager, balenaEtcher or dd"},
	} {
		t.Run(name, func(t *testing.T) {
			out := c.out
			if out == "" {
				out = filepath.Join(t.TempDir(), "kit.img")
			}
			card, err := Open(c.base)
			if err == nil {
				defer card.Close()
				_, err = Personalise(t.Context(), card, []byte(trunk), out, false)
			}
			var input InputError
			if !errors.As(err, &input) || err.Error() != c.want {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
	if string(contents(t, there)) != "a" {
		t.Error("the file that was there was changed")
	}
	if _, err := Personalise(t.Context(), opened(t, good), []byte(trunk), there, true); err != nil {
		t.Errorf("by force: %v", err)
	}
	if _, err := Personalise(t.Context(), opened(t, good), []byte(trunk), os.DevNull, true); err == nil {
		t.Error("a device, by force")
	}
}

// A profile on the boot partition would take the place of the kit's at the first start.
func TestBaseWithAProfileWaiting(t *testing.T) {
	for text, refused := range map[string]bool{trunk: true, "# taken\n": false, "[trunk": true} {
		base := kittest.Card{Boot: map[string]string{"trunk.toml": text}}.Write(t)
		_, err := Personalise(t.Context(), opened(t, base), []byte(trunk), filepath.Join(t.TempDir(), "kit.img"), false)
		if refused != (err != nil && strings.Contains(err.Error(), "has trunk.toml on its boot partition")) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// After Ctrl-C nothing is left, and what was there stays.
func TestStopped(t *testing.T) {
	base := opened(t, kittest.Card{}.Write(t))
	out := filepath.Join(t.TempDir(), "kit.img")
	if err := os.WriteFile(out, []byte("before"), 0o600); err != nil {
		t.Fatal(err)
	}
	for reads := range 30 {
		ctx, cancel := context.WithCancel(t.Context())
		stopping := *base
		stopping.reader = &stopsAfter{base.reader, reads, cancel}
		_, err := Personalise(ctx, &stopping, []byte(trunk), out, true)
		cancel()
		if err == nil {
			if reads == 0 {
				t.Error("it was not stopped")
			}
			break
		}
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("after %d reads: %v", reads, err)
		}
		if diff := cmp.Diff([]string{"kit.img"}, left(t, filepath.Dir(out))); diff != "" || string(contents(t, out)) != "before" {
			t.Fatalf("after %d reads: %s", reads, diff)
		}
	}
}

// stopsAfter ends a context after some reads.
type stopsAfter struct {
	io.ReaderAt
	left int
	stop context.CancelFunc
}

func (s *stopsAfter) ReadAt(p []byte, off int64) (int, error) {
	if s.left--; s.left < 0 {
		s.stop()
	}
	return s.ReaderAt.ReadAt(p, off)
}

func TestFullDisk(t *testing.T) {
	err := roomFor(1258299392, &os.PathError{Op: "write", Path: "kit.img.part", Err: syscall.ENOSPC})
	want := "the disk is full: one card takes up to 1.3 GB; make room or choose another folder, and run the same command again: write kit.img.part: no space left on device"
	if err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func TestUnpackedIsTheSame(t *testing.T) {
	name := kittest.Card{}.Write(t)
	want := contents(t, name)
	c := opened(t, packed(t, name))
	got := make([]byte, len(want))
	if n, err := c.reader.ReadAt(got, 0); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d bytes, %v", n, err)
	}
	for _, at := range []int64{0, block - 1, block, kittest.Size - 3, kittest.Size, kittest.Size + 9} {
		a, b := make([]byte, 7), make([]byte, 7)
		n1, err1 := c.reader.ReadAt(a, at)
		n2, err2 := bytes.NewReader(want).ReadAt(b, at)
		if n1 != n2 || err1 != err2 || !bytes.Equal(a[:n1], b[:n1]) {
			t.Errorf("at %d: %d, %v instead of %d, %v", at, n1, err1, n2, err2)
		}
	}
}
