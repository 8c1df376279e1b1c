package appliance

import (
	"context"
	"slices"
	"time"

	"trunktester/appliance/store"
	"trunktester/appliance/verdict"
	"trunktester/probes"
	"trunktester/probes/facts"
	"trunktester/probes/sip"
	"trunktester/probes/via"
)

// This file is what a box measures in the background, once the verdict of a run stands: how long the router keeps an idle
// UDP mapping. That takes minutes, and nothing waits for it: it ends at once when anything else begins.

const (
	// measuresAnHour are the most that are begun within an hour, ended or not, whoever asked for the runs before them: each
	// is some 20 messages to the provider's reflector, or some 40 to a STUN server, and none to the trunk.
	measuresAnHour = 4
	// inVainFor is how long a line whose lifetime could not be told is left alone, unless a person asks for a run.
	inVainFor = 24 * time.Hour
)

// What the checklist says of a measurement that has no result.
const (
	lifetimeUnderWay = "Being measured in the background: the result is added here within four minutes."
	lifetimeStopped  = "The measurement in the background was stopped, since something else began; it begins again later."
)

// background is what the box knows of its measurements. The box's lock protects it.
type background struct {
	begun []time.Time // within the last hour, oldest first
	run   string      // ID of the run whose line was measured to the end
	vain  store.Line  // the line that was last measured in vain
	since time.Time   // when that was
	end   func()      // ends the measurement that goes on, and waits for its end; nil: none does
}

// due says whether the line of a run that is over is to be measured: once, and again when a person asked for the run
// after a result that is a weakness, or none. left is the time until the next run.
func (g background) due(s State, left time.Duration, now time.Time) bool {
	f := s.Sight.Facts
	line, known := store.LineOf(f)
	switch {
	case s.Running, s.Stale, s.Sight.Lost, s.PBX.Open(), !s.PBX.Look.IsZero(), s.Registering, left < probes.LifetimeLimit:
		return false
	case !s.Sight.Verdict.Final, s.Sight.Verdict.Faulty, s.Sight.input.Profile.Trunk.Domain == "", !hasAddress(f), !known:
		return false
	case g.run == s.Sight.Report.ID, len(g.begun) >= measuresAnHour && now.Sub(g.begun[len(g.begun)-measuresAnHour]) < time.Hour:
		return false
	case f.Lifetime == nil:
		return s.Sight.Asked || g.vain != line || now.Sub(g.since) >= inVainFor
	}
	return s.Sight.Asked && f.Lifetime.Ago > 0 && verdict.Short(*f.Lifetime) // somebody may have put it right
}

// measure begins the measurement that is due, if one is; it ends by itself, with ctx, or by endMeasuring.
func (b *Box) measure(ctx context.Context, left time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.Measure == nil || b.measured.end != nil || b.pbxEnd != nil || len(b.turn) > 0 || !b.measured.due(b.state, left, time.Now()) {
		return
	}
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	b.measured.end = func() { cancel(); <-ended }
	g := &b.measured
	g.begun = append(slices.Clone(g.begun[max(0, len(g.begun)-measuresAnHour+1):]), time.Now())
	known := b.state.Sight
	go func() {
		defer close(ended)
		defer cancel()
		b.measureLine(ctx, known)
		b.mu.Lock()
		defer b.mu.Unlock()
		b.measured.end = nil
	}()
}

// endMeasuring ends the measurement that goes on, and waits until it has given back what it took.
func (b *Box) endMeasuring() {
	b.mu.Lock()
	end := b.measured.end
	b.mu.Unlock()
	if end != nil {
		end()
	}
}

// measureLine measures the line of a run, and adds what it brought to that run.
func (b *Box) measureLine(ctx context.Context, run Sight) {
	tell := func(saw string) {
		b.change(func(s *State) { s.Sight = s.Sight.measuring(saw) })
	}
	if run.Facts.Lifetime == nil {
		tell(lifetimeUnderWay)
	}
	got, requests := b.Measure(ctx, run.Facts)
	if ctx.Err() != nil {
		if run.Facts.Lifetime == nil {
			tell(lifetimeStopped)
		}
		return
	}
	b.Log.Info("measured in the background", "outcome", string(got.Outcome), "saw", got.Saw)
	line, _ := store.LineOf(run.Facts)
	b.change(func(s *State) {
		b.measured.run = run.Report.ID
		if got.Outcome != facts.Passed {
			b.measured.vain, b.measured.since = line, time.Now()
		}
		s.Sight = s.Sight.Measured(got, requests)
	})
	last := b.State().Sight
	b.Tester.keepLifetime(last.Facts)
	if b.Seen != nil {
		last.Asked = true // worth a write to the card
		b.Seen(last)
	}
}

// Lifetime measures how long the router of the line keeps an idle UDP mapping. It gives the messages to the provider's
// reflector as well, if there were any.
func (t *Tester) Lifetime(ctx context.Context, known facts.Facts) (probes.Result, []facts.Request) {
	conduct := sip.NewConduct(sip.Diagnosis)
	defer conduct.Close()
	through := via.Interface(known.Link.Interface)
	far := probes.FarEnd{Host: t.Profile.Provider.Reflector, Token: t.Profile.Provider.Token,
		Dial: sip.Dialer{Conduct: conduct, Via: through, Avoid: avoid(t.Profile), Agent: "trunktester/" + t.Version}}
	got := look(ctx, Step{Probe: slowLifetime(through, far), Limit: probes.LifetimeLimit}, known)
	return got, conduct.Requests()
}

// keepLifetime remembers what was measured just now for the next runs on the same line.
func (t *Tester) keepLifetime(f facts.Facts) {
	line, known := store.LineOf(f)
	if l := f.Lifetime; !known || l == nil || l.Ago > 0 || l.AtLeast == 0 && l.Under == 0 {
		return
	}
	if err := t.Store.KeepLifetime(line, *f.Lifetime, trueTime(f)); err != nil {
		t.Log.Warn("the lifetime of a NAT mapping is not remembered for the next run", "err", err)
	}
}

// keptLifetime is what was measured earlier on the line of those facts, nil when nothing was.
func (t *Tester) keptLifetime(f facts.Facts) *facts.Lifetime {
	line, known := store.LineOf(f)
	if !known {
		return nil
	}
	return t.Store.Lifetime(line, trueTime(f))
}

// trueTime is the true time of a run, zero where nothing told it.
func trueTime(f facts.Facts) time.Time {
	if f.Clock == nil || f.Clock.Now == nil {
		return time.Time{}
	}
	return *f.Clock.Now
}

// measuring is the same run with what the checklist says of the measurement in the background.
func (s Sight) measuring(saw string) Sight {
	return s.withLifetime(probes.Result{Outcome: facts.NotRun, Saw: saw})
}

// Measured is the same run judged again with the lifetime of a NAT mapping, whose messages it tells too.
func (s Sight) Measured(got probes.Result, requests []facts.Request) Sight {
	s.input.Requests = append(slices.Clone(s.input.Requests), requests...)
	return s.withLifetime(got)
}

func (s Sight) withLifetime(got probes.Result) Sight {
	in := s.input
	if got.File != nil {
		got.File(&in.Facts)
	}
	in.Steps = slices.Clone(in.Steps)
	for i := range in.Steps {
		if step := &in.Steps[i]; step.ID == "lifetime" {
			step.Outcome, step.Saw, step.Evidence = got.Outcome, got.Saw, got.Evidence
		}
	}
	n := judged(in)
	n.began, n.Lost, n.Asked = s.began, s.Lost, s.Asked
	return n
}
