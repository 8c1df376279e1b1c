package verdict

import (
	"fmt"

	"trunktester/appliance/catalogue"
	"trunktester/probes/facts"
)

// edge is 2-9, in the place of 2-1.
func edge(f facts.Facts) candidate {
	c := candidate{code: "2-9", kind: catalogue.Stops, text: fmt.Sprintf(
		"The edge device of the leased line, %s, answers neither %d pings nor datagrams that end at it, and %d hosts behind it are silent to ping, to TCP and to DNS.",
		f.Edge.Addr, f.Edge.Ping.Sent, len(f.Internet.Targets))}
	if last := f.Edge.Last(); last.Addr.IsValid() {
		c.text += fmt.Sprintf(" The last device that answers on the way there is %s.", last.Addr)
		return c
	}
	c.text += fmt.Sprintf(" Nobody tells where on the way it ends: the router %s may also have lost its own cable to the line.", f.Gateway.Addr)
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
