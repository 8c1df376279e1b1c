package terminal

import (
	"fmt"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// pty opens a pseudo terminal and gives its far end.
func pty(t *testing.T) *os.File {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("no pseudo terminals here: ", err)
	}
	t.Cleanup(func() { master.Close() })
	if err := unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	tty, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tty.Close() })
	if err := unix.IoctlSetWinsize(int(master.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: 61}); err != nil {
		t.Fatal(err)
	}
	return tty
}

func TestOpenOnATerminal(t *testing.T) {
	tty := pty(t)
	for _, c := range []struct {
		name, value string
		animated    bool
	}{
		{"TERM", "xterm", true},
		{"NO_COLOR", "1", false},
		{"NO_COLOR", "", true}, // no-color.org: set and not empty
		{"TERM", "dumb", false},
	} {
		term := Open(tty, func(name string) string {
			if name == c.name {
				return c.value
			}
			return ""
		})
		if animated := term.columns != nil; animated != c.animated {
			t.Errorf("%s=%q: animated %t", c.name, c.value, animated)
		} else if animated && term.columns() != 61 {
			t.Errorf("%s=%q: %d columns", c.name, c.value, term.columns())
		}
	}
}
