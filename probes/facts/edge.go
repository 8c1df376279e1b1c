package facts

import "net/netip"

// Edge is the provider's device at the far end of a leased line. (light 2)
type Edge struct {
	Addr netip.Addr `json:"addr"`
	Ping Echo       `json:"ping"`
	Walk Walk       `json:"walk"` // the way towards it, hop by hop
}

// Seen reports whether the device itself sent anything.
func (e Edge) Seen() bool {
	if e.Ping.Back > 0 {
		return true
	}
	for _, h := range e.Walk.Hops {
		if h.Addr == e.Addr {
			return true
		}
	}
	return false
}

// Last is what the farthest device that answered on the way said; its address is zero when none did.
func (e Edge) Last() Hop {
	var last Hop
	for _, h := range e.Walk.Hops {
		if h.Addr.IsValid() {
			last = h
		}
	}
	return last
}
