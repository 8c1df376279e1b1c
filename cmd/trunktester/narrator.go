package main

import (
	"context"
	"io"

	"trunktester/appliance"
)

// narrate tells a person at the terminal how each run of the box goes: the checklist as it is carried out,
// then the verdict. It ends with ctx.
func narrate(ctx context.Context, b *appliance.Box, out io.Writer) {
	var p *progress
	told, run := "", ""
	for range b.Changes(ctx) {
		s := b.State().Sight
		if s.Report.ID == "" || s.Report.ID == told {
			continue
		}
		if s.Report.ID != run {
			p, run = newProgress(out), s.Report.ID
		}
		p.see(s)
		if s.Verdict.Final {
			p.verdict(s)
			told = s.Report.ID
		}
	}
}
