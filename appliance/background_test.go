package appliance

import (
	"context"
	"log/slog"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"trunktester/appliance/profile"
	"trunktester/appliance/store"
	"trunktester/probes"
	"trunktester/probes/facts"
)

// takes is how long the measurement of these tests takes.
const takes = 100 * time.Second

// mappings are what a measurement brings.
var (
	forgets = &facts.Lifetime{How: "reflector", AtLeast: facts.Duration(15 * time.Second), Under: facts.Duration(25 * time.Second)}
	keeps   = &facts.Lifetime{How: "reflector", AtLeast: facts.Duration(100 * time.Second)}
)

// line is a box at rest, after a run on a line where all is well, and what became of it.
type line struct {
	*Box
	began, ended, cut atomic.Int32 // measurements
	kept              []Sight
	brings            *facts.Lifetime // nil: it cannot be told
}

// atRest is a box in whose memory nothing is measured yet. It belongs into a bubble.
func atRest(t *testing.T) *line {
	p := loginProfile()
	l := &line{brings: forgets}
	l.Box = NewBox(&Tester{Profile: p, Store: store.Open(t.TempDir()), Log: slog.New(slog.DiscardHandler)}, nil, &rowOf{})
	l.Seen = func(s Sight) { l.kept = append(l.kept, s) }
	l.Measure = func(ctx context.Context, _ facts.Facts) (probes.Result, []facts.Request) {
		l.began.Add(1)
		select {
		case <-ctx.Done():
			l.cut.Add(1)
			return probes.Result{Outcome: facts.NotRun}, nil
		case <-time.After(takes):
		}
		l.ended.Add(1)
		if l.brings == nil {
			return probes.Result{Outcome: facts.NotRun, Saw: "Cannot be told."}, nil
		}
		found := *l.brings
		return probes.Result{Outcome: facts.Passed, Saw: "Measured.", File: func(f *facts.Facts) { f.Lifetime = &found }}, []facts.Request{{CallID: "reflected"}}
	}
	l.tests(false, nil)
	return l
}

// tests is one more run of that box.
func (l *line) tests(asked bool, change func(*Sight)) {
	began := time.Now()
	s := oneRun(l.Tester.Profile, began)
	s.input.ID = began.Format(time.RFC3339Nano)
	f := &s.input.Facts
	f.Gateway = &facts.Gateway{MAC: "02:00:00:00:00:01"}
	f.Public = &facts.Public{Addr: netip.MustParseAddr("203.0.113.2")}
	f.Bindings = &facts.Bindings{Contacts: []facts.Binding{{}}}
	s.input.Steps = append(s.input.Steps, facts.Step{ID: "lifetime", Light: 3, Done: true, Outcome: facts.NotRun})
	if change != nil {
		change(&s)
	}
	f.Lifetime = l.Tester.keptLifetime(*f)
	s = judged(s.input)
	s.began, s.Asked = began, asked
	l.end(s, nil, false)
}

// rests for so long, as the loop does, with the next run as far away.
func (l *line) rests(d time.Duration) {
	until := time.Now().Add(d)
	for time.Now().Before(until) {
		l.measure(context.Background(), time.Until(until))
		time.Sleep(time.Second)
	}
	l.endMeasuring()
}

func (l *line) says() string {
	for _, s := range l.State().Sight.Report.Steps {
		if s.ID == "lifetime" {
			return s.Saw
		}
	}
	return ""
}

func (l *line) wants(t *testing.T, began, ended int) {
	t.Helper()
	synctest.Wait()
	if b, e, c := int(l.began.Load()), int(l.ended.Load()), int(l.cut.Load()); b != began || e != ended || c != began-ended {
		t.Errorf("begun %d, ended %d, cut %d; want %d, %d", b, e, c, began, ended)
	}
}

// The verdict stands at once; what was measured is added to the same run, and told again in the next ones.
func TestALineIsMeasuredInTheBackgroundOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := atRest(t)
		if f := l.State().Sight.Verdict.Finding; f.Code != "ok" {
			t.Fatalf("verdict %s: %s", f.Code, f.Text)
		}
		run := l.State().Sight.Report.ID
		go l.rests(patrol)
		time.Sleep(takes / 2)
		if f := l.State().Sight.Verdict.Finding; f.Code != "ok" || l.says() != lifetimeUnderWay {
			t.Errorf("meanwhile: %s, %q", f.Code, l.says())
		}
		time.Sleep(takes)
		synctest.Wait()
		now := l.State().Sight
		if f := now.Verdict.Finding; f.Code != "3-6" || l.says() != "Measured." || now.Report.ID != run || len(now.Report.Requests) != 1 {
			t.Errorf("afterwards: %s, %q, run %s", f.Code, l.says(), now.Report.ID)
		}
		if last := l.kept[len(l.kept)-1]; last.Verdict.Finding.Code != "3-6" || !last.Asked || now.Asked {
			t.Errorf("kept %s, asked %v, and shown as asked: %v", last.Verdict.Finding.Code, last.Asked, now.Asked)
		}
		time.Sleep(patrol)
		l.tests(false, nil)
		if f := l.State().Sight.Verdict.Finding; f.Code != "3-6" || !strings.Contains(f.Text, "(measured on this line ") {
			t.Errorf("the next run: %s: %s", f.Code, f.Text)
		}
		l.rests(patrol)
		l.wants(t, 1, 1)
	})
}

func TestALineIsMeasuredAgain(t *testing.T) {
	for _, c := range []struct {
		name   string
		brings *facts.Lifetime
		asked  bool
		change func(*Sight)
		after  time.Duration
		ended  int
	}{
		{"the same line, after a while", forgets, false, nil, patrol, 1},
		{"a person asks after a weakness: it may have been put right", forgets, true, nil, patrol, 2},
		{"a person asks, and there was no weakness", keeps, true, nil, patrol, 1},
		{"another public address", keeps, false, func(s *Sight) { s.input.Facts.Public = &facts.Public{Addr: netip.MustParseAddr("203.0.113.3")} }, patrol, 2},
		{"another router", keeps, false, func(s *Sight) { s.input.Facts.Gateway = &facts.Gateway{MAC: "02:00:00:00:00:02"} }, patrol, 2},
		{"a day later", nil, false, nil, inVainFor, 2},
		{"it could not be told", nil, false, nil, patrol, 1},
		{"it could not be told, and a person asks", nil, true, nil, patrol, 2},
		{"it could not be told, on another line", nil, false, func(s *Sight) { s.input.Facts.Gateway = &facts.Gateway{MAC: "02:00:00:00:00:02"} }, patrol, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := atRest(t)
				l.brings = c.brings
				l.rests(c.after)
				l.tests(c.asked, c.change)
				l.rests(patrol)
				l.wants(t, c.ended, c.ended)
			})
		})
	}
}

func TestNothingIsMeasured(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*line)
		rest   time.Duration
	}{
		{"the next run comes soon", nil, probes.LifetimeLimit - time.Second},
		{"no trunk is configured", func(l *line) { l.tests(false, func(s *Sight) { s.input.Profile = profile.Default() }) }, patrol},
		{"the router is not known", func(l *line) { l.tests(false, func(s *Sight) { s.input.Facts.Gateway = &facts.Gateway{} }) }, patrol},
		{"there is no address", func(l *line) { l.tests(false, func(s *Sight) { s.input.Facts.Address = &facts.Address{} }) }, patrol},
		{"the address was lost", func(l *line) { l.change(func(s *State) { s.Sight.Lost = true }) }, patrol},
		{"the cable was pulled since", func(l *line) { l.change(func(s *State) { s.Stale = true }) }, patrol},
		{"a run goes on", func(l *line) { l.begin() }, patrol},
		{"the box registers itself", func(l *line) { l.change(func(s *State) { s.Registering = true }) }, patrol},
		{"a stick is being read", func(l *line) { l.Quiet(context.Background()) }, patrol},
		{"the PBX check begins", func(l *line) { l.pbxEnd = func(error) {} }, patrol},
		{"the PBX check goes on", func(l *line) { l.sawPBX(facts.PBXCheck{Open: true}) }, patrol},
		{"the PBX points back, and the box looks soon", func(l *line) { l.change(func(s *State) { s.PBX.Look = time.Now().Add(time.Minute) }) }, patrol},
		{"nobody measures", func(l *line) { l.Measure = nil }, patrol},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := atRest(t)
				if c.change != nil {
					c.change(l)
				}
				l.rests(c.rest)
				l.wants(t, 0, 0)
			})
		})
	}
}

// Whatever begins ends the measurement at once; it is tried again later, but not for ever.
func TestAMeasurementGivesWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := atRest(t)
		go l.rests(10 * time.Hour)
		time.Sleep(takes/2 + 500*time.Millisecond) // between two looks of the loop
		release, err := l.Quiet(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		l.wants(t, 1, 0)
		if f := l.State().Sight.Verdict.Finding; f.Code != "ok" || l.says() != lifetimeStopped {
			t.Errorf("stopped: %s, %q", f.Code, l.says())
		}
		time.Sleep(takes)
		l.wants(t, 1, 0)
		release()
		for n := 2; n <= measuresAnHour; n++ {
			time.Sleep(takes / 2)
			l.endMeasuring()
			l.wants(t, n, 0)
		}
		time.Sleep(30 * time.Minute)
		l.wants(t, measuresAnHour, 0) // enough of this hour
		time.Sleep(30 * time.Minute)
		l.wants(t, measuresAnHour+1, 1)
		if f := l.State().Sight.Verdict.Finding; f.Code != "3-6" {
			t.Errorf("in the end: %s", f.Code)
		}
		time.Sleep(10 * time.Hour)
	})
}

// A box that rests ends its measurement before the next run begins.
func TestARunEndsTheMeasurement(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := atRest(t)
		ctx, cancel := context.WithCancel(t.Context())
		l.measure(ctx, patrol)
		time.Sleep(takes / 2)
		cancel()
		synctest.Wait()
		l.wants(t, 1, 0)
		if l.State().Sight.Facts.Lifetime != nil || l.Tester.keptLifetime(l.State().Sight.Facts) != nil {
			t.Error("half a measurement is told")
		}
	})
}
