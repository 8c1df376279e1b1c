package probes

import (
	"context"
	"net"
	"net/netip"
	"time"

	probing "github.com/prometheus-community/pro-bing"

	"trunktester/probes/facts"
	"trunktester/probes/via"
)

// echoSeries is a series of ICMP echo requests (RFC 792) to one host.
type echoSeries struct {
	via      via.Interface
	to       netip.Addr
	count    int
	interval time.Duration
	wait     time.Duration // for the last reply
	first    bool          // the first reply is enough
	giveUp   int           // stop when so many were sent and none came back, 0 for never
}

// run sends until all came back, the wait is over or ctx ends. An error means that not one could be sent.
func (s echoSeries) run(ctx context.Context) (facts.Echo, error) {
	p := probing.New(s.to.String())
	p.SetIPAddr(&net.IPAddr{IP: s.to.AsSlice()})
	p.SetPrivileged(true)
	p.SetLogger(probing.NoopLogger{})
	p.RecordRtts, p.RecordTTLs = false, false
	p.Count, p.Interval = s.count, s.interval
	p.Timeout = 2*time.Duration(s.count-1)*s.interval + s.wait // a busy machine sends more slowly
	p.InterfaceName = string(s.via)

	// The library takes round trips from the wall clock, which may be set while a series runs.
	sent := make([]time.Time, s.count)
	trips := make([]time.Duration, s.count)
	out, back := 0, 0
	last := time.AfterFunc(p.Timeout, p.Stop) // set anew by the last request
	defer last.Stop()
	p.OnSend = func(pkt *probing.Packet) {
		sent[pkt.Seq] = time.Now()
		switch out++; {
		case out == s.giveUp && back == 0:
			p.Stop()
		case out == s.count:
			last.Reset(s.wait)
		}
	}
	p.OnRecv = func(pkt *probing.Packet) {
		if back++; pkt.Seq < len(sent) {
			trips[pkt.Seq] = max(time.Since(sent[pkt.Seq]), 1)
		}
		if s.first {
			p.Stop()
		}
	}
	err := p.RunWithContext(ctx)
	if out > 0 {
		err = nil
	}
	e := echoSummary(s.to, out, trips)
	if out > echoSlots {
		e.Course = echoCourse(sent[:min(out, len(sent))], trips)
	}
	return e, err
}

// echoSlots is into how many stretches a long series is cut: enough to see a stall of half a second in one of 3 s.
const echoSlots = 20

// echoCourse is how a series went over time; sent is when each request went out, a trip of 0 is a lost one.
func echoCourse(sent []time.Time, trips []time.Duration) []facts.EchoSlot {
	all := make([]facts.EchoSlot, min(echoSlots, len(sent)))
	for i := range all {
		first, next := i*len(sent)/len(all), (i+1)*len(sent)/len(all)
		slot := echoSummary(netip.Addr{}, next-first, trips[first:next])
		all[i] = facts.EchoSlot{At: facts.Duration(sent[first].Sub(sent[0])), Sent: slot.Sent, Back: slot.Back, Avg: slot.Avg, Max: slot.Max}
	}
	return all
}

// echoSummary counts a series; a trip of 0 is a lost one. Jitter is the mean absolute difference of
// neighbours that both came back.
func echoSummary(to netip.Addr, sent int, trips []time.Duration) facts.Echo {
	e := facts.Echo{Addr: to, Sent: sent}
	var sum, differences time.Duration
	pairs := 0
	for i, t := range trips {
		if t == 0 {
			continue
		}
		if e.Back++; e.Back == 1 || facts.Duration(t) < e.Min {
			e.Min = facts.Duration(t)
		}
		e.Max = max(e.Max, facts.Duration(t))
		sum += t
		if i > 0 && trips[i-1] > 0 {
			differences += (t - trips[i-1]).Abs()
			pairs++
		}
	}
	if e.Back > 0 {
		e.Avg = facts.Duration(sum / time.Duration(e.Back))
	}
	if pairs > 0 {
		e.Jitter = facts.Duration(differences / time.Duration(pairs))
	}
	return e
}

// echoAll runs several series at the same time; the summaries stand in the order of the series. The error
// is that of a series of which nothing could be sent, nil when at least one series went out.
func echoAll(ctx context.Context, series []echoSeries) ([]facts.Echo, error) {
	echoes := make([]facts.Echo, len(series))
	failed := make([]error, len(series))
	done := make(chan struct{})
	for i, s := range series {
		go func() {
			echoes[i], failed[i] = s.run(ctx)
			done <- struct{}{}
		}()
	}
	for range series {
		<-done
	}
	for i := range series {
		if failed[i] == nil {
			return echoes, nil
		}
	}
	if len(failed) == 0 {
		return echoes, nil
	}
	return echoes, failed[0]
}
