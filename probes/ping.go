package probes

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
	"trunktester/probes/via"
)

// Limits of the provider's ping.
const (
	pingCount    = 5
	pingInterval = 100 * time.Millisecond
	pingWait     = 1500 * time.Millisecond // two satellite round trips
	pingHosts    = 4
)

// Ping asks: do the provider's servers answer ping? It passes when one of them does. Failed is never a
// verdict alone, since many providers drop ping; it counts only where SIP is silent as well.
type Ping struct {
	Via via.Interface
}

// Look implements Probe. It needs Name: the provider's servers.
func (p Ping) Look(ctx context.Context, known facts.Facts) Result {
	var series []echoSeries
	for _, a := range pingTargets(known.Name) {
		series = append(series, echoSeries{via: p.Via, to: a, count: pingCount, interval: pingInterval, wait: pingWait})
	}
	if len(series) == 0 {
		return Result{Outcome: facts.NotRun, Saw: words.Said("saw.ping-no-address")}
	}
	echoes, err := echoAll(ctx, series)
	found := facts.Ping{Targets: echoes}
	r := Result{File: func(f *facts.Facts) { f.Ping = &found }, Evidence: echoEvidence(echoes)}
	answered := slices.IndexFunc(echoes, func(e facts.Echo) bool { return e.Back > 0 })
	switch {
	case answered >= 0:
		e := echoes[answered]
		r.Outcome, r.Saw = facts.Passed, words.Said("saw.ping-answers", "host", e.Addr, "back", e.Back, "all", e.Sent, "time", e.Avg)
	case err != nil && socketAnswer(err) == facts.CouldNotAsk:
		r.Outcome, r.Saw = facts.Broken, words.Said("saw.ping-broken", "error", err)
	default:
		r.Outcome, r.Saw = facts.Failed, words.Said("saw.ping-silent")
	}
	return r
}

// pingTargets are the provider's addresses, each once, in the order of preference.
func pingTargets(name *facts.Name) []netip.Addr {
	var addrs []netip.Addr
	if name == nil {
		return nil
	}
	for _, t := range name.Targets {
		if a := t.Addr.Addr(); a.IsValid() && !slices.Contains(addrs, a) && len(addrs) < pingHosts {
			addrs = append(addrs, a)
		}
	}
	return addrs
}

// echoEvidence is one line for each series.
func echoEvidence(echoes []facts.Echo) []facts.Evidence {
	var lines []facts.Evidence
	for _, e := range echoes {
		text := fmt.Sprintf("%s: %d echo requests, %d replies", e.Addr, e.Sent, e.Back)
		if e.Back > 0 {
			text += fmt.Sprintf("; round trip %s least, %s mean, %s most, jitter %s", e.Min, e.Avg, e.Max, e.Jitter)
		}
		lines = append(lines, facts.Evidence{Kind: "probe", Text: text + "."})
	}
	return lines
}
