package probes

import (
	"context"

	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
	"trunktester/probes/sip"
)

// contrastSends is how often each question goes out over UDP, over 1.5 s: what is silent here is told, never judged.
const contrastSends = 3

// SIPOverIPv6 asks: does SIP pass to the provider by IPv6 as well, where the trunk is tested by IPv4? It passed when
// the first server answered with any SIP status at all. The questions carry no credentials, and silence says nothing
// about the rest of the run.
type SIPOverIPv6 struct {
	Path SIPPath // over the trunk's own transport
}

// Look needs known.Name, and waits a moment for an IPv6 address of the box's own.
func (p SIPOverIPv6) Look(ctx context.Context, known facts.Facts) Result {
	if known.Name.ByIPv6() {
		return Result{Outcome: facts.NotRun, Saw: words.Said("saw.sip-six-itself")}
	}
	targets := targetsOver(known.Name, p.Path.Transport, mostOtherServers)
	if len(targets) == 0 {
		return Result{Outcome: facts.NotRun, Saw: words.Said("saw.sip-six-none")}
	}
	to := targets[0]
	if !ipv6Wait(ctx, p.Path.Dial.Via, to.Addr.Addr(), IPv6Contrast).IsValid() {
		return Result{Outcome: facts.NotRun, Saw: words.Said("saw.sip-six-unreached", "server", to.Addr)}
	}
	a := p.ask(ctx, to, known)
	path := &facts.Path{Transport: p.Path.Transport, Targets: []facts.Attempt{a.Attempt}}
	r := Result{Outcome: facts.Failed, Saw: a.saw(), Evidence: asControl(a.evidence), File: func(f *facts.Facts) { f.SIPv6 = path }}
	switch {
	case answered(a.Attempt):
		r.Outcome = facts.Passed
	case a.err != nil && polite(a.err):
		r.Outcome, r.File = facts.NotRun, nil
	case a.ours():
		r.Outcome = facts.Broken
	}
	return r
}

func (p SIPOverIPv6) ask(ctx context.Context, to facts.Target, known facts.Facts) looked {
	a := looked{Attempt: facts.Attempt{Target: to.Addr, Host: to.Host}}
	conn := p.Path.open(ctx, &a, to.Addr, trueTime(known.Clock))
	if conn == nil {
		return a
	}
	defer conn.Close()
	register, options := registerAt(p.Path.Domain, p.Path.Username), optionsTo(p.Path.Domain, p.Path.Username)
	for _, r := range []*sip.Request{&register, &options} {
		r.Canary, r.Sends = true, contrastSends
	}
	for _, x := range sip.Burst(ctx,
		sip.Question{Conn: conn, Request: register, Purpose: sip.Search},
		sip.Question{Conn: conn, Request: options, Purpose: sip.Search, Minor: true}) {
		a.add(x)
	}
	return a
}
