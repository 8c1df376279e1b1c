// Command selftest proves that the box's detectors work: it builds small networks inside the box, a healthy one and some
// with a known fault, has the real program look at each, and compares. Nothing of it leaves the box.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"trunktester/lab"
)

// Exit statuses.
const (
	exitWrong  = 1  // the program said something else than what was the case
	exitCannot = 3  // networks could not be built
	exitUsage  = 64 // sysexits(3)
)

const usage = `usage: selftest [-program PATH] [-o FILE]

Builds small networks inside this machine, a healthy one and some with a known fault, has trunktester look at
each, and compares. It takes one to two minutes. Nothing leaves the machine.

`

type options struct {
	program string // the trunktester to test
	out     string // where the result is kept; "" for nowhere
	world   string // the copy of this program in one world; "" for the outer one
}

func main() {
	o, err := parse(os.Args[1:], os.Stderr)
	if err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "selftest:", err)
		}
		os.Exit(exitUsage)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	code, err := run(ctx, o)
	if err != nil {
		fmt.Fprintln(os.Stderr, "selftest:", err)
	}
	os.Exit(code)
}

func parse(args []string, stderr io.Writer) (o options, err error) {
	flags := flag.NewFlagSet("selftest", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() { fmt.Fprint(stderr, usage); flags.PrintDefaults() }
	flags.StringVar(&o.program, "program", "", "the trunktester `binary`; default: the one beside selftest")
	flags.StringVar(&o.out, "o", "", "keep the result in this `file`, as JSON")
	flags.StringVar(&o.world, "world", "", "look at this `world` only, and print what came of it as JSON")
	if err := flags.Parse(args); err != nil {
		return o, flag.ErrHelp
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("%q is too much: selftest -h shows what is understood", flags.Arg(0))
	}
	if _, ok := lab.Find(o.world); o.world != "" && !ok {
		return o, fmt.Errorf("there is no world %q", o.world)
	}
	self, err := os.Executable()
	if err != nil {
		return o, fmt.Errorf("own path: %w", err)
	}
	if o.program == "" {
		o.program = filepath.Join(filepath.Dir(self), "trunktester")
	}
	if _, err := os.Stat(o.program); err != nil {
		return o, fmt.Errorf("no trunktester to test: %w; name one with -program", err)
	}
	return o, nil
}

func run(ctx context.Context, o options) (int, error) {
	if o.world != "" {
		return inside(ctx, o)
	}
	result, err := all(ctx, o, os.Stdout)
	if err == nil && o.out != "" {
		err = keep(o.out, result)
	}
	switch {
	case err != nil:
		return exitCannot, err
	case result.Wrong() != nil:
		return exitWrong, nil
	case !result.Right():
		return exitCannot, nil
	}
	return 0, nil
}
