package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"trunktester/image/kit"
)

// progress tells what becomes of a batch: a bar on a terminal, else one line for each kit.
type progress struct {
	stdout, stderr io.Writer
	bar, colour    bool
	done           int
}

func newProgress(stdout, stderr io.Writer, env func(string) string) *progress {
	p := &progress{stdout: stdout, stderr: stderr}
	f, ok := stderr.(*os.File)
	p.bar = ok && term.IsTerminal(int(f.Fd())) && env("TERM") != "dumb"
	p.colour = p.bar && env("NO_COLOR") == "" // no-color.org
	return p
}

const (
	barWidth = 30
	wipe     = "\r                                                                               \r" // 79 columns
)

// report tells of one kit.
func (p *progress) report(r kit.Result, of int) {
	p.done++
	if p.bar {
		fmt.Fprint(p.stderr, wipe)
	}
	if r.Err != nil {
		p.problem(r)
	} else if !p.bar {
		fmt.Fprintf(p.stdout, "%d of %d  %s: %s\n", p.done, of, name(r), r.Outcome)
	}
	if p.bar {
		full := barWidth * p.done / of
		fmt.Fprintf(p.stderr, "[%s%s] %d of %d  %.30s", strings.Repeat("#", full), strings.Repeat(".", barWidth-full), p.done, of, r.File)
		if p.done == of {
			fmt.Fprint(p.stderr, wipe)
		}
	}
}

func (p *progress) problem(r kit.Result) {
	before, after := "", ""
	if p.colour {
		before, after = "\x1b[31m", "\x1b[0m"
	}
	fmt.Fprintf(p.stderr, "%sline %d, %s: %s%s\n%s\n", before, r.Line, name(r), r.Outcome, after, indented(r.Err.Error()))
}

func indented(s string) string { return "  " + strings.ReplaceAll(s, "\n", "\n  ") }

// name is what a kit is called here.
func name(r kit.Result) string {
	switch {
	case r.File != "":
		return r.File
	case r.Kit != "":
		return r.Kit
	}
	return "a kit without a name"
}

// summary counts, and returns the exit status.
func (p *progress) summary(results []kit.Result, table string) int {
	count := map[kit.Outcome]int{}
	for _, r := range results {
		count[r.Outcome]++
	}
	var parts []string
	for _, o := range []kit.Outcome{kit.Made, kit.Unchanged, kit.Refused, kit.Failed, kit.NotMade} {
		if count[o] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", count[o], o))
		}
	}
	fmt.Fprintf(p.stdout, "%d kits: %s. %s lists them.\n", len(results), strings.Join(parts, ", "), table)
	switch {
	case count[kit.NotMade] > 0:
		fmt.Fprintln(p.stderr, "Stopped. The same command goes on from here.")
		return exitFailed
	case count[kit.Failed] > 0:
		return exitFailed
	case count[kit.Refused] > 0:
		return exitInput
	}
	return exitOK
}
