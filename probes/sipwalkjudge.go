package probes

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
	"trunktester/probes/sip"
)

// silentServer is the first server of a path over which no server was heard, and nobody refused by ICMP.
func silentServer(p *facts.Path) (to netip.AddrPort, silent bool) {
	if p == nil || len(p.Targets) == 0 || !p.Targets[0].Target.IsValid() {
		return to, false
	}
	heard := slices.ContainsFunc(p.Targets, func(a facts.Attempt) bool {
		refused := slices.ContainsFunc(a.ICMP, func(e facts.ICMP) bool { return e.Type == 3 })
		return answered(a) || refused || a.Connect == facts.Answered || a.Connect == facts.CouldNotAsk
	})
	first := p.Targets[0]
	asked := first.Connect != facts.Unasked || slices.ContainsFunc(first.Exchanges, func(x facts.Exchange) bool { return x.Sends > 0 })
	return first.Target, asked && !heard
}

// hopOf is who answered a message that was to end on the way: where several did, the router at which it ended.
func hopOf(x sip.Exchange) facts.Hop {
	found := facts.Hop{TTL: x.Request.Hops}
	if x.Answered() {
		found.Addr = x.Remote.Addr()
	}
	for _, e := range x.ICMP {
		found.Addr, found.Type, found.Code = e.Offender, e.Type, e.Code
		if _, _, ended := x.Quoted(); !ended || e.Type == 11 { // a router that ran out of life for it tells the most
			break
		}
	}
	return found
}

func (w SIPWalk) result(found facts.SIPWalk) Result {
	r := Result{Outcome: facts.Passed, File: func(f *facts.Facts) { f.SIPWalk = &found }, Evidence: slices.Concat(hopEvidence("control", found.Other), hopEvidence("probe", found.SIP))}
	for _, p := range found.Pairs {
		r.Evidence = append(r.Evidence, hopEvidence("probe", facts.Walk{To: found.SIP.To, Hops: []facts.Hop{p.SIP}})...)
		r.Evidence = append(r.Evidence, hopEvidence("control", facts.Walk{To: found.Other.To, Hops: []facts.Hop{p.Other}})...)
	}
	own, port, other := strings.ToUpper(w.Transport), found.SIP.To.Port(), found.Other.To.Port()
	at, by, ended := found.End()
	last, reached := found.Reached()
	switch {
	case ended && by.Addr == found.SIP.To.Addr():
		r.Outcome, r.Saw = facts.Failed, words.Said("saw.walk-answered", "transport", own, "port", port, "n", by.TTL, "other", other)
	case ended && by.Addr.IsValid():
		r.Outcome, r.Saw = facts.Failed, words.Said("saw.walk-turned", "transport", own, "port", port, "device", by.Addr)
	case ended && !found.Confirmed():
		r.Saw = words.Said("saw.walk-untold", "transport", own, "port", port, "n", at.Changed, "device", at.To)
	case ended && at.From.IsValid():
		r.Outcome, r.Saw = facts.Failed, words.Said("saw.walk-ends", "transport", own, "port", port, "n", at.Unchanged, "from", at.From, "other", other, "next", at.Changed, "to", at.To)
	case ended:
		r.Outcome, r.Saw = facts.Failed, words.Said("saw.walk-ends-box", "transport", own, "port", port, "n", at.Unchanged, "other", other, "next", at.Changed, "to", at.To)
	case reached:
		r.Saw = words.Said("saw.walk-gets", "transport", own, "port", port, "other", other, "n", last.TTL, "device", last.Addr)
	default:
		r.Saw = words.Said("saw.walk-nobody")
	}
	return r
}

func hopEvidence(kind string, w facts.Walk) []facts.Evidence {
	var all []facts.Evidence
	for _, hop := range w.Hops {
		text := fmt.Sprintf("Nobody answered a packet to %s with time to live %d.", w.To, hop.TTL)
		switch {
		case hop.Addr.IsValid() && hop.Type > 0:
			text = fmt.Sprintf("%s answered a packet to %s with time to live %d: ICMP type %d code %d.", hop.Addr, w.To, hop.TTL, hop.Type, hop.Code)
		case hop.Addr.IsValid():
			text = fmt.Sprintf("A packet to %s with time to live %d was answered in the name of %s.", w.To, hop.TTL, hop.Addr)
		}
		all = append(all, facts.Evidence{Kind: kind, Text: text})
	}
	return all
}
