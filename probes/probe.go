// Package probes looks at the network. Each probe is one question, asked once; it knows no verdicts,
// lights or pages. What it saw goes into probes/facts.
package probes

import (
	"context"

	"trunktester/probes/facts"
)

// Result is what one look brought.
type Result struct {
	Outcome  facts.Outcome
	Saw      string             // one plain sentence for the checklist
	File     func(*facts.Facts) // puts the probe's own facts in their place; nil files nothing
	Evidence []facts.Evidence
}

// Probe asks one question of the network. Look returns within ctx, starts nothing that outlives its
// return, and reads from known only the facts of the steps that it needs.
type Probe interface {
	Look(ctx context.Context, known facts.Facts) Result
}
