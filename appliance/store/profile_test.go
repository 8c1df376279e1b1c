package store

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"trunktester/appliance/profile"
)

var (
	oldProfile = []byte("[trunk]\r\ndomain = \"old.example\"\r\n")
	newProfile = []byte("[trunk]\ndomain = \"new.example\"\n")
)

func saveProfile(t *testing.T, s *Store, text []byte) {
	t.Helper()
	if err := s.SaveProfile(text); err != nil {
		t.Fatal(err)
	}
}

func wantProfile(t *testing.T, s *Store, want []byte) {
	t.Helper()
	if got, err := s.Profile(); err != nil || !bytes.Equal(got, want) {
		t.Errorf("profile %q, %v; want %q", got, err, want)
	}
}

func TestTheProfileIsKeptWhereItLasts(t *testing.T) {
	run, perm := dirs(t)
	s := Open(run, perm)
	if _, err := s.Profile(); !errors.Is(err, ErrNoProfile) {
		t.Errorf("an empty box: %v", err)
	}
	saveProfile(t, s, oldProfile)
	saveProfile(t, s, newProfile)
	wantProfile(t, Open(run, perm), newProfile)
	if _, err := os.Stat(filepath.Join(run, profileFile)); !errors.Is(err, os.ErrNotExist) {
		t.Error("the profile stands in the volatile directory as well")
	}
	for _, name := range []string{profileFile, profileFile + previous} {
		if info, err := os.Stat(filepath.Join(perm, name)); err != nil || info.Mode() != 0o600 {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
}

// A sector that went bad, half a file, a file of zeros, and none at all after a cut between two renames.
func TestADamagedProfileGivesWayToTheOneBefore(t *testing.T) {
	for name, damage := range map[string]func(file string) error{
		"half a file": func(f string) error { return os.Truncate(f, 80) },
		"one byte": func(f string) error {
			b, err := os.ReadFile(f)
			b[len(b)-3] ^= 1
			return errors.Join(err, os.WriteFile(f, b, 0o600))
		},
		"gone": os.Remove,
	} {
		t.Run(name, func(t *testing.T) {
			run, perm := dirs(t)
			s := Open(run, perm)
			saveProfile(t, s, oldProfile)
			saveProfile(t, s, newProfile)
			if err := damage(filepath.Join(perm, profileFile)); err != nil {
				t.Fatal(err)
			}
			s = Open(run, perm)
			wantProfile(t, s, oldProfile)
			if p := s.Problems(); (len(p) == 1) != (name != "gone") {
				t.Errorf("problems %v", p)
			}
			saveProfile(t, s, newProfile) // must not put the damaged one in the place of the whole one
			if text, err := readProfile(mustRoot(t, perm), profileFile+previous); err != nil || !bytes.Equal(text, oldProfile) {
				t.Errorf("the version before is %q, %v", text, err)
			}
			wantProfile(t, s, newProfile)
			if p := s.Problems(); len(p) != 0 {
				t.Errorf("problems stay: %v", p)
			}
		})
	}
}

func mustRoot(t *testing.T, dir string) *os.Root {
	t.Helper()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	return root
}

func TestBothVersionsDamaged(t *testing.T) {
	run, perm := dirs(t)
	s := Open(run, perm)
	saveProfile(t, s, oldProfile)
	saveProfile(t, s, newProfile)
	for _, name := range []string{profileFile, profileFile + previous} {
		if err := os.Truncate(filepath.Join(perm, name), 80); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Profile(); !errors.Is(err, profile.ErrDamaged) {
		t.Errorf("profile: %v", err)
	}
}

// The card was written by hand or by an older tool: no checksum, and read all the same.
func TestAProfileWithoutAChecksum(t *testing.T) {
	run, perm := dirs(t)
	s := Open(run, perm)
	if err := os.WriteFile(filepath.Join(perm, profileFile), oldProfile, 0o600); err != nil {
		t.Fatal(err)
	}
	wantProfile(t, s, oldProfile)
}

func TestAProfileIsNotKeptWherePermIsFullReadOnlyOrMissing(t *testing.T) {
	if inMounts(t) {
		return
	}
	run, perm := dirs(t)
	mount(t, perm, 0, "size=64k")
	s := Open(run, perm)
	saveProfile(t, s, oldProfile)
	if err := os.WriteFile(filepath.Join(perm, "ballast"), make([]byte, 1<<20), 0o600); !errors.Is(err, unix.ENOSPC) {
		t.Fatal(err)
	}
	if err := s.SaveProfile([]byte(strings.Repeat("#", 40<<10))); !errors.Is(err, unix.ENOSPC) {
		t.Errorf("full: %v", err)
	}
	wantProfile(t, s, oldProfile)
	mount(t, perm, unix.MS_REMOUNT|unix.MS_RDONLY, "size=64k")
	if err := s.SaveProfile(newProfile); !errors.Is(err, unix.EROFS) {
		t.Errorf("read-only: %v", err)
	}
	wantProfile(t, s, oldProfile)
	if err := s.Wipe(); !errors.Is(err, unix.EROFS) {
		t.Errorf("a wipe that removes nothing: %v", err)
	}
	s = Open(run, filepath.Join(perm, "not", "there"))
	if err := s.SaveProfile(newProfile); err == nil {
		t.Error("kept nowhere, and no error")
	}
	if _, err := s.Profile(); !errors.Is(err, ErrNoProfile) {
		t.Errorf("no storage: %v", err)
	}
	if err := s.Wipe(); err != nil {
		t.Errorf("nothing to wipe: %v", err)
	}
}

// Every state that a power cut can leave while a profile is written, one step after another.
func TestAPowerCutLeavesTheOldOrTheNewProfile(t *testing.T) {
	sealed := profile.Seal(newProfile)
	for cut := range len(sealed) + 3 {
		run, perm := dirs(t)
		s := Open(run, perm)
		saveProfile(t, s, oldProfile)
		half := sealed[:min(cut, len(sealed))]
		if err := os.WriteFile(filepath.Join(perm, profileFile+unfinished), half, 0o600); err != nil {
			t.Fatal(err)
		}
		want := oldProfile
		if cut > len(sealed) { // the first rename
			if err := os.Rename(filepath.Join(perm, profileFile), filepath.Join(perm, profileFile+previous)); err != nil {
				t.Fatal(err)
			}
		}
		if cut > len(sealed)+1 { // the second
			if err := os.Rename(filepath.Join(perm, profileFile+unfinished), filepath.Join(perm, profileFile)); err != nil {
				t.Fatal(err)
			}
			want = newProfile
		}
		s = Open(run, perm)
		wantProfile(t, s, want)
		saveProfile(t, s, newProfile)
		wantProfile(t, Open(run, perm), newProfile)
	}
}

// The bytes themselves are gone, not only the names: a second name of the same file shows it.
func TestWipeOverwrites(t *testing.T) {
	run, perm := dirs(t)
	s := Open(run, perm)
	saveProfile(t, s, oldProfile)
	saveProfile(t, s, newProfile)
	save(t, s, "one", home)
	watched := map[string]string{}
	for _, name := range []string{profileFile, profileFile + previous, reportPath("one")} {
		watched[name] = filepath.Join(t.TempDir(), "second name")
		if err := os.Link(filepath.Join(perm, name), watched[name]); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Wipe(); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(perm); err != nil || len(left) != 0 {
		t.Errorf("after the wipe: %v, %v", left, err)
	}
	for name, second := range watched {
		if b, err := os.ReadFile(second); err != nil || len(b) == 0 || len(bytes.Trim(b, "\x00")) != 0 {
			t.Errorf("%s still reads %q, %v", name, b, err)
		}
	}
	if _, err := s.Profile(); !errors.Is(err, ErrNoProfile) {
		t.Errorf("after the wipe: %v", err)
	}
}
