// Trial boots the card image on an emulated Raspberry Pi 3 whose network cable hangs in the lab, and reads the
// five lights from the registers that drive them.
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"trunktester/lab"
)

// options are the flags.
type options struct {
	image, only, lock string
	updates           string
	keep              bool
	cuts, replays     int
	seed              uint64
}

// The power cuts of a trial that was not asked for any: of a card, and of a box that takes an update.
const (
	cutsOnTheWay   = 3
	cutsOfUpdating = 4
)

func main() {
	var o options
	flag.StringVar(&o.image, "image", "out/trunktester.img", "the card image")
	flag.StringVar(&o.only, "world", "", "some `visits`, with commas, instead of all")
	flag.BoolVar(&o.keep, "keep", false, "leave the working folders, with the kernel's log, behind")
	flag.StringVar(&o.lock, "lock", "", "a `file` that is locked while the board is on, where several use one machine")
	flag.StringVar(&o.updates, "updates", "", "only put the updates of this `folder` into a box whose card was made with their key: good ones and bad ones")
	flag.IntVar(&o.cuts, "torture", 0, "only cut the power of one card so many `times`, and record and replay what it writes; with -updates, how often it is cut while one is taken")
	flag.IntVar(&o.replays, "replays", 0, "after how many of the recorded writes the power is cut; 0: after each")
	flag.Uint64Var(&o.seed, "seed", 1, "`number` that decides when the power is cut and what is lost")
	flag.Parse()
	if missing := lacking(); len(missing) > 0 {
		fmt.Fprintf(os.Stderr, "image-test skipped: no %s; scripts/install-peers emulator installs what is missing\n", strings.Join(missing, ", "))
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
	planned := visits()
	if o.only != "" {
		planned = append(planned, longVisits()...)
	}
	if o.updates != "" {
		var err error
		if planned, err = updates(o.updates, cmp.Or(o.cuts, cutsOfUpdating), o.seed); err != nil {
			fmt.Fprintln(os.Stderr, "image-test:", err)
			os.Exit(1)
		}
	}
	if err := known(o.only, planned); err != nil {
		fmt.Fprintln(os.Stderr, "image-test:", err)
		os.Exit(2)
	}
	var tried tally
	if o.cuts == 0 || o.updates != "" {
		tried = all(ctx, o, planned)
	}
	if o.only == "" && o.updates == "" {
		if o.cuts == 0 {
			o.cuts = cutsOnTheWay
		}
		tried.add(torture(ctx, o))
	}
	fmt.Printf("image-test: %d passed, %d failed\n", tried.passed, tried.failed)
	if tried.failed > 0 || tried.passed == 0 {
		stop()
		os.Exit(1)
	}
}

// known says which of the visits asked for there are not.
func known(only string, planned []visit) error {
	names := make([]string, 0, len(planned))
	for _, v := range planned {
		names = append(names, v.name)
	}
	for name := range strings.SplitSeq(only, ",") {
		if name != "" && !slices.Contains(names, name) {
			return fmt.Errorf("there is no visit %q; there are %s", name, strings.Join(names, ", "))
		}
	}
	return nil
}

// lacking lists the programs that a trial runs and that are not installed.
func lacking() []string {
	os.Setenv("PATH", os.Getenv("PATH")+":/usr/sbin:/sbin") //nolint:errcheck // an ordinary name
	var missing []string
	for _, program := range []string{emulator, "mcopy", "mkfs.fat", "mkfs.exfat", "e2fsck", "debugfs"} {
		if _, err := exec.LookPath(program); err != nil {
			missing = append(missing, program)
		}
	}
	return missing
}
