package probes

import (
	"context"
	"net/netip"
	"strings"
	"sync"

	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
	"trunktester/probes/sip"
)

// nowhere is a network that is never in use (RFC 5737, TEST-NET-1): no answer from it can be genuine.
var nowhere = netip.MustParsePrefix("192.0.2.0/24")

// nobodies are the addresses of it that are asked: two, as no verdict stands on one target.
func nobodies() []netip.Addr {
	return []netip.Addr{netip.MustParseAddr("192.0.2.60"), netip.MustParseAddr("192.0.2.190")}
}

// nobodySends is how often each is asked over UDP. Silence is what is expected, so a lost packet only
// hides an interceptor from this run.
const nobodySends = 2

// Intercept asks: does a device on the way answer SIP in the place of others? It passed when addresses where
// nothing lives gave no SIP answer. Nothing of this goes to the provider; an ICMP error is no answer.
type Intercept struct {
	Transport string       // the trunk's: "udp" or "tcp"
	Dial      sip.Dialer   // Source is taken from known.Address
	Addrs     []netip.Addr // nil: two of 192.0.2.0/24
}

// Look sends an OPTIONS to each address, on the port where the provider's server was found.
func (p Intercept) Look(ctx context.Context, known facts.Facts) Result {
	targets := targetsFor(known.Name, p.Transport, mostOtherServers)
	if len(targets) == 0 {
		return Result{Outcome: facts.NotRun, Saw: words.Said("saw.no-server-over", "transport", strings.ToUpper(p.Transport))}
	}
	if known.Name.ByIPv6() {
		return Result{Outcome: facts.NotRun, Saw: words.Said("saw.nowhere-six")}
	}
	p.Dial = from(p.Dial, known)
	if nowhere.Contains(p.Dial.Source) || nowhere.Contains(targets[0].Addr.Addr()) {
		return Result{Outcome: facts.NotRun, Saw: words.Said("saw.nowhere-used", "network", nowhere)}
	}
	if p.Addrs == nil {
		p.Addrs = nobodies()
	}
	attempts := make([]looked, len(p.Addrs))
	var all sync.WaitGroup
	for i, addr := range p.Addrs {
		all.Go(func() { attempts[i] = p.attempt(ctx, netip.AddrPortFrom(addr, targets[0].Addr.Port())) })
	}
	all.Wait()
	return p.result(attempts)
}

// attempt asks one address, by its own name, so that no honest proxy passes the question on to the provider.
func (p Intercept) attempt(ctx context.Context, to netip.AddrPort) looked {
	a := looked{Attempt: facts.Attempt{Target: to}}
	conn := SIPPath{Transport: p.Transport, Dial: p.Dial}.open(ctx, &a, to, nil)
	if conn == nil {
		return a
	}
	defer conn.Close()
	uri := "sip:" + to.Addr().String()
	a.add(conn.Ask(ctx, sip.Request{Method: sip.OPTIONS, URI: uri, From: "sip:trunktester@" + to.Addr().String(), To: uri, Sends: nobodySends}, sip.Control))
	return a
}
