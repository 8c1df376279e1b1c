package main

import (
	"fmt"
	"io"

	"trunktester/appliance"
)

// outcome is where a command's result goes: the report as JSON alone on standard output and all else on standard
// error, or everything for a person on standard output.
type outcome struct {
	command        string
	json           bool
	stdout, stderr io.Writer
}

// live is where a person sees how it goes.
func (o outcome) live() io.Writer {
	if o.json {
		return o.stderr
	}
	return o.stdout
}

// tell prints the result, for a person after what p has printed, and gives the exit status.
func (o outcome) tell(s appliance.Sight, p *progress) int {
	if !o.json {
		p.verdict(s)
		return exitOf(s.Verdict.Finding.Severity)
	}
	encoded, err := s.Report.JSON()
	if err == nil {
		_, err = o.stdout.Write(encoded)
	}
	if err != nil {
		return o.fail(fmt.Errorf("the report could not be written: %w", err))
	}
	return exitOf(s.Verdict.Finding.Severity)
}

// fail says why there is no result.
func (o outcome) fail(err error) int {
	fmt.Fprintf(o.stderr, "trunktester %s: %v\n", o.command, err)
	return exitBox
}
