package appliance

import (
	"context"
	"fmt"
	"time"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/catalogue/words"
	"trunktester/appliance/profile"
	"trunktester/appliance/report"
	"trunktester/appliance/verdict"
	"trunktester/probes"
	"trunktester/probes/facts"
	"trunktester/probes/registrar"
	"trunktester/probes/via"
)

// This file is the PBX check: the box plays the provider's registrar for a moment, and says which of the PBX's
// settings differs from the trunk's.

// ErrNoLogin says that there is nothing to check: the trunk has no username and password.
var ErrNoLogin error = words.Error("refused.no-login")

// PBXAsk is what one PBX check by itself is asked to be.
type PBXAsk struct {
	Window  time.Duration        // how long it listens at most
	Observe func(facts.PBXCheck) // called after every change, one call at a time; nil: nobody watches
}

// CheckPBX gets an address, listens for the PBX and compares it with the profile. It sends nothing to the
// provider. When ctx ends it says what it saw until then. Its error means that the box itself could not begin.
func (t *Tester) CheckPBX(ctx context.Context, ask PBXAsk) (Sight, error) {
	if !logsIn(t.Profile.Trunk) {
		return Sight{}, ErrNoLogin
	}
	name, _, err := t.Network.Up()
	if err != nil {
		return Sight{}, fmt.Errorf("the network cannot be used: %w", err)
	}
	remembered := t.Store.Asked(t.Profile.Trunk).Remembered()
	known := facts.Facts{Remembered: &remembered}
	network := newKeeper(t.Network, t.Log)
	all := checklist(parts{profile: t.Profile, through: via.Interface(name), network: network, patience: t.Patience})
	input := report.Input{ID: newID(), Started: time.Now(), SinceBoot: sinceBoot(), Version: t.Version, Model: t.Model, Profile: t.Profile}
	r := newRunner(all[:2], known, t.Log, nil) // cable and address
	r.run(ctx)
	f, steps := r.snapshot()
	if ctx.Err() == nil && hasAddress(f) {
		got := t.listen(name, f, ask.Window, ask.Observe).Look(ctx, f)
		got.File(&f)
		steps = append(steps, pbxStep(t.Profile.Trunk, got))
	}
	lost := network.stop()
	input.Finished, input.Facts, input.Steps = time.Now(), f, steps
	v := alone(t.Profile, input.Facts, input.Steps)
	input.Verdict, input.Row = v.Finding, v.Row
	return Sight{Report: report.Build(input), Verdict: v, Steps: input.Steps, Facts: input.Facts, Lost: lost, input: input}, nil
}

// pbxStep is the line of the checklist with what the PBX check showed.
func pbxStep(t profile.Trunk, got probes.Result) facts.Step {
	s := pbxCheck(t)
	return facts.Step{ID: s.ID, Light: s.Light, Guide: s.Guide, Outcome: got.Outcome, Saw: got.Saw, Evidence: got.Evidence, Done: true}
}

func logsIn(t profile.Trunk) bool {
	return t.Domain != "" && t.Auth == "register" && t.Username != "" && t.Password != ""
}

// listen is the probe that waits for the PBX.
func (t *Tester) listen(name string, known facts.Facts, window time.Duration, observe func(facts.PBXCheck)) probes.PBXListen {
	return probes.PBXListen{Via: via.Interface(name), Trunk: expected(t.Profile.Trunk, known), Window: window, Agent: "trunktester/" + t.Version, Observe: observe}
}

// expected is what the PBX should use. The realm is the file's, else the one that the provider was seen to ask
// for, else, as a guess, the domain.
func expected(t profile.Trunk, known facts.Facts) registrar.Trunk {
	want := registrar.Trunk{Domain: t.Domain, Username: t.Username, AuthUser: t.AuthUser, Password: t.Password, Realm: t.Domain, RealmFrom: "domain"}
	switch l, r := known.Login, known.Remembered; {
	case t.Realm != "":
		want.Realm, want.RealmFrom = t.Realm, "profile"
	case l != nil && len(l.Challenges) > 0 && l.Challenges[0].Realm != "":
		want.Realm, want.RealmFrom = l.Challenges[0].Realm, "provider"
	case r != nil && r.Realm != "":
		want.Realm, want.RealmFrom = r.Realm, "provider"
	}
	return want
}

// alone judges a check that no run goes with.
func alone(p profile.Profile, f facts.Facts, steps []facts.Step) verdict.Verdict {
	v := verdict.Verdict{Final: true}
	for i := range v.Row {
		v.Row[i].State = catalogue.LightUntested
	}
	if hasAddress(f) {
		v.Row[0].State = catalogue.LightGreen
	}
	if f.PBXCheck == nil {
		v.Finding = verdict.Untestable(steps)
		return v
	}
	v.Finding = verdict.PBXCheck(&p, *f.PBXCheck)
	switch l := &v.Row[4]; v.Finding.Severity {
	case catalogue.Green:
		l.State = catalogue.LightGreen
	case catalogue.Red, catalogue.Amber:
		*l = catalogue.Light{State: catalogue.LightState(v.Finding.Severity), Counting: true, Flashes: int(v.Finding.Code[2] - '0'), Code: v.Finding.Code}
	}
	return v
}
