// Command trunklab puts a whole telephone line into one process: the box, the customer's router, the
// line, the internet and the SIP provider, with any fault of the catalogue really in it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"trunktester/lab"
)

// Exit statuses.
const (
	exitUsage  = 64
	exitCannot = 3
)

const usage = `usage:
  trunklab -list                              all worlds
  trunklab -fault NAME [-program PATH]        the box at work in a world, until Ctrl-C; NAME is a world, a code (4-2) or a slug
  trunklab -world NAME -check [-- FLAG ...]   one check in a world; a JSON object on stdout
  trunklab -world NAME -check -witness        the same with Kamailio, dnsmasq and coturn for servers
`

// options are the command line.
type options struct {
	list    bool
	world   string
	check   bool
	witness bool
	program string
	seed    uint64
	page    string
	rest    []string // for the program
}

func main() {
	opts, err := parse(os.Args[1:], os.Stderr)
	if err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "trunklab:", err)
		}
		os.Exit(exitUsage)
	}
	code, err := run(opts)
	if err != nil {
		fmt.Fprintln(os.Stderr, "trunklab:", err)
		os.Exit(exitCannot)
	}
	os.Exit(code)
}

func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("trunklab", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() { fmt.Fprint(stderr, usage); flags.PrintDefaults() }
	flags.BoolVar(&o.list, "list", false, "list all worlds")
	var fault string
	flags.StringVar(&fault, "fault", "", "the `world` to show live")
	flags.StringVar(&o.world, "world", "", "the same as -fault")
	flags.BoolVar(&o.check, "check", false, "run one check instead of the appliance")
	flags.BoolVar(&o.witness, "witness", false, "with -check: programs that we did not write play what they can")
	flags.Bool("json", true, "what -check prints; there is no other form")
	flags.StringVar(&o.program, "program", "", "the trunktester `binary`; default: the one beside trunklab")
	flags.Uint64Var(&o.seed, "seed", 1, "for the line's losses: the same seed loses the same packets")
	flags.StringVar(&o.page, "page", "127.0.0.1:0", "loopback `address` of the page, live")
	if err := flags.Parse(args); err != nil {
		return o, flag.ErrHelp
	}
	o.rest = flags.Args()
	if o.world == "" {
		o.world = fault
	}
	if o.list {
		return o, nil
	}
	if o.world == "" {
		flags.Usage()
		return o, flag.ErrHelp
	}
	if _, ok := lab.Find(o.world); !ok {
		return o, fmt.Errorf("there is no world %q: trunklab -list shows them all", o.world)
	}
	if o.witness && !o.check {
		return o, errors.New("-witness goes with -check only: live, the lab shows its own servers")
	}
	if host, _, err := net.SplitHostPort(o.page); err != nil || !net.ParseIP(host).IsLoopback() {
		return o, fmt.Errorf("-page %s: not a loopback address with a port", o.page)
	}
	return o, o.findProgram()
}

// findProgram makes the path of the program absolute.
func (o *options) findProgram() error {
	if o.program == "" {
		self, err := os.Executable()
		if err != nil {
			return fmt.Errorf("own path: %w", err)
		}
		o.program = filepath.Join(filepath.Dir(self), "trunktester")
	}
	path, err := filepath.Abs(o.program)
	if err == nil {
		_, err = os.Stat(path)
	}
	if err != nil {
		return fmt.Errorf("no trunktester to run: %w; name one with -program", err)
	}
	o.program = path
	return nil
}

func run(o options) (int, error) {
	if o.list {
		if err := lab.Enter(); err != nil {
			return 0, err
		}
		return 0, list(os.Stdout)
	}
	world, _ := lab.Find(o.world)
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	if o.check {
		if err := lab.Enter(); err != nil {
			return 0, err
		}
		return check(ctx, o, world)
	}
	page, err := enterWithPage(o.page)
	if err != nil {
		return 0, err
	}
	return live(ctx, o, world, page)
}
