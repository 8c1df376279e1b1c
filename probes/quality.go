package probes

import (
	"context"
	"net/netip"
	"slices"
	"time"

	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
	"trunktester/probes/via"
)

// Limits of the measurement.
const (
	qualityCount    = 100                   // fewer cannot show 2 % of loss
	qualityInterval = 30 * time.Millisecond // near the 20 ms of voice, and gentle on hosts that limit ICMP
	qualityWait     = time.Second
	qualityTargets  = 2 // internet hosts beside the provider
	// qualityGiveUp is when a silent host is left alone: the first 15 have then had a second to come back.
	qualityGiveUp = 15 + int(time.Second/qualityInterval)
)

// Quality asks: how much loss, delay and jitter does the line have? Echo requests go to the gateway (the
// control), to the provider and to two internet hosts at the same time. It passes when a far host could be
// measured; how good the line is, is for the verdict. Failed means that no far host answers ping, so that
// nothing can be said. Always ICMP, never SIP.
type Quality struct {
	Via      via.Interface
	Targets  []netip.Addr  // internet hosts; those that answered in Internet are preferred
	Count    int           // requests to each host, 0 is 100
	Interval time.Duration // 0 is 30 ms
}

// Look implements Probe. It needs Address; it uses Name and Internet where they are known.
func (q Quality) Look(ctx context.Context, known facts.Facts) Result {
	if q.Count == 0 {
		q.Count = qualityCount
	}
	if q.Interval == 0 {
		q.Interval = qualityInterval
	}
	var series []echoSeries
	gateway := known.Address != nil && known.Address.Gateway.IsValid()
	if gateway {
		series = append(series, q.series(known.Address.Gateway, 0))
	}
	for _, a := range q.far(known) {
		series = append(series, q.series(a, qualityGiveUp))
	}
	if len(series) == 0 {
		return Result{Outcome: facts.NotRun, Saw: words.Said("saw.quality-no-host")}
	}
	measuring, measured := context.WithCancel(ctx)
	late := make(chan time.Duration, 1)
	go func() { late <- pulse(measuring) }()
	echoes, err := echoAll(ctx, series)
	measured()
	found := facts.Quality{Far: echoes, Late: facts.Duration(<-late)}
	if gateway {
		found.Gateway, found.Far = &echoes[0], echoes[1:]
	}
	r := Result{File: func(f *facts.Facts) { f.Quality = &found }, Evidence: echoEvidence(echoes)}
	answering := slices.IndexFunc(found.Far, func(e facts.Echo) bool { return e.Back > 0 })
	switch {
	case answering >= 0:
		e := found.Far[answering]
		found.MOS = pingScore(e)
		r.Outcome = facts.Passed
		r.Saw = words.Said("saw.quality", "host", e.Addr, "n", e.Sent-e.Back, "all", e.Sent, "time", e.Avg, "jitter", e.Jitter) + " " + pingWords(found.MOS)
	case err != nil && socketAnswer(err) == facts.CouldNotAsk:
		r.Outcome, r.Saw = facts.Broken, words.Said("saw.ping-broken", "error", err)
	default:
		r.Outcome, r.Saw = facts.Failed, words.Said("saw.quality-silent")
	}
	return r
}

func (q Quality) series(to netip.Addr, giveUp int) echoSeries {
	return echoSeries{via: q.Via, to: to, count: q.Count, interval: q.Interval, wait: qualityWait, giveUp: giveUp}
}

// far are the provider's first server and two internet hosts, those known to answer ping first.
func (q Quality) far(known facts.Facts) []netip.Addr {
	provider := pingTargets(known.Name)
	far := slices.Clone(provider[:min(len(provider), 1)])
	var hosts []netip.Addr
	if known.Internet != nil {
		for _, t := range known.Internet.Targets {
			if t.ICMP == facts.Answered {
				hosts = append(hosts, t.Addr)
			}
		}
	}
	top := len(far) + qualityTargets
	for _, a := range append(hosts, q.Targets...) {
		if len(far) < top && !slices.Contains(far, a) {
			far = append(far, a)
		}
	}
	return far
}
