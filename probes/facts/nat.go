package facts

import "net/netip"

// WAN is the router's own outside address, as the router itself tells it. (light 3)
type WAN struct {
	Router  netip.Addr  `json:"router"`
	Answers []WANAnswer `json:"answers"`
}

// WANAnswer is what one way of asking the router brought.
type WANAnswer struct {
	Way    string     `json:"way"` // "UPnP", "NAT-PMP" or "PCP"
	Answer Answer     `json:"answer"`
	Addr   netip.Addr `json:"addr"` // zero when it was not told
	RTT    Duration   `json:"rtt_ms"`
}

// Walk is a way out, hop by hop.
type Walk struct {
	To   netip.AddrPort `json:"to"`
	Hops []Hop          `json:"hops"` // the first has a time to live of 1
}

// Hop is who answered a datagram with one time to live: a router at which it ran out (ICMP 11/0), a device that
// refused it (type 3), or the target itself.
type Hop struct {
	TTL  int        `json:"ttl"`
	Addr netip.Addr `json:"addr"` // zero: silence
	Type int        `json:"type"` // of ICMP; 0 with an address: the target answered
	Code int        `json:"code"`
	RTT  Duration   `json:"rtt_ms"`
}
