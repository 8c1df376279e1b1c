package appliance

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"trunktester/appliance/catalogue/words"
	"trunktester/probes"
	"trunktester/probes/facts"
	"trunktester/probes/sip"
	"trunktester/probes/via"
)

// This file is the box's own registration: made for a moment, on the page only, after a person has read what it may
// do and agreed.

// consentLimit bounds it: at most six questions, and the time for those that are not answered.
const consentLimit = 30 * time.Second

// ErrNoNeed says that an own registration would tell nothing new.
var ErrNoNeed error = words.Error("refused.no-need")

// mayConsent says whether an own registration would answer what the run left open: whether an empty list is empty
// or hidden (5-5).
func mayConsent(s State) bool {
	f := s.Sight.Facts
	return !s.Running && s.Sight.Verdict.Final && f.OwnBinding == nil && f.Login != nil && f.Login.Accepted &&
		f.Bindings != nil && len(f.Bindings.Contacts) == 0 && slices.Contains(codes(s.Sight), "5-5")
}

func codes(s Sight) []string {
	all := []string{s.Verdict.Finding.Code}
	for _, f := range s.Verdict.Also {
		all = append(all, f.Code)
	}
	return all
}

// Consent registers the box for a moment, as a person has agreed to.
func (b *Box) Consent() error {
	switch s := b.State(); {
	case s.PBX.Open():
		return ErrChecking
	case !mayConsent(s):
		return ErrNoNeed
	}
	if err := b.Tester.Store.Turn(); err != nil {
		return err
	}
	return b.wish(ownRegistration)
}

// registerItself carries it out while no run goes on, and judges the last run again with what it showed.
func (b *Box) registerItself(ctx context.Context) {
	release, err := b.Quiet(ctx)
	if err != nil {
		return
	}
	defer release()
	s := b.State()
	if !mayConsent(s) { // a run came first, and saw more
		return
	}
	b.change(func(s *State) { s.Registering = true })
	defer b.change(func(s *State) { s.Registering = false })
	ctx, cancel := context.WithTimeout(ctx, consentLimit)
	defer cancel()
	got, requests, err := b.Tester.OwnBinding(ctx, s.Sight.Facts)
	if err != nil {
		b.Log.Error("own registration", "err", err)
		return
	}
	b.Log.Info("own registration", "saw", got.Saw)
	b.change(func(s *State) { s.Sight = s.Sight.Consented(got, requests) })
	last := b.State().Sight
	if err := b.Tester.Store.Asked(b.Tester.Profile.Trunk).Learn(last.Facts); err != nil {
		b.Log.Warn("not remembered for the next run", "err", err)
	}
	if b.Seen != nil {
		b.Seen(last)
	}
}

// OwnBinding registers the box for a moment where the login of those facts was accepted. Its error means that
// nothing was sent.
func (t *Tester) OwnBinding(ctx context.Context, known facts.Facts) (probes.Result, []facts.Request, error) {
	if known.Link == nil {
		return probes.Result{}, nil, errors.New("there is no interface to register from")
	}
	authorities, err := roots(t.Profile.Trunk)
	if err != nil {
		return probes.Result{}, nil, fmt.Errorf("own registration: %w", err)
	}
	conduct := sip.NewConduct(sip.Consent)
	defer conduct.Close()
	login := probes.Login{Trunk: t.Profile.Trunk, Networks: t.Profile.Provider.Networks, Roots: authorities, Ledger: t.Store.Asked(t.Profile.Trunk),
		Dial: sip.Dialer{Conduct: conduct, Via: via.Interface(known.Link.Interface), Avoid: avoid(t.Profile), Agent: "trunktester/" + t.Version}}
	got := probes.OwnBinding{Login: login}.Look(ctx, known)
	return got, conduct.Requests(), nil
}

// Consented is the same run judged again with the box's own registration, whose requests it tells too.
func (s Sight) Consented(got probes.Result, requests []facts.Request) Sight {
	in := s.input
	got.File(&in.Facts)
	in.Requests = append(slices.Clone(in.Requests), requests...)
	in.Steps = slices.Clone(in.Steps)
	for i, step := range in.Steps {
		if step.ID == "alg" && in.Facts.ALG != s.input.Facts.ALG && in.Facts.ALG.Word == facts.ALGProved {
			in.Steps[i].Outcome, in.Steps[i].Saw = facts.Failed, in.Facts.ALG.Why
			in.Steps[i].Evidence = append(slices.Clone(step.Evidence), facts.Evidence{Kind: "note", Text: "This was seen at the box's own registration, after a person's consent."})
		}
		if step.ID == "bindings" {
			in.Steps[i].Saw = got.Saw
			in.Steps[i].Evidence = append(slices.Clone(step.Evidence), got.Evidence...)
			if got.Outcome != facts.NotRun && in.Facts.Bindings != nil && len(in.Facts.Bindings.Contacts) > 0 {
				in.Steps[i].Outcome = facts.Passed
			}
		}
	}
	return s.again(in, true)
}
