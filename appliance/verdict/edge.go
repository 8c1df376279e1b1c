package verdict

import (
	"trunktester/appliance/catalogue"
	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
)

// edge is 2-9, in the place of 2-1.
func edge(f facts.Facts) candidate {
	c := candidate{code: "2-9", kind: catalogue.Stops, text: words.Said("verdict.edge-silent", "edge", f.Edge.Addr, "n", f.Edge.Ping.Sent, "hosts", len(f.Internet.Targets))}
	if last := f.Edge.Last(); last.Addr.IsValid() {
		c.text += " " + words.Said("verdict.edge-last", "last", last.Addr)
		return c
	}
	c.text += " " + words.Said("verdict.edge-nobody", "router", f.Gateway.Addr)
	c.acts = []catalogue.Actor{catalogue.Client, catalogue.ISP}
	c.advice = "router"
	return c
}

// edgeUnseen reports whether the profile names the edge device of a leased line, and it did not show itself. A
// router that knows no way at all (ICMP 3/0) has no line plugged in: that stays 2-1.
func edgeUnseen(f facts.Facts) bool {
	if f.Edge == nil || edgeSeen(f) {
		return false
	}
	last := f.Edge.Last()
	return last.Addr != f.Gateway.Addr || last.Type != 3 || last.Code != 0
}

// edgeSeen reports whether the edge device showed itself; where it is the gateway, ARP is enough.
func edgeSeen(f facts.Facts) bool {
	return f.Edge != nil && (f.Edge.Seen() || f.Gateway != nil && f.Gateway.MAC != "" && f.Gateway.Addr == f.Edge.Addr)
}
