package verdict

import (
	"fmt"
	"net/netip"

	"trunktester/appliance/catalogue"
	"trunktester/probes/facts"
)

// rewriter says which device rewrites messages, and whose it is. A router lets a message end before it rewrites it, so
// the device is the last hop that still got it as it was sent, where that hop is the one just before.
func rewriter(p facts.Place, f facts.Facts) (text string, acts []catalogue.Actor) {
	where := fmt.Sprintf("It happens between hop %d%s and hop %d (%s): ", p.Unchanged, hopAddress(p.From), p.Changed, p.To)
	it, isp := []catalogue.Actor{catalogue.IT}, []catalogue.Actor{catalogue.ISP}
	gateway := f.Address != nil && f.Address.Gateway == p.From && p.From.IsValid()
	switch {
	case p.Changed == 1:
		return where + "a device in the customer's own network, in front of the router or in it.", it
	case p.Changed != p.Unchanged+1:
		return where + "which of the devices between them does it cannot be told.", nil
	case p.Unchanged == 1 && gateway:
		return where + "the customer's router.", it
	case p.From.IsPrivate(): // RFC 1918; 100.64/10 is the line provider's (RFC 6598)
		return where + "a second router behind the first one.", append(it, isp...)
	}
	return where + "a device of the line's provider.", isp
}

func hopAddress(a netip.Addr) string {
	if !a.IsValid() {
		return " (the box)"
	}
	return fmt.Sprintf(" (%s)", a)
}
