package store

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"trunktester/appliance/profile"
)

// hanging makes a store whose card stops answering in the middle of a write: the file that is written next is a pipe
// with nobody at its other end, which an open waits for. answer is the card's coming back.
func hanging(t *testing.T, file string) (s *Store, answer func()) {
	t.Helper()
	run, perm := t.TempDir(), t.TempDir()
	s = Open(run, perm)
	s.patience = 50 * time.Millisecond
	pipe := filepath.Join(perm, file)
	if err := unix.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	answer = func() {
		f, err := os.OpenFile(pipe, os.O_RDWR, 0) // opens a pipe at once (fifo(7)), and so lets the writer in
		if err != nil {
			t.Fatal(err)
		}
		os.Remove(pipe)
		s.busy <- struct{}{} // the write that was given up comes to its end
		<-s.busy
		t.Cleanup(func() { f.Close() })
	}
	return s, answer
}

// The card dies while a report is written: the box says so, goes on, and does not log in by itself, since it cannot know
// how often it did. When the card answers again, so does the store.
func TestACardThatHangsHoldsNobodyUp(t *testing.T) {
	s, answer := hanging(t, reportsDir+unfinished)
	if err := s.Save("A1", Site{}, []byte("x")); !errors.Is(err, ErrHangs) {
		t.Fatalf("a report for a card that hangs: %v", err)
	}
	s.patience = time.Hour // from here on nobody waits
	told := s.Problems()
	if len(told) != 1 || !told[0].Lasting || !errors.Is(told[0].Err, ErrHangs) {
		t.Errorf("problems %v", told)
	}
	trunk := profile.Trunk{Domain: "sip.example.net", Username: "a"}
	if err := s.Automatic(trunk).Begin(time.Time{}); !errors.Is(err, ErrNotRecorded) || !errors.Is(err, ErrHangs) {
		t.Errorf("a login by itself: %v", err)
	}
	if err := s.Asked(trunk).Begin(time.Time{}); err != nil {
		t.Errorf("a login that a person asked for: %v", err)
	}
	if got := s.Reports(); len(got) != 0 {
		t.Errorf("reports %v", got)
	}
	if _, err := s.Profile(); !errors.Is(err, ErrHangs) {
		t.Errorf("the profile: %v", err)
	}
	answer()
	if err := s.Save("A2", Site{}, []byte("y")); err != nil {
		t.Fatalf("after it answers again: %v", err)
	}
	if p := s.Problems(); len(p) != 0 {
		t.Errorf("problems stay: %v", p)
	}
}
