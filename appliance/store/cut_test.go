package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"trunktester/appliance/profile"
	"trunktester/probes/facts"
)

// cut is a power cut.
type cut struct{}

// cutting is a folder whose power goes before one of the steps that change it.
type cutting struct {
	folder
	steps *int // that are still made
}

func (c cutting) step() {
	if *c.steps == 0 {
		panic(cut{})
	}
	*c.steps--
}

func (c cutting) OpenFile(name string, flag int, mode os.FileMode) (*os.File, error) {
	c.step()
	return c.folder.OpenFile(name, flag, mode)
}
func (c cutting) Mkdir(name string, mode os.FileMode) error {
	c.step()
	return c.folder.Mkdir(name, mode)
}
func (c cutting) Link(from, to string) error   { c.step(); return c.folder.Link(from, to) }
func (c cutting) Rename(from, to string) error { c.step(); return c.folder.Rename(from, to) }
func (c cutting) Remove(name string) error     { c.step(); return c.folder.Remove(name) }
func (c cutting) RemoveAll(name string) error  { c.step(); return c.folder.RemoveAll(name) }

// cutAfter does something in a directory whose power goes after so many steps; false when that is all of it.
func cutAfter(t *testing.T, steps int, dir string, do func(folder) error) (was bool) {
	t.Helper()
	defer func() {
		switch r := recover(); r {
		case nil:
		case cut{}:
			was = true
		default:
			panic(r)
		}
	}()
	if err := do(cutting{mustRoot(t, dir), &steps}); err != nil {
		t.Fatal(err)
	}
	return false
}

// What the box remembers is the old or the new version, never nothing and never the one before: not even for the moment
// between two steps of a write.
func TestAPowerCutAtEveryStepOfAWrite(t *testing.T) {
	at := func(n int) time.Time { return time.Unix(1795600000+int64(n), 0).UTC() }
	for name, c := range map[string]struct {
		file, kind string
		body       func(n int) string
		read       func(s *Store) (string, error)
	}{
		"updates": {updatesFile, updatesKind, func(n int) string { return fmt.Sprintf(`{"floor":%d}`, n) }, func(s *Store) (string, error) {
			u, err := s.Updates()
			return fmt.Sprintf(`{"floor":%d}`, u.Floor), err
		}},
		"time": {timeFile, timeKind, func(n int) string { return at(n).Format(time.RFC3339) }, func(s *Store) (string, error) {
			return s.LastTime().UTC().Format(time.RFC3339), nil
		}},
		"history": {historyFile, historyKind, func(n int) string { return fmt.Sprint(n) }, func(s *Store) (string, error) {
			places := s.enter()
			defer leave(places)
			return fmt.Sprint(s.leastHistory(places)), nil
		}},
		"lifetimes": {lifetimesFile, lifetimesKind, func(n int) string { return fmt.Sprintf(`[{"found":{"at_least_ms":%d}}]`, n) }, func(s *Store) (string, error) {
			places := s.enter()
			defer leave(places)
			kept := s.lifetimes(places)
			if len(kept) != 1 {
				return "", fmt.Errorf("%d lifetimes", len(kept))
			}
			return fmt.Sprintf(`[{"found":{"at_least_ms":%d}}]`, time.Duration(kept[0].Found.AtLeast).Milliseconds()), nil
		}},
		"profile": {profileFile, "", func(n int) string { return fmt.Sprintf("# %d\n", n) }, func(s *Store) (string, error) {
			text, err := s.Profile()
			return string(text), err
		}},
	} {
		t.Run(name, func(t *testing.T) {
			put := func(root folder, n int) error {
				if c.kind == "" {
					return replace(root, c.file, profile.Seal([]byte(c.body(n))), true)
				}
				return write(root, c.file, c.kind, []byte(c.body(n)))
			}
			for steps, going := 0, true; going; steps++ {
				run, perm := dirs(t)
				Open(run, perm)
				if err := errors.Join(put(mustRoot(t, perm), 1), put(mustRoot(t, perm), 2)); err != nil {
					t.Fatal(err)
				}
				going = cutAfter(t, steps, perm, func(root folder) error { return put(root, 3) })
				s := Open(run, perm)
				got, err := c.read(s)
				if err != nil || got != c.body(3) && (!going || got != c.body(2)) || len(s.Problems()) != 0 {
					t.Errorf("cut after %d steps: %q, %v, %v", steps, got, err, s.Problems())
				}
				if err := put(mustRoot(t, perm), 4); err != nil { // the power is back
					t.Fatal(err)
				}
				if got, err := c.read(Open(run, perm)); got != c.body(4) || err != nil {
					t.Errorf("after the cut: %q, %v", got, err)
				}
			}
		})
	}
}

// The card damaged the newest version, or lost it.
func TestADamagedMemoryGivesWayToTheOneBefore(t *testing.T) {
	for name, damage := range map[string]func(file string) error{
		"half a file": func(f string) error { return os.Truncate(f, 40) },
		"gone":        os.Remove,
	} {
		t.Run(name, func(t *testing.T) {
			run, perm := dirs(t)
			s := Open(run, perm)
			for n := range 2 {
				if err := errors.Join(s.SaveUpdates(Updates{Floor: int64(n + 1)}), s.NewHistory()); err != nil {
					t.Fatal(err)
				}
			}
			for _, file := range []string{filepath.Join(perm, updatesFile), filepath.Join(perm, historyFile), filepath.Join(run, historyFile)} {
				if err := damage(file); err != nil {
					t.Fatal(err)
				}
			}
			s = Open(run, perm)
			if u, err := s.Updates(); err != nil || u.Floor != 1 {
				t.Errorf("updates %+v, %v", u, err)
			}
			places := s.enter()
			if n := s.leastHistory(places); n != 1 {
				t.Errorf("history %d", n)
			}
			leave(places)
			if told := len(s.Problems()) > 0; told != (name != "gone") {
				t.Errorf("problems %v", s.Problems())
			}
		})
	}
}

// used is a box that two clients had, one after the other.
func used(t *testing.T) (run, perm string) {
	t.Helper()
	run, perm = dirs(t)
	b := newBox(run, perm)
	for _, p := range [][]byte{oldProfile, newProfile} {
		saveProfile(t, b.Store, p)
		l := b.Automatic(trunk)
		begin(t, l)
		end(t, l, 200)
		save(t, b.Store, "one", home)
		if err := errors.Join(b.NewHistory(), b.KeepLifetime(Line{GatewayMAC: "02:00:00:00:00:01"}, facts.Lifetime{}, time.Time{})); err != nil {
			t.Fatal(err)
		}
	}
	return run, perm
}

// The power goes after every step of a wipe: no client's profile is used after it, least of all one of an earlier
// client, and the next start can complete it. A card that takes no mark, as it is full, keeps the last profile at the most.
func TestAPowerCutAtEveryStepOfAWipe(t *testing.T) {
	usedRun, usedPerm := used(t)
	for _, marked := range []bool{true, false} {
		for steps, going := 0, true; going; steps++ {
			run, perm := dirs(t)
			if err := errors.Join(os.CopyFS(run, os.DirFS(usedRun)), os.CopyFS(perm, os.DirFS(usedPerm))); err != nil {
				t.Fatal(err)
			}
			going = cutAfter(t, steps, perm, func(root folder) error {
				if !marked {
					return wipeIn(root)
				}
				return errors.Join(markWipe(root), wipeIn(root), root.Remove(wipingFile))
			})
			s := Open(run, perm)
			text, err := s.Profile()
			begun := s.WipeBegun()
			switch {
			case string(text) == string(oldProfile):
				t.Errorf("marked %v, cut after %d steps: the profile of the client before is back", marked, steps)
			case marked && steps >= 1 && !errors.Is(err, ErrNoProfile): // the mark itself is one step
				t.Errorf("cut after %d steps: %q, %v", steps, text, err)
			case marked && steps >= 1 && begun != going:
				t.Errorf("cut after %d steps: begun %v", steps, begun)
			}
			if err := s.Wipe(); err != nil { // as the next start does
				t.Fatal(err)
			}
			for _, dir := range []string{run, perm} {
				if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
					t.Fatalf("marked %v, cut after %d steps, and completed: %v, %v", marked, steps, left, err)
				}
			}
		}
	}
}

// A profile that is put into a box whose wipe was interrupted is not lost with it at the next start.
func TestANewProfileAfterAnInterruptedWipe(t *testing.T) {
	run, perm := used(t)
	s := Open(run, perm)
	if err := s.BeginWipe(); err != nil || !s.WipeBegun() {
		t.Fatalf("%v, begun %v", err, s.WipeBegun())
	}
	if _, err := s.Profile(); !errors.Is(err, ErrNoProfile) {
		t.Errorf("while it is being wiped: %v", err)
	}
	third := []byte("[trunk]\ndomain = \"third.example\"\n")
	saveProfile(t, s, third)
	s = Open(run, perm)
	wantProfile(t, s, third)
	if s.WipeBegun() || len(s.Reports()) != 0 {
		t.Errorf("begun %v, reports %v", s.WipeBegun(), s.Reports())
	}
	if _, err := readProfile(mustRoot(t, perm), profileFile+previous); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the profile before it: %v", err)
	}
}
