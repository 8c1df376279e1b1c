package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"strings"

	"trunktester/image/kit"
)

const inspectHelp = `  trunkkit inspect kit.img
  trunkkit inspect -json kit.img.gz

It tells the program's version, the kernel, the partitions, the kit and its trunk,
and whether the files are there that a box starts from. The username is masked; of
the password it says only whether there is one. The exit status is 65 if something
is wrong with the card.
`

// inspect says what is on a card image.
func inspect(_ context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("inspect", flag.ContinueOnError)
	asJSON := flags.Bool("json", false, "print JSON and nothing else")
	files, status, ok := parse(flags, args, 1, stderr)
	if !ok {
		return status
	}
	if len(files) == 0 {
		fmt.Fprintln(stderr, "trunkkit inspect: say which card, as in \"trunkkit inspect kit.img\".")
		return exitUsage
	}
	card, err := kit.Open(files[0])
	if err != nil {
		return failed(err, stderr)
	}
	defer card.Close()
	c := card.Inspect()
	if *asJSON {
		out := json.NewEncoder(stdout)
		out.SetIndent("", "  ")
		if err := out.Encode(c); err != nil {
			return failed(err, stderr)
		}
	} else {
		describe(stdout, c)
	}
	if len(c.Problems) > 0 {
		return exitInput
	}
	return exitOK
}

// describe prints a card for people.
func describe(w io.Writer, c kit.Contents) {
	line := func(what, format string, args ...any) { fmt.Fprintf(w, "%-14s%s\n", what, fmt.Sprintf(format, args...)) }
	line("program", "%s", or(c.Release.Version, "its version is not recorded on the card"))
	if c.Release.Commit != "" {
		line("commit", "%s", c.Release.Commit)
	}
	if c.Release.Build != nil {
		line("build", "%v", c.Release.Build)
	}
	line("kernel", "%s", or(c.Release.Kernel, "unknown"))
	if c.Release.Model != "" {
		line("model", "%s", c.Release.Model)
	}
	var parts []string
	for _, p := range c.Partitions {
		parts = append(parts, fmt.Sprintf("%s %.0f MB", p.Name, float64(p.Size)/1e6))
	}
	line("partitions", "%s", strings.Join(parts, ", "))
	line("boot", "%d files, starts from root %s", c.Boot.Files, or(map[int]string{2: "A", 3: "B"}[c.Boot.Root], "unknown"))
	if c.Boot.Waiting != "" {
		line("waiting", "%s on the boot partition: the box takes it at its next start", c.Boot.Waiting)
	}
	if p := c.Profile; p != nil {
		line("kit", "%s", or(p.Kit, "no name"))
		line("reseller", "%s", or(p.Reseller, "none"))
		line("supported", "%s", or(p.SupportUntil, "no date"))
		line("trunk", "%s over %s, authentication %s", p.Domain, p.Transport, p.Auth)
		line("username", "%s", or(p.Username, "none"))
		line("password", "%s", yes(p.Password))
		line("page", "%s", map[bool]string{true: "on", false: "off"}[p.Page])
	} else {
		line("kit", "no profile")
	}
	for _, p := range c.Problems {
		line("problem", "%s", strings.ReplaceAll(p, "\n", "\n"+strings.Repeat(" ", 14)))
	}
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
