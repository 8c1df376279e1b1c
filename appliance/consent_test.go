package appliance

import (
	"errors"
	"log/slog"
	"testing"
	"time"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/store"
	"trunktester/probes"
	"trunktester/probes/facts"
)

// unknownList is a box whose run could not see whether the PBX is registered.
func unknownList(t *testing.T) *Box {
	p := loginProfile()
	p.Provider.ShowsBindings = nil
	b := NewBox(&Tester{Profile: p, Store: store.Open(t.TempDir()), Log: slog.New(slog.DiscardHandler)}, nil, &rowOf{})
	b.end(oneRun(p, time.Now()), nil, false)
	if f := b.State().Sight.Verdict.Finding; f.Code != "5-5" {
		t.Fatalf("verdict %s", f.Code)
	}
	return b
}

func TestConsentOnlyWhenItTellsSomething(t *testing.T) {
	yes := true
	for _, c := range []struct {
		name   string
		change func(*Box)
		want   error
	}{
		{"the list may be hidden", func(*Box) {}, nil},
		{"the list is known to be shown", func(b *Box) {
			b.Tester.Profile.Provider.ShowsBindings = &yes
			b.end(oneRun(b.Tester.Profile, time.Now()), nil, false)
		}, ErrNoNeed},
		{"the login was refused", func(b *Box) {
			s := oneRun(b.Tester.Profile, time.Now())
			s.input.Facts.Login = &facts.Login{Attempts: 1, Reply: &facts.Reply{Code: 403}}
			b.end(judged(s.input), nil, false)
		}, ErrNoNeed},
		{"a run goes on", func(b *Box) { b.begin() }, ErrNoNeed},
		{"it was done already", func(b *Box) {
			f := false
			b.change(func(s *State) { s.Sight = s.Sight.Consented(ownResult(&facts.OwnBinding{Shown: &f}), nil) })
		}, ErrNoNeed},
		{"the box listens for the PBX", func(b *Box) {
			check := aCheck(facts.Other)
			check.Open, check.Devices = true, nil
			b.sawPBX(*check)
		}, ErrChecking},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := unknownList(t)
			c.change(b)
			if err := b.Consent(); !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
		})
	}
	b := unknownList(t)
	if err := b.Consent(); err != nil {
		t.Fatal(err)
	}
	var early *store.TooSoon
	if err := b.Consent(); !errors.As(err, &early) {
		t.Errorf("twice within 30 s: %v", err)
	}
}

func ownResult(o *facts.OwnBinding) probes.Result {
	return probes.Result{Outcome: facts.Passed, Saw: "The own one.", File: func(f *facts.Facts) { f.OwnBinding = o }}
}

func TestConsented(t *testing.T) {
	b := unknownList(t)
	shown := true
	requests := []facts.Request{{CallID: "own", Method: "REGISTER"}}
	before := b.State().Sight
	s := before.Consented(ownResult(&facts.OwnBinding{Shown: &shown}), requests)
	if f := s.Verdict.Finding; f.Code != "5-1" || f.Severity != catalogue.Red {
		t.Errorf("verdict %s %s", f.Code, f.Severity)
	}
	if s.Report.Facts.OwnBinding == nil || len(s.Report.Requests) != 1 || s.Report.Steps[0].Saw != "The own one." {
		t.Errorf("report: %+v, %v", s.Report.Facts.OwnBinding, s.Report.Requests)
	}
	if before.Facts.OwnBinding != nil || before.Steps[0].Saw != "" || len(before.Report.Requests) != 0 {
		t.Error("the run itself was changed")
	}
	// What a PBX check shows afterwards stands beside it.
	if f := s.Checked(PBXCheck{Check: aCheck(facts.Other)}).Verdict.Finding; f.Code != "5-8" {
		t.Errorf("with a PBX check: %s", f.Code)
	}
}

// What its own registration proves of a device that rewrites SIP stands in the report as if the run had found it.
func TestConsentProvesARewriter(t *testing.T) {
	before := unknownList(t).State().Sight
	before.input.Facts.ALG = &facts.ALG{Word: facts.ALGNotSeen, Why: "Nothing."}
	before.input.Steps = append(before.input.Steps, facts.Step{ID: "alg", Light: 3, Done: true, Outcome: facts.Passed, Saw: "Nothing."})
	shown := true
	own := func(word string) Sight {
		return before.Consented(probes.Result{Outcome: facts.Passed, Saw: "The own one.", File: func(f *facts.Facts) {
			f.OwnBinding = &facts.OwnBinding{Shown: &shown}
			if word != facts.ALGNotSeen {
				f.ALG = &facts.ALG{Word: word, Over: []string{"udp"}, Why: "It came back changed."}
			}
		}}, nil)
	}
	s := own(facts.ALGProved)
	if f := s.Verdict.Finding; f.Code != "3-2" || f.Severity != catalogue.Red || s.Report.ALG != facts.ALGProved {
		t.Errorf("verdict %s %s, ALG %s", f.Code, f.Severity, s.Report.ALG)
	}
	if step := s.Report.Steps[2]; step.Outcome != facts.Failed || step.Saw != "It came back changed." || len(step.Evidence) != 1 {
		t.Errorf("step %+v", step)
	}
	s = own(facts.ALGNotSeen)
	if step := s.Report.Steps[2]; s.Verdict.Finding.Code != "5-1" || step.Outcome != facts.Passed || step.Saw != "Nothing." {
		t.Errorf("verdict %s, step %+v", s.Verdict.Finding.Code, step)
	}
}
