// Trial boots the card image on an emulated Raspberry Pi 3 whose network cable hangs in the lab, and reads the
// five lights from the registers that drive them.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"trunktester/lab"
)

// want is a world and what the lights must read, written by hand: a letter each, and the count of flashes. A
// pulled cable (1-1) is not among them: the emulator's network adapter knows no carrier, so the kernel on the board
// always sees one.
type want struct{ world, lights string }

// silent says whether the box has no address, and so no page.
func (w want) silent() bool { return w.lights[0] == 'r' }

func wanted() []want {
	return []want{
		{"healthy", "g g g g g"},
		{"wrong-login", "g g g r2 -"},
		{"no-address", "r2 - - - -"},
		{"sip-alg-registers", "g g a2 g g"},
	}
}

func main() {
	image := flag.String("image", "out/trunktester.img", "the card image")
	only := flag.String("world", "", "one `world` of those instead of all")
	keep := flag.Bool("keep", false, "leave the working folder, with the kernel's log, behind")
	flag.Parse()
	if _, err := exec.LookPath(emulator); err != nil {
		fmt.Fprintf(os.Stderr, "image-test skipped: %v (Debian package qemu-system-arm)\n", err)
		if os.Getenv("CI") == "true" {
			os.Exit(1)
		}
		return
	}
	if err := lab.Enter(); err != nil {
		fmt.Fprintln(os.Stderr, "image-test:", err)
		os.Exit(1)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if !all(ctx, *image, *only, *keep) {
		os.Exit(1)
	}
}

// all visits the worlds, one after another, and prints the table.
func all(ctx context.Context, image, only string, keep bool) bool {
	good := true
	fmt.Printf("%-18s %-14s %-14s %-14s %s\n", "world", "wanted", "registers", "report", "also")
	for _, w := range wanted() {
		if only != "" && w.world != only {
			continue
		}
		began := time.Now()
		got, err := visit(ctx, image, w, keep)
		fmt.Printf("%-18s %-14s %-14s %-14s %s; %.0f s\n", w.world, w.lights, got.registers, got.report, strings.Join(got.also, "; "), time.Since(began).Seconds())
		if err != nil {
			fmt.Printf("  FAILED: %v\n", err)
			good = false
		}
	}
	return good
}
