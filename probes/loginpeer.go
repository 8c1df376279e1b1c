package probes

import (
	"context"
	"net/netip"

	"trunktester/probes/facts"
	"trunktester/probes/sip"
)

// opening is the REGISTER without credentials: the one that the path probe left, else one to each server
// that answered something else, in the order of preference. tried are those that were asked in vain.
func (p Login) opening(ctx context.Context, known facts.Facts) (o sip.Opening, tried []sip.Exchange, ok bool) {
	if o, ok := p.Dial.Conduct.Take(p.Trunk.Transport); ok {
		return o, nil, true
	}
	for _, target := range registrars(pathOf(known, p.Trunk.Transport)) {
		o, err := p.connect(ctx, known, target.Target)
		if err != nil {
			continue // the path probe has told how this server connects
		}
		o.Exchange = o.Conn.Ask(ctx, registerAt(p.Trunk.Domain, p.Trunk.Username), sip.Login)
		if final(o.Exchange) {
			return o, tried, true
		}
		tried = append(tried, o.Exchange)
		o.Conn.Close()
	}
	return sip.Opening{}, tried, false
}

// connect opens the trunk's transport to one server.
func (p Login) connect(ctx context.Context, known facts.Facts, to netip.AddrPort) (sip.Opening, error) {
	path := SIPPath{Transport: p.Trunk.Transport, Dial: from(p.Dial, known), Domain: p.Trunk.Domain, Proxy: p.Trunk.ProxyHost, Username: p.Trunk.Username, Roots: p.Roots}
	a := looked{Attempt: facts.Attempt{Target: to}}
	conn := path.open(ctx, &a, to, trueTime(known.Clock))
	return sip.Opening{Conn: conn, TLS: a.TLS}, a.err
}

func pathOf(known facts.Facts, transport string) *facts.Path {
	switch transport {
	case "udp":
		return known.UDP
	case "tcp":
		return known.TCP
	case "tls":
		return known.TLS
	}
	return nil
}

// follow goes once where the provider says that the trunk has moved, when that is an address inside of
// the provider's networks. Anything else is only told: credentials stay with the servers that the box's
// file leads to.
func (l *login) follow(ctx context.Context, reply *sip.Message) (sip.Opening, bool) {
	if reply.Code != 301 && reply.Code != 302 || l.movedTo.IsValid() {
		return sip.Opening{}, false
	}
	for _, c := range reply.Contacts() {
		to := c.Host()
		if !to.IsValid() || !l.listed(to.Addr()) {
			continue
		}
		o, err := l.probe.connect(ctx, l.known, to)
		if err != nil {
			l.note("The new address %s could not be reached: %v.", to, err)
			return sip.Opening{}, false
		}
		l.movedTo = to
		o.Exchange = o.Conn.Ask(ctx, registerAt(l.probe.Trunk.Domain, l.probe.Trunk.Username), sip.Login)
		if final(o.Exchange) {
			return o, true
		}
		l.add(o.Exchange, "REGISTER without credentials to the new address")
		o.Conn.Close()
	}
	return sip.Opening{}, false
}
