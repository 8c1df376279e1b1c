package probes

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"time"

	probing "github.com/prometheus-community/pro-bing"

	"trunktester/appliance/catalogue/words"
	"trunktester/netsetup"
	"trunktester/probes/facts"
)

// Limits of the look at the gateway.
const (
	gatewayRequests = 3           // faults.md 1-3
	gatewayGap      = time.Second // RFC 1122 section 2.3.2.1: at most one request per second for one address
	gatewayPings    = 3
	pingGap         = 20 * time.Millisecond
	pingPatience    = 400 * time.Millisecond // a router on the same LAN answers in a few ms, or drops ping
)

// Gateway asks: does the router answer on the wire? Passed when it answers ARP. Ping is counted as well, but
// many routers drop it: its loss is no fault.
type Gateway struct{}

// Look needs facts.Link and facts.Address.
func (Gateway) Look(ctx context.Context, known facts.Facts) Result {
	link, address := known.Link, known.Address
	switch {
	case link == nil || address == nil || !address.Prefix.IsValid():
		return Result{Outcome: facts.NotRun, Saw: words.Said("saw.gateway-no-address")}
	case !address.Gateway.IsValid():
		return Result{Outcome: facts.NotRun, Saw: words.Said("saw.gateway-none")}
	}
	answer, err := netsetup.ARP(ctx, link.Interface, netsetup.ARPQuestion{
		Target: address.Gateway, Sender: address.Prefix.Addr(),
		Times: gatewayRequests, Gap: gatewayGap, Wait: gatewayGap, First: true,
	})
	if err != nil {
		return broken(err)
	}
	found := facts.Gateway{Addr: address.Gateway, ARPSent: answer.Sent}
	r := Result{File: func(f *facts.Facts) { f.Gateway = &found }}
	if len(answer.MACs) == 0 {
		if ctx.Err() != nil && answer.Sent < gatewayRequests {
			return cut(words.Said("saw.ask-router", "router", address.Gateway))
		}
		r.Outcome = facts.Failed
		r.Saw = words.Said("saw.gateway-silent", "router", found.Addr, "n", found.ARPSent)
		if !address.Prefix.Contains(found.Addr) {
			r.Saw = words.Said("saw.gateway-outside", "router", found.Addr, "n", found.ARPSent, "network", address.Prefix.Masked())
		}
		return r
	}
	found.MAC, found.ARPRTT = answer.MACs[0].String(), facts.Duration(answer.RTT)
	r.Outcome = facts.Passed
	r.Saw = words.Said("saw.gateway-answers", "router", found.Addr, "time", found.ARPRTT, "mac", found.MAC)
	r.Evidence = append(r.Evidence, pingGateway(ctx, link.Interface, &found))
	return r
}

// pingGateway counts echo replies. That it could not be done is told, and is no fault of the router.
func pingGateway(ctx context.Context, ifname string, g *facts.Gateway) facts.Evidence {
	stats, err := ping(ctx, ifname, g.Addr)
	if err != nil {
		return note("icmp", "the router could not be pinged: %v", err)
	}
	g.PingSent, g.PingBack = stats.PacketsSent, stats.PacketsRecv
	return note("icmp", "%d of %d pings to the router came back; routers may drop ping", g.PingBack, g.PingSent)
}

func ping(ctx context.Context, ifname string, to netip.Addr) (*probing.Statistics, error) {
	p := probing.New(to.String())
	p.SetIPAddr(&net.IPAddr{IP: to.AsSlice()})
	p.SetPrivileged(true)
	p.SetLogger(probing.NoopLogger{})
	p.InterfaceName = ifname
	p.Count, p.Interval, p.Timeout = gatewayPings, pingGap, pingPatience
	if err := p.RunWithContext(ctx); err != nil {
		return nil, fmt.Errorf("ping %s through %s: %w", to, ifname, err)
	}
	return p.Statistics(), nil
}
