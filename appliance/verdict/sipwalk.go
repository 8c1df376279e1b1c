package verdict

import (
	"net/netip"
	"slices"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
)

// This file reads how far packets on the trunk's own port get, where its SIP is silent.

// reach is how far they get.
type reach int

const (
	reachUnknown  reach = iota
	reachSite           // a device at the site, or right behind it, ends them, while others go on
	reachLine           // they end farther out, while others go on
	reachDisputed       // they end at the site, where SIP to others passes
	reachOut            // they get out of the site as others do
)

// walked is how far packets on the trunk's port get. On a line that loses packets silence ends nothing. Far out the way
// may differ from port to port, and what stands before the provider's servers is the provider's: that is never the site's. A
// device that lets SIP pass to others may send messages on as its own, with a new time to live.
func walked(in Input) reach {
	w := in.Facts.SIPWalk
	if w == nil || w.Transport != trunk(in).Transport {
		return reachUnknown
	}
	at, by, ended := w.End()
	switch {
	case ended && (!w.Confirmed() || !by.Addr.IsValid() && lossy(in.Facts)):
		return reachUnknown
	case ended && at.Unchanged > 1 && !at.From.IsPrivate() || ended && ofProvider(in, at.To):
		return reachLine
	case ended && !by.Addr.IsValid() && w.Transport == "udp" && sameWay(in):
		return reachDisputed
	case ended:
		return reachSite
	}
	if last, _ := w.Reached(); last.TTL > 1 && !last.Addr.IsPrivate() {
		return reachOut
	}
	return reachUnknown
}

// whereEnded says where packets on the trunk's port end. The walk says so.
func whereEnded(in Input) string {
	w := *in.Facts.SIPWalk
	at, by, _ := w.End()
	switch {
	case by.Addr == w.SIP.To.Addr():
		return " " + words.Said("verdict.walk-in-place", "hop", by.TTL, "port", w.Other.To.Port(), "server", at.To)
	case by.Addr.IsValid():
		return refusal(facts.ICMP{Offender: by.Addr, Type: by.Type, Code: by.Code})
	}
	text := " " + words.Said("verdict.walk-ends", "port", w.SIP.To.Port(), "hop", at.Unchanged, "from", hopAt(at.From),
		"other", w.Other.To.Port(), "next", at.Changed, "to", at.To)
	if walked(in) == reachSite {
		text += " " + rewriterAt(&at).where
	}
	return text
}

// enders are who runs the device that ends packets at the site; nil for the code's own.
func enders(in Input) []catalogue.Actor {
	at, by, _ := in.Facts.SIPWalk.End()
	if own := in.Facts.Address; own != nil && own.Gateway == by.Addr {
		return nil // the site's router, whatever its address
	}
	outside := by.Addr.IsValid() && by.Addr != in.Facts.SIPWalk.SIP.To.Addr() && !by.Addr.IsPrivate()
	if outside || at.Changed != at.Unchanged+1 {
		return []catalogue.Actor{catalogue.IT, catalogue.ISP}
	}
	return nil
}

// maySendOn reports whether the device that ends messages at the site may as well send them on as its own, as an ALG that is
// a proxy does: then they get a new time to live, and it is the provider that does not answer. Datagrams must end in silence
// for that, and no other SIP host tell whether they pass. A device that sends connections on answers them first.
func maySendOn(in Input) bool {
	_, by, _ := in.Facts.SIPWalk.End()
	return in.Facts.SIPWalk.Transport == "udp" && !by.Addr.IsValid() && !passesUDP(in.Facts) && !blockedForAll(in) && !cut(in)
}

// bothEnds are who runs the device that ends packets at the site, and the provider.
func bothEnds(in Input) []catalogue.Actor {
	if own := enders(in); own != nil {
		return append(own, catalogue.Provider)
	}
	return []catalogue.Actor{catalogue.IT, catalogue.Provider}
}

// gotOut says that packets on the trunk's port get out of the site. The walk says so.
func gotOut(in Input) string {
	last, _ := in.Facts.SIPWalk.Reached()
	return " " + words.Said("verdict.walk-out", "port", in.Facts.SIPWalk.SIP.To.Port(), "hop", last.TTL, "address", last.Addr)
}

// ofProvider reports whether an address is one of the provider's, by the box's file or as the neighbour of its servers.
func ofProvider(in Input, a netip.Addr) bool {
	if slices.ContainsFunc(in.Profile.Provider.Networks, func(p netip.Prefix) bool { return p.Contains(a) }) {
		return true
	}
	return slices.ContainsFunc(attempts(in.Facts), func(s facts.Attempt) bool { return near(s.Target.Addr(), a) })
}

// near reports whether two addresses are neighbours: in one /24, the smallest network that is announced to the internet.
func near(a, b netip.Addr) bool {
	p, err := a.Prefix(24)
	return err == nil && a.Is4() && p.Contains(b)
}
