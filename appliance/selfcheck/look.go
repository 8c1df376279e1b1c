package selfcheck

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// packets opens what DHCP and ARP are spoken through (packet(7)).
func packets() error {
	s, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("open a packet socket: %w", err)
	}
	return unix.Close(s)
}

// files opens as many files as a moment of a run does.
func files() error {
	const atOnce = 32
	for range atOnce {
		f, err := os.Open(os.DevNull)
		if errors.Is(err, unix.EMFILE) || errors.Is(err, unix.ENFILE) || errors.Is(err, unix.ENOMEM) {
			return err
		}
		if err == nil {
			defer f.Close() // at the end: all are open together
		}
	}
	return nil
}

// writable writes a small file and takes it away again.
func writable(dir string) error {
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	name := filepath.Join(dir, "selfcheck")
	return errors.Join(os.WriteFile(name, []byte("trunktester\n"), 0o600), os.Remove(name))
}

// memory is how many bytes can be had without swapping (proc_meminfo(5), MemAvailable); all that there can be
// where the kernel does not say.
func memory() uint64 {
	f, err := os.Open("/proc/meminfo")
	if err != nil {
		return ^uint64(0)
	}
	defer f.Close()
	return available(f)
}

// available reads MemAvailable.
func available(r io.Reader) uint64 {
	for lines := bufio.NewScanner(r); lines.Scan(); {
		words := strings.Fields(lines.Text())
		if len(words) == 3 && words[0] == "MemAvailable:" && words[2] == "kB" {
			if n, err := strconv.ParseUint(words[1], 10, 53); err == nil {
				return n << 10
			}
		}
	}
	return ^uint64(0)
}
