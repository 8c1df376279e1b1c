package verdict

import (
	"fmt"
	"net/netip"

	"trunktester/appliance/catalogue"
	"trunktester/probes/facts"
)

// rewriter is the device that rewrites messages, as far as the way shows whose it is.
type rewriter struct {
	key     string // of title and advice; "" for the code's own, which claim no device
	subject string // of the text's first sentence
	where   string // between which hops, one sentence; "" where no hop showed it
	acts    []catalogue.Actor
}

// rewriterAt says which device rewrites messages, and whose it is. A router lets a message end before it rewrites it, so
// the device is the last hop that still got it as it was sent, where that hop is the one just before. What has no
// address of its own, as a modem or a bridge, is no hop: right behind the router it looks like the router.
func rewriterAt(p *facts.Place) rewriter {
	if p == nil {
		return rewriter{subject: "A device on the way"}
	}
	where := fmt.Sprintf("It happens between hop %d%s and hop %d (%s): ", p.Unchanged, hopAddress(p.From), p.Changed, p.To)
	it, isp := []catalogue.Actor{catalogue.IT}, []catalogue.Actor{catalogue.ISP}
	switch {
	case p.Changed == 1:
		return rewriter{"alg-site", "A device in the customer's own network", where + "a device in the customer's own network, in front of the router or in it.", it}
	case p.Changed != p.Unchanged+1:
		return rewriter{"", "A device on the way", where + "which of the devices between them does it cannot be told.", nil}
	case p.Unchanged == 1: // by whichever of its addresses it answers
		return rewriter{"alg-router", "The customer's router or a device right behind it", where + "the customer's router, or a device without an address of its own right behind it, such as a modem.", append(it, isp...)}
	case p.From.IsPrivate(): // RFC 1918; 100.64/10 is the line provider's (RFC 6598)
		return rewriter{"alg-second", "A second router", where + "a second router behind the first one.", append(it, isp...)}
	}
	return rewriter{"alg-line", "A device of the line's provider", where + "a device of the line's provider.", isp}
}

// mayBeRouter: the device is the router that the box stands behind, or nothing says that it is another.
func (r rewriter) mayBeRouter() bool { return r.key != "alg-second" && r.key != "alg-line" }

func hopAddress(a netip.Addr) string {
	if !a.IsValid() {
		return " (the box)"
	}
	return fmt.Sprintf(" (%s)", a)
}
