package probes

import (
	"context"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
	"trunktester/probes/via"
)

// Limits of the look at the edge of a leased line.
const (
	edgeHops = 4                      // the site's routers stand before it, few as they are
	edgeWait = 500 * time.Millisecond // it is at the other end of one line
)

// Edge asks: does the provider's device at the far end of a leased line answer? It passes when the device
// answers ping, or a datagram that ends at it. Failed is never a verdict alone: such devices often drop both.
type Edge struct {
	Via  via.Interface
	Addr netip.Addr // the edge device
}

// Look implements Probe. It needs Address.
func (e Edge) Look(ctx context.Context, known facts.Facts) Result {
	found := facts.Edge{Addr: e.Addr}
	w := walk{via: e.Via, to: netip.AddrPortFrom(e.Addr, walkPort), hops: edgeHops, wait: edgeWait}
	if known.Address != nil && known.Address.Prefix.IsValid() {
		w.source = known.Address.Prefix.Addr()
	}
	ping := echoSeries{via: e.Via, to: e.Addr, count: pingCount, interval: pingInterval, wait: pingWait}
	var pingErr, walkErr error
	var both sync.WaitGroup
	both.Go(func() { found.Walk, walkErr = w.run(ctx) })
	both.Go(func() { found.Ping, pingErr = ping.run(ctx) })
	both.Wait()

	r := Result{File: func(f *facts.Facts) { f.Edge = &found }, Evidence: echoEvidence([]facts.Echo{found.Ping})}
	for _, hop := range found.Walk.Hops {
		text := fmt.Sprintf("Nobody answered a datagram to %s with time to live %d.", w.to, hop.TTL)
		if hop.Addr.IsValid() {
			text = fmt.Sprintf("%s answered a datagram to %s with time to live %d: ICMP type %d code %d after %s.", hop.Addr, w.to, hop.TTL, hop.Type, hop.Code, hop.RTT)
		}
		r.Evidence = append(r.Evidence, facts.Evidence{Kind: "icmp", Text: text})
	}
	switch last := found.Last(); {
	case found.Seen():
		r.Outcome, r.Saw = facts.Passed, words.Said("saw.edge-answers", "edge", e.Addr)
	case walkErr != nil && pingErr != nil && socketAnswer(pingErr) == facts.CouldNotAsk:
		r.Outcome, r.Saw = facts.Broken, words.Said("saw.edge-broken", "error", walkErr)
	case last.Addr.IsValid():
		r.Outcome, r.Saw = facts.Failed, words.Said("saw.edge-last", "edge", e.Addr, "last", last.Addr)
	default:
		r.Outcome, r.Saw = facts.Failed, words.Said("saw.edge-nobody", "edge", e.Addr)
	}
	return r
}
