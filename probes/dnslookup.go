package probes

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/miekg/dns"

	"trunktester/probes/facts"
	"trunktester/probes/via"
)

// dnsLookup asks servers for one name: the next one as soon as one failed or was silent for dnsStagger.
// The first usable reply wins and is last in the list of those that ended. ask is the question; its server is
// left open.
func dnsLookup(ctx context.Context, servers []netip.AddrPort, ask dnsAsk) []dnsReply {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan dnsReply, len(servers))
	var ended []dnsReply
	next, running := 0, 0
	start := func() {
		if next < len(servers) {
			ask.server = servers[next]
			go func(ask dnsAsk) { done <- ask.ask(ctx) }(ask)
			next++
			running++
		}
	}
	start()
	turn := time.NewTicker(dnsStagger)
	defer turn.Stop()
	for running > 0 {
		select {
		case <-turn.C:
			start()
		case r := <-done:
			running--
			if r.answer != facts.Unasked {
				ended = append(ended, r)
			}
			if !r.usable() {
				start()
				continue
			}
			cancel()
			for ; running > 0; running-- {
				<-done
			}
		}
	}
	return ended
}

// dnsWinner is the usable reply of a lookup.
func dnsWinner(ended []dnsReply) (dnsReply, bool) {
	if n := len(ended); n > 0 && ended[n-1].usable() {
		return ended[n-1], true
	}
	return dnsReply{}, false
}

// dnsAt adds the port to the first few resolvers.
func dnsAt(servers []netip.Addr, port uint16) []netip.AddrPort {
	if port == 0 {
		port = dnsPort
	}
	var at []netip.AddrPort
	for _, s := range servers[:min(len(servers), dnsServers)] {
		at = append(at, netip.AddrPortFrom(s.Unmap(), port))
	}
	return at
}

// dnsHost gives the IPv4 addresses of a host: a literal as it is, a name through the resolvers.
func dnsHost(ctx context.Context, i via.Interface, resolvers []netip.AddrPort, host string) ([]netip.Addr, error) {
	if a, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{a.Unmap()}, nil
	}
	if len(resolvers) == 0 {
		return nil, fmt.Errorf("look up %q: no DNS server was given", host)
	}
	if err := nameCheck(host); err != nil {
		return nil, fmt.Errorf("look up %q: %w", host, err)
	}
	name := dns.CanonicalName(host)
	r, ok := dnsWinner(dnsLookup(ctx, resolvers, dnsAsk{via: i, name: name, qtype: dns.TypeA}))
	if !ok {
		return nil, fmt.Errorf("look up %q: no DNS server told", host)
	}
	addrs := dnsAddrs(r.msg, name, dns.TypeA)
	if len(addrs) == 0 {
		return nil, fmt.Errorf("look up %q: %s without an address", host, r.rcode())
	}
	return addrs, nil
}

// dnsSplit takes a port off "host:port"; without one the usual port holds.
func dnsSplit(server string, usual uint16) (host string, port uint16) {
	if h, p, err := net.SplitHostPort(server); err == nil {
		if n, err := strconv.ParseUint(p, 10, 16); err == nil && n > 0 {
			return h, uint16(n)
		}
	}
	return strings.Trim(server, "[]"), usual
}
