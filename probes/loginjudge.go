package probes

import (
	"net/netip"
	"slices"

	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
	"trunktester/probes/sip"
)

// distrust says why this peer gets no credentials, "" when it may have them.
func (l *login) distrust(peer netip.AddrPort, session *facts.TLSSession) string {
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
	if session != nil && (session.Fault != "" || session.Error != "") {
		return words.Said("saw.peer-certificate", "fault", session.Fault)
	}
	return ""
}

// listed says that an address is the provider's by the box's own file.
func (l *login) listed(a netip.Addr) bool {
	return slices.ContainsFunc(l.probe.Networks, func(n netip.Prefix) bool { return n.Contains(a) })
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

// final says that a final reply came.
func final(x sip.Exchange) bool { return x.Reply != nil && x.Reply.Code >= 200 }

func registerAsked(path *facts.Path) bool {
	for _, a := range path.Targets {
		for _, x := range a.Exchanges {
			if x.Method == sip.REGISTER && x.Sends > 0 {
				return true
			}
		}
	}
	return false
}
