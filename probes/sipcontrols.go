package probes

import (
	"context"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"

	"trunktester/appliance/catalogue/words"
	"trunktester/appliance/profile"
	"trunktester/probes/facts"
	"trunktester/probes/sip"
	"trunktester/reflector/wire"
)

// mostControls is how many control hosts are asked; two that agree would do.
const mostControls = 3

// Controls asks: does SIP pass to hosts that are not the provider's? It passed when one of them answered
// over UDP or TCP. They tell a line that blocks SIP from a provider that ignores us.
type Controls struct {
	Dial      sip.Dialer // Source is taken from known.Address
	Hosts     []string   // internet.sip_controls: host or host:port
	Reflector string     // provider.reflector, "" for none
	Token     profile.Secret
}

// Look asks the control hosts by OPTIONS over UDP and TCP, all at the same time.
func (c Controls) Look(ctx context.Context, known facts.Facts) Result {
	hosts := c.Hosts
	if c.Reflector != "" {
		hosts = append([]string{c.Reflector}, hosts...)
	}
	if len(hosts) == 0 {
		return Result{Outcome: facts.NotRun, Saw: words.Said("saw.no-control")}
	}
	hosts = hosts[:min(len(hosts), mostControls)]
	c.Dial = from(c.Dial, known)
	udp, tcp := make([]looked, len(hosts)), make([]looked, len(hosts))
	var all sync.WaitGroup
	for i, host := range hosts {
		all.Go(func() {
			to, err := resolveHost(ctx, c.Dial, host, known)
			if err != nil {
				udp[i] = looked{Attempt: facts.Attempt{Host: host}, err: err}
				tcp[i] = looked{Attempt: facts.Attempt{Host: host, Connect: facts.CouldNotAsk}, err: err}
				return
			}
			all.Go(func() { tcp[i] = c.attempt(ctx, "tcp", host, to) })
			udp[i] = c.attempt(ctx, "udp", host, to)
		})
	}
	all.Wait()
	return c.result(udp, tcp)
}

func (c Controls) attempt(ctx context.Context, transport, host string, to netip.AddrPort) looked {
	a := looked{Attempt: facts.Attempt{Target: to, Host: host}}
	conn := SIPPath{Transport: transport, Dial: c.Dial}.open(ctx, &a, to, nil)
	if conn == nil {
		return a
	}
	defer conn.Close()
	name, _ := splitHost(host)
	r := sip.Request{Method: sip.OPTIONS, URI: "sip:" + name, From: "sip:trunktester@" + name, To: "sip:" + name}
	if host == c.Reflector {
		r.URI = "sip:" + wire.User + "@" + name
		r.Headers = []sip.Header{{Name: wire.Header, Value: wire.Wish{ID: sip.Token(8)}.Value(c.Token.Reveal())}}
	}
	a.add(conn.Ask(ctx, r, sip.Control))
	return a
}

// splitHost takes the port off; 5060 where there is none.
func splitHost(s string) (host string, port uint16) {
	if h, p, err := net.SplitHostPort(s); err == nil {
		if n, err := strconv.ParseUint(p, 10, 16); err == nil {
			return h, uint16(n)
		}
	}
	return strings.Trim(s, "[]"), 5060
}

// resolveHost finds the address of a SIP host beside the provider's with the resolvers that the box was given.
func resolveHost(ctx context.Context, d sip.Dialer, s string, known facts.Facts) (netip.AddrPort, error) {
	host, port := splitHost(s)
	var resolvers []netip.AddrPort
	if known.Address != nil {
		resolvers = dnsAt(known.Address.DNS, dnsPort)
	}
	addrs, err := dnsHost(ctx, d.Via, resolvers, host)
	if err != nil {
		return netip.AddrPort{}, err
	}
	return netip.AddrPortFrom(addrs[0], port), nil
}
