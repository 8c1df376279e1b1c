package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// reserve is how much the heap may grow, in per cent of what is in use, before it is swept: half of Go's usual, since half of
// the 32 MiB that the program may have is the program itself, and it works for some seconds an hour.
const reserve = 50

// stayInMemory reads the program's file into memory as a whole, and keeps it there (mlock(2)): it goes on, and its
// lights tell the truth, when the card that it came from dies or hangs. Not mlockall(2), which also fills what Go's heap
// has in reserve.
func stayInMemory() error {
	program, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return err
	}
	maps, err := os.Open("/proc/self/maps")
	if err != nil {
		return err
	}
	defer maps.Close()
	for _, part := range mapped(maps, program) {
		if _, _, failed := unix.Syscall(unix.SYS_MLOCK, part.from, part.to-part.from, 0); failed != 0 {
			return fmt.Errorf("mlock %d bytes of %s: %w", part.to-part.from, program, failed)
		}
	}
	return nil
}

// span is a piece of the address space.
type span struct{ from, to uintptr }

// mapped lists where a file is mapped (proc_pid_maps(5)).
func mapped(maps io.Reader, file string) (all []span) {
	lines := bufio.NewScanner(maps)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		var s span
		if len(fields) == 6 && fields[5] == file {
			if n, _ := fmt.Sscanf(fields[0], "%x-%x", &s.from, &s.to); n == 2 {
				all = append(all, s)
			}
		}
	}
	return all
}
