package program_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// volume mounts a small file system of its own in the box's folder.
func (b *box) volume(name, options string) (dir string) {
	b.t.Helper()
	dir = b.path(name)
	if err := os.Mkdir(dir, 0o700); err != nil {
		b.t.Fatal(err)
	}
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, options); err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { unix.Unmount(dir, unix.MNT_DETACH) })
	return dir
}

// A card whose storage is missing, read-only, full or damaged: five greens all the same, and the page says
// what is the matter.
func TestStorageOfTheCard(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		perm func(*box) string // the mounted /perm
		says string            // the notice, "" for none
	}{
		"in order": {func(b *box) string { return b.volume("perm", "size=8m") }, ""},
		"missing":  {func(b *box) string { return b.path("perm") }, "The card&#39;s storage is missing or cannot be used"},
		"read-only": {func(b *box) string {
			perm := b.volume("perm", "size=8m")
			if err := errors.Join(os.Mkdir(filepath.Join(perm, "trunktester"), 0o700),
				unix.Mount("", perm, "", unix.MS_REMOUNT|unix.MS_RDONLY, "")); err != nil {
				b.t.Fatal(err)
			}
			return perm
		}, "The card&#39;s storage cannot be written"},
		"full": {func(b *box) string {
			perm := b.volume("perm", "size=64k")
			err := os.Mkdir(filepath.Join(perm, "trunktester"), 0o700)
			if ballast := os.WriteFile(filepath.Join(perm, "ballast"), make([]byte, 1<<20), 0o600); err != nil || !errors.Is(ballast, unix.ENOSPC) {
				b.t.Fatal(err, ballast)
			}
			return perm
		}, "The card&#39;s storage is full"},
		"damaged": {func(b *box) string {
			perm := b.volume("perm", "size=8m")
			dir := filepath.Join(perm, "trunktester", "reports")
			if err := errors.Join(os.MkdirAll(dir, 0o700), os.WriteFile(filepath.Join(dir, "TORN"), []byte("half a rep"), 0o600)); err != nil {
				b.t.Fatal(err)
			}
			return perm
		}, "A file in the card&#39;s storage is damaged"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := boxIn(t, "healthy")
			perm := filepath.Join(c.perm(b), "trunktester")
			p := b.start("appliance", "-interface", "eth0", "-profile", b.path("trunk.toml"), "-state", b.path("run")+","+perm)
			p.lights(allGreen, 0)
			r := b.finished("")
			if c.says == "" {
				until(t, "the report on the card", func() bool {
					_, err := os.Stat(filepath.Join(perm, "reports", r.ID))
					return err == nil
				})
				if strings.Contains(b.get("/"), "About the box itself") {
					t.Error("the page has something to say about the box")
				}
				return
			}
			until(t, "the page says "+c.says, func() bool { return strings.Contains(b.get("/"), c.says) })
			if r.Verdict.Code != "ok" {
				t.Errorf("verdict %s: %s", r.Verdict.Code, r.Verdict.Text)
			}
			if kept := b.get("/report.json?run=" + r.ID); !strings.Contains(kept, r.ID) {
				t.Error("the report is not kept")
			}
		})
	}
}

// A program that is started again and again shows the box's own fault by itself; one that was asked to end is
// no such program.
func TestStartedAgainAndAgain(t *testing.T) {
	t.Parallel()
	b := boxIn(t, "healthy")
	for range 3 { // a setting that nobody can work with
		if got := b.start("appliance", "-interface", "eth7", "-state", b.path("state")).wait(); got.exit != untested {
			t.Fatalf("exit %d\n%s", got.exit, got.stderr)
		}
	}
	p := b.start(b.usual("appliance")...)
	p.lights("all lights: box fault", 0)
	p.signal(syscall.SIGTERM)
	if got := p.wait(); got.exit != untested {
		t.Errorf("exit %d", got.exit)
	}
	p = b.start(b.usual("appliance")...)
	p.lights(allGreen, 0)
	if said := p.out.String(); strings.Contains(said, "box fault") {
		t.Errorf("after an orderly end:\n%s", said)
	}
}
