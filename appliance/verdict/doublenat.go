package verdict

import (
	"net/netip"
	"slices"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
)

// doubleNAT judges two address translations in a row. It is proved when the router's own outside address is
// private or shared and is not the one that the outside sees. A next hop with such an address is a sign only,
// since line providers number their own equipment so as well.
func doubleNAT(in Input) []candidate {
	if byIPv6(in.Facts) {
		return nil
	}
	public := seenOutside(in)
	if !public.IsValid() || private(public) {
		return nil // a provider that sees a private address is on the same private network
	}
	wan, way := routerOutside(in.Facts)
	switch {
	case private(wan):
		return []candidate{translatedTwice(in, public, wan, words.Said("verdict.nat-proved", "address", wan, "kind", kindOf(wan), "way", way, "public", public))}
	case wan.IsValid():
		return nil // the same address: one translation; another public one: several lines
	}
	hop, ok := privateHop(in)
	switch {
	case !ok:
		return nil
	case saysNone(in.Facts):
		return []candidate{translatedTwice(in, public, hop, words.Said("verdict.nat-none", "kind", kindOf(hop), "hop", hop, "public", public))}
	}
	return []candidate{{code: "3-7", kind: catalogue.Tells, text: words.Said("verdict.nat-sign", "kind", kindOf(hop), "hop", hop, "public", public)}}
}

// translatedTwice is the cause; between is an address of the network between the two.
func translatedTwice(in Input, public, between netip.Addr, text string) candidate {
	c := candidate{code: "3-7", kind: catalogue.Hurts, text: text}
	if shared.Contains(between) {
		c.acts = []catalogue.Actor{catalogue.ISP}
		c.advice = "shared"
	}
	t := trunk(in)
	switch {
	case t.CheckIP == between: // which only address-authenticated trunks have
		c.kind = catalogue.Stops
		c.text += " " + words.Said("verdict.check-ip-inside", "address", t.CheckIP) + boxAddress
	case t.Auth == "ip" && shared.Contains(between) && t.CheckIP != public:
		c.kind = catalogue.Stops
		c.text += " " + words.Said("verdict.check-ip-shared", "address", t.CheckIP) + boxAddress
	case t.Auth == "ip" && shared.Contains(between):
		c.text += " " + words.Said("verdict.check-ip-may-change")
	case let(in.Facts) && !notRegistered(in):
		c.kind = catalogue.Tells
		c.text += " " + words.Said("verdict.trunk-works")
	}
	return c
}

// seenOutside is the address that the provider sees this line with, else the one that STUN servers see. A
// reply that names the box's own address behind a router was rewritten on the way.
func seenOutside(in Input) netip.Addr {
	f := in.Facts
	for _, p := range []*facts.Path{path(f, trunk(in).Transport), f.UDP, f.TCP, f.TLS} {
		for _, r := range replies(p) {
			if a := r.SeenAs.Addr(); a.IsValid() && (f.Address == nil || a != f.Address.Prefix.Addr()) {
				return a
			}
		}
	}
	if f.Public == nil {
		return netip.Addr{}
	}
	return f.Public.Addr
}

// routerOutside is what the router says of itself, and by which way; nothing where two ways disagree.
func routerOutside(f facts.Facts) (addr netip.Addr, way string) {
	if f.WAN == nil {
		return netip.Addr{}, ""
	}
	for _, a := range f.WAN.Answers {
		switch {
		case !a.Addr.IsValid():
		case addr.IsValid() && addr != a.Addr:
			return netip.Addr{}, ""
		case !addr.IsValid():
			addr, way = a.Addr, a.Way
		}
	}
	return addr, way
}

// saysNone reports whether the router says that it has no outside address. MiniUPnPd, which most home routers run, says
// so of a private one (2.3.1: empty by UPnP, network failure by NAT-PMP); any router does while its line is down.
func saysNone(f facts.Facts) bool {
	return f.WAN != nil && slices.ContainsFunc(f.WAN.Answers, func(a facts.WANAnswer) bool { return a.None })
}

// privateHop is the second hop when it has a private or shared address outside the box's own network.
func privateHop(in Input) (netip.Addr, bool) {
	f := in.Facts
	if f.Hops == nil || len(f.Hops.Hops) < 2 || f.Address == nil {
		return netip.Addr{}, false
	}
	first, second := f.Hops.Hops[0], f.Hops.Hops[1]
	if first.Addr != f.Address.Gateway || second.Type != timeExceeded || !private(second.Addr) || f.Address.Prefix.Contains(second.Addr) {
		return netip.Addr{}, false
	}
	return second.Addr, true
}

const timeExceeded = 11 // of ICMP (RFC 792)

func kindOf(a netip.Addr) string {
	if shared.Contains(a) {
		return words.Said("verdict.kind-shared")
	}
	return words.Said("verdict.kind-private")
}
