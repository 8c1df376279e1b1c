package main

import (
	"fmt"
	"io"
	"strings"

	"trunktester/appliance"
	"trunktester/appliance/catalogue"
	"trunktester/appliance/catalogue/words"
	"trunktester/appliance/report"
	"trunktester/leds"
	"trunktester/leds/terminal"
)

// progress prints the checklist as it is carried out, in the order of the checklist.
type progress struct {
	out     io.Writer
	printed int // steps printed so far
}

func newProgress(out io.Writer) *progress { return &progress{out: out} }

// see prints the steps that have ended, as far as all before them have.
func (p *progress) see(s appliance.Sight) {
	for p.printed < len(s.Steps) && s.Steps[p.printed].Done {
		step := s.Steps[p.printed]
		fmt.Fprintf(p.out, "%d  %-8s %-22s %s\n", step.Light, report.Mark(words.InEnglish(), step), report.Title(words.InEnglish(), step.ID), report.Clean(step.Saw))
		p.printed++
	}
}

// verdict prints the lights and what they mean.
func (p *progress) verdict(s appliance.Sight) {
	p.see(s)
	f := s.Verdict.Finding
	fmt.Fprintf(p.out, "\n%s\n\n", terminal.Plain(leds.Show{Whole: s.Verdict.Whole(), Row: s.Verdict.Row}))
	fmt.Fprintf(p.out, "%s  %s\n%s\n", f.Code, f.Title, report.Clean(f.Text))
	fmt.Fprintf(p.out, "What to do: %s\n", report.Clean(f.Advice))
	if f.Hint != "" {
		fmt.Fprintf(p.out, "            %s\n", report.Clean(f.Hint))
	}
	fmt.Fprintf(p.out, "Who acts: %s\n", actors(f.Acts))
	for _, also := range s.Verdict.Also {
		fmt.Fprintf(p.out, "Also noticed: %s %s. %s\n", also.Code, also.Title, report.Clean(also.Text))
	}
}

func actors(acts []catalogue.Actor) string {
	who := make([]string, len(acts))
	for i, a := range acts {
		who[i] = a.Who(words.InEnglish())
	}
	return strings.Join(who, "; ")
}
