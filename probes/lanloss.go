package probes

import (
	"context"
	"net"
	"time"

	"trunktester/appliance/catalogue/words"
	"trunktester/netsetup"
	"trunktester/probes/facts"
)

// Limits of the measurement.
const (
	lanTrips = 50 // faults.md 1-9
	// lanMost is how far the series goes while one or two are lost: too many for none, too few to judge.
	lanMost = 100
	// lanGap keeps the box below the 15 ARP packets a second at which a switch with ARP inspection may close the
	// socket (Cisco's default for "ip arp inspection limit").
	lanGap    = 80 * time.Millisecond
	lanWait   = 150 * time.Millisecond // of the 150 ms one way that ITU-T G.114 grants, the first hop may take none
	lanLost   = 3                      // faults.md 1-9
	lanJitter = 20 * time.Millisecond  // faults.md 1-9
)

// LAN asks: is anything lost already on the way to the router? Passed when nothing that a call would notice is.
// Where a host at or behind the router was measured without loss, nothing is sent: that traffic went the same way.
type LAN struct{}

// Look needs facts.Link, facts.Address and facts.Gateway, and uses facts.Quality.
func (LAN) Look(ctx context.Context, known facts.Facts) Result {
	link, address, gateway := known.Link, known.Address, known.Gateway
	if link == nil || address == nil || gateway == nil {
		return Result{Outcome: facts.NotRun, Saw: words.Said("saw.lan-no-router")}
	}
	if e, ok := cleanEcho(known.Quality); ok {
		return Result{Outcome: facts.Passed, Saw: words.Said("saw.lan-clean", "back", e.Back, "all", e.Sent, "host", e.Addr)}
	}
	mac, err := net.ParseMAC(gateway.MAC)
	if err != nil {
		return Result{Outcome: facts.NotRun, Saw: words.Said("saw.lan-router-silent")}
	}
	measuring, measured := context.WithCancel(ctx)
	defer measured()
	late := make(chan time.Duration, 1)
	go func() { late <- pulse(measuring) }()
	trips, err := netsetup.ARPTrips(ctx, link.Interface, netsetup.ARPSeries{
		Target: gateway.Addr, MAC: mac, Sender: address.Prefix.Addr(), Gap: lanGap, Wait: lanWait, More: moreTrips,
	})
	if err != nil {
		return broken(err)
	}
	if len(trips) < lanTrips {
		return cut(words.Said("saw.ask-lan"))
	}
	measured()
	found := facts.LAN{Echo: echoSummary(gateway.Addr, len(trips), trips), Late: facts.Duration(<-late)}
	r := Result{Outcome: facts.Passed, File: func(f *facts.Facts) { f.LAN = &found }}
	if !inStep(found.Echo) {
		r.Outcome = facts.Failed
	}
	r.Saw = words.Said("saw.lan-lost", "n", found.Sent-found.Back, "all", found.Sent, "router", found.Addr, "limit", facts.Duration(lanWait), "time", found.Avg, "jitter", found.Jitter)
	return r
}
