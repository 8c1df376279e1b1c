// Trunktester finds out why a SIP trunk does not register: the box's own program, and a command-line
// tool on any Linux.
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// Set by the linker.
var (
	version = "dev"
	commit  = "unknown"
	built   = "" // time of the commit, in seconds since 1970
)

// Exit statuses: the monitoring-plugin convention, then sysexits.h.
const (
	exitGreen   = 0
	exitAmber   = 1
	exitRed     = 2
	exitBox     = 3
	exitUsage   = 64
	exitProfile = 65
)

const usage = `trunktester finds out why a SIP trunk does not register.

  trunktester check -profile trunk.toml [-interface eth0] [-no-setup] [-full] [-json] [-pcap FILE] [-position router|lan|pbx]
        one run from this machine; exit status 0 all green, 1 amber, 2 red, 3 could not test
  trunktester pbx-check -profile trunk.toml [-interface eth0] [-no-setup] [-for 2m] [-back] [-json]
        plays the provider's registrar: point the PBX at this machine for a moment, and it says which of the
        PBX's settings differs from the file's, and, once the PBX points back, whether it registers at the
        provider; the same exit statuses
  trunktester appliance [-profile trunk.toml] [-interface eth0]
        the box's own loop: network, probes, lights and page; runs for ever
  trunktester explain [CODE | TEXT OF A REPORT'S QR CODE]
        what a code such as 3-2 means and who must act; without a code, all of them
  trunktester profile check trunk.toml
        checks a profile; exit status 0, or 65 with the line and what is wrong
  trunktester version

Passwords come from the profile only. "trunktester COMMAND -h" lists a command's options.
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run carries out one command and returns the exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		fmt.Fprint(stderr, usage)
		return exitUsage
	}
	switch args[0] {
	case "check":
		return check(ctx, args[1:], stdout, stderr)
	case "pbx-check":
		return checkPBX(ctx, args[1:], os.Stdin, stdout, stderr)
	case "appliance":
		return box(ctx, args[1:], stderr)
	case "explain":
		return explain(args[1:], stdout, stderr)
	case "profile":
		return profileCommand(args[1:], stdout, stderr)
	case "version":
		fmt.Fprintf(stdout, "trunktester %s, commit %s\nkernel %s\nmodel %s\n", version, commit, kernel(), cmp.Or(model(), "unknown"))
		return exitGreen
	case "help", "-h", "-help", "--help":
		fmt.Fprint(stdout, usage)
		return exitGreen
	}
	fmt.Fprintf(stderr, "trunktester: there is no command %q. Try \"trunktester help\".\n", args[0])
	return exitUsage
}

// parse reads a command's flags; ok is false when the command must end with the status.
func parse(flags *flag.FlagSet, args []string, stderr io.Writer) (status int, ok bool) {
	flags.SetOutput(stderr)
	switch err := flags.Parse(args); {
	case err == flag.ErrHelp:
		return exitGreen, false
	case err != nil:
		return exitUsage, false
	}
	if flags.NArg() > 0 {
		fmt.Fprintf(stderr, "trunktester %s: unexpected %q; options stand before a dash: try -h.\n", flags.Name(), flags.Arg(0))
		return exitUsage, false
	}
	return exitGreen, true
}
