package main

import (
	"fmt"
	"io"

	"trunktester/appliance"
	"trunktester/appliance/report"
	"trunktester/leds/terminal"
	"trunktester/probes/facts"
)

// progress prints the checklist as it is carried out, in the order of the checklist.
type progress struct {
	out     io.Writer
	drawn   bool // lights and verdict at the end
	printed int  // steps printed so far
}

func newProgress(out io.Writer, drawn bool) *progress { return &progress{out: out, drawn: drawn} }

// see prints the steps that have ended, as far as all before them have.
func (p *progress) see(s appliance.Sight) {
	for p.printed < len(s.Steps) && s.Steps[p.printed].Done {
		step := s.Steps[p.printed]
		fmt.Fprintf(p.out, "%d  %-8s %-22s %s\n", step.Light, words[step.Outcome], step.Title, report.Clean(step.Saw))
		p.printed++
	}
}

// words says an outcome in one short word.
var words = map[facts.Outcome]string{
	facts.Passed: "ok", facts.Failed: "FAILED", facts.NotRun: "-", facts.Blocked: "blocked", facts.Broken: "BROKEN",
}

// verdict prints the lights and what they mean.
func (p *progress) verdict(s appliance.Sight) {
	p.see(s)
	fmt.Fprintf(p.out, "\n%s\n\n", terminal.Draw(p.out, s.Verdict.Row))
	fmt.Fprint(p.out, report.Summary(s.Report))
}
