// Trunkkit makes the cards of many boxes out of one: it puts a trunk's profile on a card image, one kit or a
// whole list of them, and says what is on a card. It needs no root and runs on Linux, macOS and Windows.
package main

import (
	"context"
	"errors"
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
)

// Exit statuses; the last two are those of sysexits.h.
const (
	exitOK     = 0
	exitFailed = 1  // the machine would not: a full disk, a file that cannot be read
	exitUsage  = 64 // the command line is wrong
	exitInput  = 65 // a profile, a list or an image is wrong
)

// command is one word after trunkkit.
type command struct {
	name string
	help string // one line for the list of commands
	long string // what "trunkkit help NAME" adds to it; it ends with a line break
	run  func(ctx context.Context, args []string, stdout, stderr io.Writer) int
}

// commands are in the order in which a kit is made.
func commands() []command {
	return []command{
		{"image", "puts one profile on a card image", imageHelp, image},
		{"personalise", "another name for image", imageHelp, image},
		{"batch", "makes the card images of a whole list of kits", batchHelp, batch},
		{"label", "makes the labels of one kit or of a list, as PDF", labelHelp, label},
		{"card", "makes the light card, as PDF", cardHelp, card},
		{"inspect", "says what is on a card image, without its secrets", inspectHelp, inspect},
		{"keygen", "makes the pair of keys that updates are signed with", keygenHelp, keygen},
		{"sign", "makes an update for boxes out of a card image", signHelp, sign},
		{"version", "says which trunkkit this is", "", printVersion},
	}
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run carries out one command and returns the exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		usage(stderr)
		return exitUsage
	}
	switch args[0] {
	case "help", "-h", "-help", "--help":
		return help(args[1:], stdout, stderr)
	}
	if c, ok := find(args[0]); ok {
		return c.run(ctx, args[1:], stdout, stderr)
	}
	fmt.Fprintf(stderr, "trunkkit: there is no command %q. Try \"trunkkit help\".\n", args[0])
	return exitUsage
}

func find(name string) (command, bool) {
	for _, c := range commands() {
		if c.name == name {
			return c, true
		}
	}
	return command{}, false
}

func usage(w io.Writer) {
	fmt.Fprint(w, "trunkkit makes the cards of trunktester boxes.\n\n")
	for _, c := range commands() {
		fmt.Fprintf(w, "  trunkkit %-12s %s\n", c.name, c.help)
	}
	fmt.Fprint(w, "\nPasswords come from profiles and lists only, never from the command line.\n\"trunkkit help COMMAND\" explains one with an example.\n")
}

// help prints the list of commands, or what one of them does.
func help(args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		usage(stdout)
		return exitOK
	}
	c, ok := find(args[0])
	if !ok {
		fmt.Fprintf(stderr, "trunkkit: there is no command %q. Try \"trunkkit help\".\n", args[0])
		return exitUsage
	}
	fmt.Fprintf(stdout, "trunkkit %s %s.\n", c.name, c.help)
	if c.long != "" {
		fmt.Fprint(stdout, "\n"+c.long)
	}
	return exitOK
}

func printVersion(_ context.Context, _ []string, stdout, _ io.Writer) int {
	fmt.Fprintf(stdout, "trunkkit %s, commit %s\n", version, commit)
	return exitOK
}

// parse reads a command's flags, and as many words without a dash as it takes, before or after them; ok is
// false when the command must end with the status.
func parse(flags *flag.FlagSet, args []string, words int, stderr io.Writer) (found []string, status int, ok bool) {
	flags.SetOutput(stderr)
	for {
		if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
			return nil, exitOK, false
		} else if err != nil {
			return nil, exitUsage, false
		}
		if flags.NArg() == 0 {
			return found, exitOK, true
		}
		if len(found) == words {
			fmt.Fprintf(stderr, "trunkkit %s: unexpected %q. Try \"trunkkit help %s\".\n", flags.Name(), flags.Arg(0), flags.Name())
			return nil, exitUsage, false
		}
		found, args = append(found, flags.Arg(0)), flags.Args()[1:]
	}
}

// missing says which flag a command cannot do without.
func missing(command, flag, example string, stderr io.Writer) int {
	fmt.Fprintf(stderr, "trunkkit %s: -%s is missing: write for example %s. Try \"trunkkit help %s\".\n", command, flag, example, command)
	return exitUsage
}
