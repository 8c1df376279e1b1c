package appliance

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"trunktester/appliance/catalogue/words"
	"trunktester/appliance/report"
	"trunktester/probes"
	"trunktester/probes/facts"
)

// Step is one line of the checklist: a question, what it needs, and how long it may take.
type Step struct {
	ID    string // its title is in the words of the catalogue: step.ID
	Light int
	Guide []string // items of the provider's guide that it answers
	Probe probes.Probe
	Limit time.Duration
	Needs []string // steps that must have brought enough; else this one is blocked
	After []string // steps that must have ended, however
	Skip  string   // why it is not run on this trunk, "" to run it

	// Enough says whether the step brought what others need. nil: only when it passed.
	Enough func(facts.Facts) bool
}

// grace is how long a probe may overrun its limit before the runner stops waiting: a socket read that
// has just started may take its own deadline.
const grace = 2 * time.Second

// runner carries out a checklist: it owns order, time, panics and logging. Each step starts as soon as
// what it needs is known.
type runner struct {
	steps   []Step
	log     *slog.Logger
	changed func() // called after every change, from any goroutine; nil: nobody listens

	after []string // what each step waited for last, "" for nothing; by index, written by its own goroutine

	mu     sync.Mutex
	facts  facts.Facts
	states []facts.Step
	ended  map[string]chan struct{}
}

func newRunner(steps []Step, seed facts.Facts, log *slog.Logger, changed func()) *runner {
	r := &runner{steps: steps, log: log, changed: changed, after: make([]string, len(steps)), facts: seed, ended: map[string]chan struct{}{}}
	for _, s := range steps {
		r.states = append(r.states, facts.Step{ID: s.ID, Light: s.Light, Guide: s.Guide, Outcome: facts.NotRun})
		r.ended[s.ID] = make(chan struct{})
	}
	return r
}

// run returns when every step has ended. When ctx ends, the steps that remain are not run.
func (r *runner) run(ctx context.Context) {
	var all sync.WaitGroup
	for i := range r.steps {
		all.Go(func() { r.step(ctx, i) })
	}
	all.Wait()
}

// snapshot is what is known now.
func (r *runner) snapshot() (facts.Facts, []facts.Step) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.facts, slices.Clone(r.states)
}

func (r *runner) step(ctx context.Context, i int) {
	s := r.steps[i]
	defer close(r.ended[s.ID])
	if s.Skip != "" {
		r.end(i, probes.Result{Outcome: facts.NotRun, Saw: s.Skip}, 0, "")
		return
	}
	for _, id := range append(slices.Clone(s.Needs), s.After...) {
		select {
		case <-r.ended[id]:
			continue
		default:
		}
		select {
		case <-r.ended[id]:
			r.after[i] = id
		case <-ctx.Done():
		}
	}
	if ctx.Err() != nil {
		r.end(i, probes.Result{Outcome: facts.NotRun, Saw: words.Said("why.ended-before")}, 0, "")
		return
	}
	if blocker := r.blocker(s); blocker != "" {
		r.end(i, probes.Result{Outcome: facts.Blocked, Saw: words.Said("why.blocked", "step", report.Title(words.InEnglish(), blocker))}, 0, blocker)
		return
	}
	known, _ := r.snapshot()
	start := time.Now()
	got := look(ctx, s, known)
	if ctx.Err() != nil && got.Outcome != facts.Passed { // who was not let finish says nothing about the line
		got = probes.Result{Outcome: facts.NotRun, Saw: words.Said("why.ended-during")}
	}
	r.end(i, got, time.Since(start), "")
}

// look runs one probe within its limit; a panic or an overrun is the box's fault, never the network's.
func look(ctx context.Context, s Step, known facts.Facts) probes.Result {
	ctx, cancel := context.WithTimeout(ctx, s.Limit)
	defer cancel()
	result := make(chan probes.Result, 1)
	go func() {
		defer func() {
			if p := recover(); p != nil {
				result <- probes.Result{Outcome: facts.Broken, Saw: words.Said("why.failed"),
					Evidence: []facts.Evidence{{Kind: "note", Text: fmt.Sprintf("%v\n%s", p, debug.Stack())}}}
			}
		}()
		result <- s.Probe.Look(ctx, known)
	}()
	overrun := time.NewTimer(s.Limit + grace)
	defer overrun.Stop()
	select {
	case got := <-result:
		return got
	case <-overrun.C:
		return probes.Result{Outcome: facts.Broken, Saw: words.Said("why.late", "time", s.Limit)}
	}
}

// blocker is the first needed step that did not bring enough, "" when all did.
func (r *runner) blocker(s Step) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, id := range s.Needs {
		n := r.index(id)
		if r.states[n].Outcome == facts.Passed {
			continue
		}
		if enough := r.steps[n].Enough; enough == nil || !enough(r.facts) {
			return id
		}
	}
	return ""
}

func (r *runner) end(i int, got probes.Result, took time.Duration, blocker string) {
	r.mu.Lock()
	s := &r.states[i]
	s.Outcome, s.Saw, s.Evidence, s.Took, s.Blocker, s.Done = got.Outcome, got.Saw, got.Evidence, facts.Duration(took), blocker, true
	if got.File != nil {
		got.File(&r.facts)
	}
	r.mu.Unlock()
	r.log.Info("step", "id", r.steps[i].ID, "outcome", string(got.Outcome), "after", r.after[i], "took", took, "saw", got.Saw)
	if r.changed != nil {
		r.changed()
	}
}

func (r *runner) index(id string) int {
	return slices.IndexFunc(r.steps, func(s Step) bool { return s.ID == id })
}
