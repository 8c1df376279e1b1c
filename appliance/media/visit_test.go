package media

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// ownMounts makes this test's process one with mounts of its own; loop devices need root.
func ownMounts(t *testing.T) bool {
	t.Helper()
	if os.Getenv("MEDIA_TEST_MOUNTS") != "" {
		return true
	}
	refuse := t.Skipf
	if os.Getenv("CI") == "true" {
		refuse = t.Fatalf
	}
	if os.Geteuid() != 0 {
		refuse("loop devices need root")
	}
	cmd := exec.CommandContext(t.Context(), "/proc/self/exe", "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), "MEDIA_TEST_MOUNTS=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return false
}

// disk is an image with a file system of this kernel on a loop device.
func disk(t *testing.T, kind string, options ...string) (device string) {
	t.Helper()
	image := filepath.Join(t.TempDir(), "disk.img")
	if err := errors.Join(os.WriteFile(image, nil, 0o600), os.Truncate(image, 4<<20)); err != nil {
		t.Fatal(err)
	}
	if kind != "" {
		if out, err := exec.CommandContext(t.Context(), "mkfs."+kind, append(options, image)...).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	out, err := exec.CommandContext(t.Context(), "losetup", "--find", "--show", image).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	device = strings.TrimSpace(string(out))
	t.Cleanup(func() { exec.Command("losetup", "--detach", device).Run() })
	return device
}

// openTest uses ext2 as well: not every kernel that runs the tests has FAT.
func openTest(t *testing.T) *Drives {
	t.Helper()
	d, err := OpenDrives(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	d.Types = []string{"vfat", "ext2"}
	return d
}

func holds(name string) func(*os.Root) bool {
	return func(r *os.Root) bool { _, err := r.Stat(name); return err == nil }
}

func write(t *testing.T, d *Drives, device, name, text string) {
	t.Helper()
	err, visit := Visit(t.Context(), d, []string{device}, time.Minute, holds(name), func(v Volume) error {
		return v.Write(func() error { return v.Root.WriteFile(name, []byte(text), 0o600) })
	})
	if err := errors.Join(err, visit); err != nil {
		t.Fatal(err)
	}
}

func TestVolumesAreMountedForAMoment(t *testing.T) {
	if !ownMounts(t) {
		return
	}
	d := openTest(t)
	empty, full, raw := disk(t, "ext2", "-q"), disk(t, "ext2", "-q"), disk(t, "")
	write(t, d, full, "trunk.toml", "x")
	wrote := errors.New("not looked at")
	seen, err := Visit(t.Context(), d, []string{raw, empty, full}, time.Minute, holds("trunk.toml"), func(v Volume) string {
		b, _ := v.Root.ReadFile("trunk.toml")
		wrote = v.Root.WriteFile("trunk.toml", nil, 0o600)
		if room, err := v.Room(); err != nil || room < 1<<20 || room > 4<<20 {
			t.Errorf("room %d, %v", room, err)
		}
		if text, err := os.ReadFile("/proc/self/mountinfo"); err != nil || !strings.Contains(string(text), mountMark+" ro,nosuid,nodev,noexec") {
			t.Errorf("%v, mounts:\n%s", err, text)
		}
		return string(b)
	})
	if seen != "x" || err != nil {
		t.Errorf("the volume with the file: %q, %v", seen, err)
	}
	if !errors.Is(wrote, unix.EROFS) {
		t.Errorf("writing to what is only read: %v", wrote)
	}
	if text, _ := os.ReadFile("/proc/self/mountinfo"); strings.Contains(string(text), mountMark) {
		t.Errorf("still mounted:\n%s", text)
	}
	seen, err = Visit(t.Context(), d, []string{raw, empty}, time.Minute, holds("trunk.toml"), func(Volume) string { return "first readable" })
	if seen != "first readable" || err != nil {
		t.Errorf("nothing wanted: %q, %v", seen, err)
	}
	if _, err = Visit(t.Context(), d, []string{raw}, time.Minute, holds("x"), func(Volume) int { return 1 }); !errors.Is(err, ErrUnreadable) {
		t.Errorf("no file system: %v", err)
	}
	if _, err = Visit(t.Context(), d, []string{"/dev/gone"}, time.Minute, holds("x"), func(Volume) int { return 1 }); err == nil || errors.Is(err, ErrUnreadable) {
		t.Errorf("pulled before it could be mounted: %v", err)
	}
}

func TestNTFSIsNamed(t *testing.T) {
	if !ownMounts(t) {
		return
	}
	d, device := openTest(t), disk(t, "")
	if err := os.WriteFile(device, append([]byte("\xebR\x90NTFS    "), make([]byte, 501)...), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Visit(t.Context(), d, []string{device}, time.Minute, holds("x"), func(Volume) int { return 1 })
	if !errors.Is(err, ErrUnreadable) || !strings.Contains(err.Error(), "NTFS") {
		t.Errorf("error %v", err)
	}
}

func TestAWriteProtectedMedium(t *testing.T) {
	if !ownMounts(t) {
		return
	}
	d, device := openTest(t), disk(t, "ext2", "-q")
	if out, err := exec.CommandContext(t.Context(), "blockdev", "--setro", device).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Cleanup(func() { exec.Command("blockdev", "--setrw", device).Run() }) // a loop device remembers it
	err, visit := Visit(t.Context(), d, []string{device}, time.Minute, holds("x"), func(v Volume) error { return v.Write(func() error { return nil }) })
	if !errors.Is(err, ErrReadOnly) || visit != nil {
		t.Errorf("%v, %v", err, visit)
	}
}

// A program that was killed left a volume mounted, and a file on one stays open: both are no end of it.
func TestWhatIsLeftMounted(t *testing.T) {
	if !ownMounts(t) {
		return
	}
	d, device := openTest(t), disk(t, "ext2", "-q")
	write(t, d, device, "file", "x")
	if _, err := d.mount(device); err != nil {
		t.Fatal(err)
	}
	again, err := OpenDrives(d.Dir)
	if err != nil {
		t.Fatal(err)
	}
	again.Types = d.Types
	var open *os.File
	_, err = Visit(t.Context(), again, []string{device}, time.Minute, holds("x"), func(v Volume) int { open, _ = v.Root.Open("file"); return 1 })
	if err != nil {
		t.Errorf("a file that stays open: %v", err)
	}
	open.Close()
	if text, _ := os.ReadFile("/proc/self/mountinfo"); strings.Contains(string(text), mountMark) {
		t.Errorf("still mounted:\n%s", text)
	}
}

// The kernel waits for a stick that does not answer: the box does not.
func TestAMediumThatHangs(t *testing.T) {
	if !ownMounts(t) {
		return
	}
	d, device := openTest(t), disk(t, "ext2", "-q")
	answer := make(chan struct{})
	hang := func(Volume) int { <-answer; return 1 }
	if n, err := Visit(t.Context(), d, []string{device}, 50*time.Millisecond, holds("x"), hang); !errors.Is(err, ErrHangs) || n != 0 {
		t.Errorf("%d, %v", n, err)
	}
	if _, err := Visit(t.Context(), d, []string{device}, 50*time.Millisecond, holds("x"), hang); !errors.Is(err, ErrHangs) {
		t.Errorf("while it hangs: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Visit(ctx, d, []string{device}, time.Minute, holds("x"), hang); !errors.Is(err, context.Canceled) {
		t.Errorf("at the end: %v", err)
	}
	close(answer)
	if n, err := Visit(t.Context(), d, []string{device}, time.Minute, holds("x"), hang); n != 1 || err != nil {
		t.Errorf("when it answers again: %d, %v", n, err)
	}
}
