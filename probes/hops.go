package probes

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
	"trunktester/probes/via"
)

// Limits of the look at the first hops.
const (
	hopsFirst = 3                      // the site's router, a second one or the line's, and one more
	hopsWait  = 500 * time.Millisecond // the first hops are near
)

// Hops asks: which routers are the first on the way to the provider? It passes whoever tells: many routers
// do not, and that is no fault.
type Hops struct {
	Via via.Interface
}

// Look needs known.Name; the datagrams run out of time to live on the way.
func (h Hops) Look(ctx context.Context, known facts.Facts) Result {
	if !hasServer(known) {
		return Result{Outcome: facts.NotRun, Saw: words.Said("saw.no-server")}
	}
	if known.Name.ByIPv6() {
		return Result{Outcome: facts.NotRun, Saw: words.Said("saw.hops-six")}
	}
	w := walk{via: h.Via, to: netip.AddrPortFrom(known.Name.Targets[0].Addr.Addr(), walkPort), hops: hopsFirst, wait: hopsWait}
	if known.Address != nil && known.Address.Prefix.IsValid() {
		w.source = known.Address.Prefix.Addr()
	}
	found, err := w.run(ctx)
	if err != nil {
		return Result{Outcome: facts.Broken, Saw: words.Said("saw.could-not-ask", "error", err)}
	}
	r := Result{Outcome: facts.Passed, File: func(f *facts.Facts) { f.Hops = &found }}
	var saw []string
	for _, hop := range found.Hops {
		text := words.Said("saw.hop-silent", "n", hop.TTL)
		if hop.Addr.IsValid() {
			text = words.Said("saw.hop", "n", hop.TTL, "address", hop.Addr)
			r.Evidence = append(r.Evidence, facts.Evidence{Kind: "icmp",
				Text: fmt.Sprintf("%s answered a datagram to %s with time to live %d: ICMP type %d code %d after %s.", hop.Addr, found.To, hop.TTL, hop.Type, hop.Code, hop.RTT)})
		}
		if saw = append(saw, text); hop.Addr == found.To.Addr() {
			break
		}
	}
	r.Saw = words.Said("saw.hops", "hops", strings.Join(saw, "; "))
	return r
}

func hasServer(known facts.Facts) bool { return known.Name != nil && len(known.Name.Targets) > 0 }
