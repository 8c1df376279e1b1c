package probes

import (
	"context"
	"net/netip"
	"slices"

	"trunktester/appliance/catalogue/words"
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

// registrars are the servers that answered, but were not asked to register.
func registrars(path *facts.Path) []facts.Attempt {
	var list []facts.Attempt
	if path == nil {
		return nil
	}
	for _, a := range path.Targets {
		asked := false
		for _, x := range a.Exchanges {
			asked = asked || x.Method == sip.REGISTER
		}
		if answered(a) && !asked {
			list = append(list, a)
		}
	}
	return list
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

// distrust says why this peer gets no credentials, "" when it may have them.
func (l *login) distrust(o sip.Opening) string {
	peer := o.Conn.Remote()
	if peer != l.movedTo && !servesTrunk(l.known.Name, peer, l.fact.Transport) {
		return words.Said("saw.peer-unknown", "server", peer)
	}
	switch {
	case l.listed(peer.Addr()):
	case len(l.probe.Networks) > 0:
		return words.Said("saw.peer-outside", "server", peer.Addr())
	case inside(peer.Addr()) && (l.known.Name.Way == "srv" || l.known.Name.Way == "naptr"):
		return words.Said("saw.peer-private", "server", peer.Addr())
	}
	if o.TLS != nil && (o.TLS.Fault != "" || o.TLS.Error != "") {
		return words.Said("saw.peer-certificate", "fault", o.TLS.Fault)
	}
	return ""
}

// listed says that an address is the provider's by the box's own file.
func (l *login) listed(a netip.Addr) bool {
	return slices.ContainsFunc(l.probe.Networks, func(n netip.Prefix) bool { return n.Contains(a) })
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

func servesTrunk(name *facts.Name, peer netip.AddrPort, transport string) bool {
	if name == nil {
		return false
	}
	for _, t := range name.Targets {
		if t.Addr == peer && t.Transport == transport {
			return true
		}
	}
	return false
}

var shared = netip.MustParsePrefix("100.64.0.0/10") // RFC 6598

// inside says that an address belongs to a site and not to the internet.
func inside(a netip.Addr) bool {
	return a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() || shared.Contains(a)
}
