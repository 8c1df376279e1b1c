package store

import (
	"bufio"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Child processes of these tests are told by this what to do.
const childTask = "STORE_TEST_CHILD"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childTask); dir != "" {
		child(dir)
	}
	os.Exit(m.Run())
}

// child logs in for ever, and says of each attempt that it is written down before it would be sent.
func child(dir string) {
	s := Open(filepath.Join(dir, "run"), filepath.Join(dir, "perm"))
	for i := 0; ; i++ {
		changed := trunk
		changed.Port = i
		l := s.Automatic(changed)
		l.person = true // no limits: only the writing is tried
		if err := l.Begin(time.Time{}); err != nil {
			fmt.Println("failed", err)
			os.Exit(1)
		}
		fmt.Println("sending", l.id)
		if err := s.Save(fmt.Sprintf("r%d", i), home, []byte(strings.Repeat("x", 3000))); err != nil {
			fmt.Println("failed", err)
			os.Exit(1)
		}
	}
}

// TestKilledAtAnyMoment kills a program that logs in, again and again: whatever it had announced as about
// to be sent must stand in every directory as begun, and nothing may be damaged.
func TestKilledAtAnyMoment(t *testing.T) {
	dir := t.TempDir()
	for round := range 25 {
		announced := killedChild(t, dir)
		for _, d := range []string{"run", "perm"} {
			s := Open(filepath.Join(dir, d))
			places := s.enter()
			b := s.load(places)
			leave(places)
			if p := s.Problems(); len(p) != 0 {
				t.Fatalf("round %d, %s: %v", round, d, p)
			}
			if announced == "" {
				continue
			}
			last := b.Attempts[max(0, len(b.Attempts)-2):] // one more may have been written than announced
			found := false
			for _, a := range last {
				found = found || a.ID == announced && a.Ending == begun
			}
			if !found {
				t.Fatalf("round %d, %s: the attempt that was about to be sent is not written down", round, d)
			}
		}
		s := Open(filepath.Join(dir, "perm"))
		if n := len(s.Reports()); n > kept+1 || len(s.Problems()) != 0 {
			t.Fatalf("round %d: %d reports, problems %v", round, n, s.Problems())
		}
	}
}

// killedChild runs the child for a random while and gives the last attempt that it announced.
func killedChild(t *testing.T, dir string) (announced string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "/proc/self/exe", "-test.run=^$")
	cmd.Env = append(os.Environ(), childTask+"="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	kill := time.AfterFunc(time.Hour, func() { cmd.Process.Kill() })
	defer kill.Stop()
	for lines.Scan() {
		if announced == "" { // it has begun: now at any moment
			kill.Reset(time.Duration(rand.Int64N(int64(60 * time.Millisecond))))
		}
		word, id, _ := strings.Cut(lines.Text(), " ")
		if word != "sending" {
			t.Fatal(lines.Text())
		}
		announced = id
	}
	cmd.Wait() // killed
	return announced
}

// inMounts runs the test in user and mount namespaces of its own and says whether this is the first process.
func inMounts(t *testing.T) bool {
	t.Helper()
	if os.Getenv("STORE_TEST_MOUNTS") != "" {
		return false
	}
	cmd := exec.CommandContext(t.Context(), "/proc/self/exe", "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), "STORE_TEST_MOUNTS=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
	}
	out, err := cmd.CombinedOutput()
	switch {
	case errors.Is(err, unix.EPERM) && os.Getenv("CI") == "true":
		t.Fatalf("the kernel allows no namespaces: %v", err)
	case errors.Is(err, unix.EPERM):
		t.Skipf("the kernel allows no namespaces: %v", err)
	case err != nil:
		t.Fatalf("%v\n%s", err, out)
	}
	return true
}

func mount(t *testing.T, dir string, flags uintptr, options string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount("tmpfs", dir, "tmpfs", flags, options); err != nil {
		t.Fatal(err)
	}
	if flags&unix.MS_REMOUNT == 0 {
		t.Cleanup(func() { unix.Unmount(dir, unix.MNT_DETACH) })
	}
}

func TestReadOnlyPerm(t *testing.T) {
	if inMounts(t) {
		return
	}
	run, perm := dirs(t)
	mount(t, perm, 0, "size=1m")
	b := newBox(run, perm)
	l := b.Automatic(trunk)
	begin(t, l)
	end(t, l, 403)
	save(t, b.Store, "old", home)
	mount(t, perm, unix.MS_REMOUNT|unix.MS_RDONLY, "size=1m")

	b.powerCut(t, "second")
	wantBegin(t, b.Automatic(trunk), ErrRefusedBefore) // what stands there is still read
	l = b.person(t)
	begin(t, l)
	end(t, l, 200)
	save(t, b.Store, "new", home)
	wantBegin(t, b.Automatic(trunk), nil)
	if got := ids(b.Reports()); len(got) != 2 {
		t.Errorf("reports %v", got)
	}
	wantTold(t, b.Store, perm, unix.EROFS)
}

func TestFullPerm(t *testing.T) {
	if inMounts(t) {
		return
	}
	run, perm := dirs(t)
	mount(t, perm, 0, "size=64k")
	b := newBox(run, perm)
	l := b.Automatic(trunk)
	begin(t, l)
	end(t, l, 200)
	if err := os.WriteFile(filepath.Join(perm, "ballast"), make([]byte, 1<<20), 0o600); !errors.Is(err, unix.ENOSPC) {
		t.Fatal(err)
	}
	l = b.Automatic(trunk)
	begin(t, l)
	end(t, l, 200)
	save(t, b.Store, "one", home)
	if got := ids(b.Reports()); len(got) != 1 {
		t.Errorf("reports %v", got)
	}
	wantTold(t, b.Store, perm, unix.ENOSPC)
	if n := b.Automatic(trunk).Remembered().LoginsThisHour; n != 2 {
		t.Errorf("%d logins this hour, want 2", n)
	}
	if err := os.Remove(filepath.Join(perm, "ballast")); err != nil {
		t.Fatal(err)
	}
	begin(t, b.Automatic(trunk))
	save(t, b.Store, "two", home)
	if p := b.Problems(); len(p) != 0 {
		t.Errorf("problems stay: %v", p)
	}
}

func wantTold(t *testing.T, s *Store, dir string, why error) {
	t.Helper()
	for _, p := range s.Problems() {
		if p.Dir == dir && errors.Is(p.Err, why) {
			return
		}
	}
	t.Errorf("problems %v, want %v in %s", s.Problems(), why, dir)
}

func TestFileInThePlaceOfADirectory(t *testing.T) {
	run, perm := dirs(t)
	if err := os.WriteFile(perm, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	b := newBox(run, perm)
	begin(t, b.Automatic(trunk))
	wantTold(t, b.Store, perm, unix.ENOTDIR)
	if b.WipeBegun() {
		t.Error("a wipe has begun, and nobody asked for one")
	}
}

func TestTwoProcessesShareTheHour(t *testing.T) {
	run, perm := dirs(t)
	one, two := newBox(run, perm), newBox(run, perm)
	for range 2 {
		for _, b := range []*box{one, two} {
			l := b.Automatic(trunk)
			begin(t, l)
			end(t, l, 200)
		}
	}
	wantBegin(t, one.Automatic(trunk), ErrOften)
	wantBegin(t, two.Automatic(trunk), ErrOften)
}
