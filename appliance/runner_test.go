package appliance

import (
	"context"
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"trunktester/probes"
	"trunktester/probes/facts"
)

// probeFunc is a probe in a test.
type probeFunc func(context.Context, facts.Facts) probes.Result

func (f probeFunc) Look(ctx context.Context, known facts.Facts) probes.Result { return f(ctx, known) }

func ends(o facts.Outcome, after time.Duration) probes.Probe {
	return probeFunc(func(context.Context, facts.Facts) probes.Result {
		time.Sleep(after)
		return probes.Result{Outcome: o}
	})
}

func runSteps(t *testing.T, steps []Step) (facts.Facts, map[string]facts.Step) {
	t.Helper()
	r := newRunner(steps, facts.Facts{}, slog.New(slog.NewTextHandler(io.Discard, nil)), nil)
	r.run(t.Context())
	f, states := r.snapshot()
	byID := map[string]facts.Step{}
	for _, s := range states {
		byID[s.ID] = s
	}
	return f, byID
}

func TestRunner(t *testing.T) {
	table := []struct {
		name  string
		steps []Step
		want  map[string]facts.Outcome
	}{
		{"a failed need blocks what stands on it, and what stands on that",
			[]Step{
				{ID: "a", Limit: time.Second, Probe: ends(facts.Failed, 0)},
				{ID: "b", Limit: time.Second, Needs: []string{"a"}, Probe: ends(facts.Passed, 0)},
				{ID: "c", Limit: time.Second, Needs: []string{"b"}, Probe: ends(facts.Passed, 0)},
			},
			map[string]facts.Outcome{"a": facts.Failed, "b": facts.Blocked, "c": facts.Blocked}},
		{"a failed need that brought enough does not block",
			[]Step{
				{ID: "a", Limit: time.Second, Probe: ends(facts.Failed, 0), Enough: func(facts.Facts) bool { return true }},
				{ID: "b", Limit: time.Second, Needs: []string{"a"}, Probe: ends(facts.Passed, 0)},
			},
			map[string]facts.Outcome{"a": facts.Failed, "b": facts.Passed}},
		{"coming after a failed step is no need",
			[]Step{
				{ID: "a", Limit: time.Second, Probe: ends(facts.Failed, 0)},
				{ID: "b", Limit: time.Second, After: []string{"a"}, Probe: ends(facts.Passed, 0)},
			},
			map[string]facts.Outcome{"a": facts.Failed, "b": facts.Passed}},
		{"a skipped step is not run and blocks what needs it",
			[]Step{
				{ID: "a", Skip: "no trunk is configured"},
				{ID: "b", Limit: time.Second, Needs: []string{"a"}, Probe: ends(facts.Passed, 0)},
			},
			map[string]facts.Outcome{"a": facts.NotRun, "b": facts.Blocked}},
		{"a panic is the box's fault",
			[]Step{{ID: "a", Limit: time.Second, Probe: probeFunc(func(context.Context, facts.Facts) probes.Result { panic("index out of range") })}},
			map[string]facts.Outcome{"a": facts.Broken}},
		{"a probe that ignores its limit is the box's fault",
			[]Step{{ID: "a", Limit: time.Second, Probe: ends(facts.Passed, time.Minute)}},
			map[string]facts.Outcome{"a": facts.Broken}},
	}
	for _, c := range table {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				_, got := runSteps(t, c.steps)
				time.Sleep(2 * time.Minute) // lets a probe that overran its limit end inside the bubble
				for id, want := range c.want {
					if got[id].Outcome != want {
						t.Errorf("step %s: %s, want %s", id, got[id].Outcome, want)
					}
				}
			})
		})
	}
}

func TestStepsWithoutCommonNeedsRunAtTheSameTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		runSteps(t, []Step{
			{ID: "a", Limit: time.Minute, Probe: ends(facts.Passed, 3*time.Second)},
			{ID: "b", Limit: time.Minute, Probe: ends(facts.Passed, 3*time.Second)},
			{ID: "c", Limit: time.Minute, Needs: []string{"a", "b"}, Probe: ends(facts.Passed, time.Second)},
		})
		if took := time.Since(start); took != 4*time.Second {
			t.Errorf("took %s of simulated time, want 4s", took)
		}
	})
}

func TestNeededStepSeesTheFactsFiled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, _ := runSteps(t, []Step{
			{ID: "a", Limit: time.Second, Probe: probeFunc(func(context.Context, facts.Facts) probes.Result {
				return probes.Result{Outcome: facts.Passed, File: func(f *facts.Facts) { f.Link = &facts.Link{Carrier: true} }}
			})},
			{ID: "b", Limit: time.Second, Needs: []string{"a"}, Probe: probeFunc(func(_ context.Context, known facts.Facts) probes.Result {
				return probes.Result{Outcome: facts.Passed, File: func(f *facts.Facts) { f.Gateway = &facts.Gateway{PingSent: len(known.Link.MAC) + 7} }}
			})},
		})
		if f.Gateway == nil || f.Gateway.PingSent != 7 {
			t.Errorf("the second step did not see what the first one filed: %+v", f.Gateway)
		}
	})
}

func TestCancelledRunEndsEveryStep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		r := newRunner([]Step{
			{ID: "a", Limit: time.Minute, Probe: probeFunc(func(ctx context.Context, _ facts.Facts) probes.Result {
				<-ctx.Done()
				return probes.Result{Outcome: facts.NotRun}
			})},
			{ID: "b", Limit: time.Minute, Needs: []string{"a"}, Probe: ends(facts.Passed, 0)},
		}, facts.Facts{}, slog.New(slog.NewTextHandler(io.Discard, nil)), nil)
		time.AfterFunc(time.Second, cancel)
		r.run(ctx)
		_, states := r.snapshot()
		if i := slices.IndexFunc(states, func(s facts.Step) bool { return !s.Done }); i >= 0 {
			t.Errorf("step %s did not end", states[i].ID)
		}
	})
}

func TestLogSaysWhatAStepWaitedForLast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log strings.Builder
		r := newRunner([]Step{
			{ID: "slow", Limit: time.Minute, Probe: ends(facts.Passed, 3*time.Second)},
			{ID: "quick", Limit: time.Minute, Probe: ends(facts.Passed, time.Second)},
			{ID: "needs", Limit: time.Minute, Needs: []string{"slow"}, After: []string{"quick"}, Probe: ends(facts.Passed, 0)},
			{ID: "follows", Limit: time.Minute, Needs: []string{"quick"}, After: []string{"slow"}, Probe: ends(facts.Passed, 0)},
		}, facts.Facts{}, slog.New(slog.NewTextHandler(&log, nil)), nil)
		r.run(t.Context())
		for _, want := range []string{"id=slow outcome=passed after=\"\" ", "id=quick outcome=passed after=\"\" ", "id=needs outcome=passed after=slow ", "id=follows outcome=passed after=slow "} {
			if !strings.Contains(log.String(), want) {
				t.Errorf("no %q in\n%s", want, log.String())
			}
		}
	})
}
