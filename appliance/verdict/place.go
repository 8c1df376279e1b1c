package verdict

import (
	"net/netip"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/catalogue/words"
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
		return rewriter{subject: words.Said("verdict.subject-way")}
	}
	where := func(who string) string {
		return words.Said("verdict.happens", "first", p.Unchanged, "from", hopAt(p.From), "second", p.Changed, "to", p.To, "who", who)
	}
	it, isp := []catalogue.Actor{catalogue.IT}, []catalogue.Actor{catalogue.ISP}
	switch {
	case p.Changed == 1:
		return rewriter{"alg-site", words.Said("verdict.subject-site"), where(words.Said("verdict.who-site")), it}
	case p.Changed != p.Unchanged+1:
		return rewriter{"", words.Said("verdict.subject-way"), where(words.Said("verdict.who-unknown")), nil}
	case p.Unchanged == 1: // by whichever of its addresses it answers
		return rewriter{"alg-router", words.Said("verdict.subject-router"), where(words.Said("verdict.who-router")), append(it, isp...)}
	case p.From.IsPrivate(): // RFC 1918; 100.64/10 is the line provider's (RFC 6598)
		return rewriter{"alg-second", words.Said("verdict.subject-second"), where(words.Said("verdict.who-second")), append(it, isp...)}
	}
	return rewriter{"alg-line", words.Said("verdict.subject-line"), where(words.Said("verdict.who-line")), isp}
}

// mayBeRouter: the device is the router that the box stands behind, or nothing says that it is another.
func (r rewriter) mayBeRouter() bool { return r.key != "alg-second" && r.key != "alg-line" }

// hopAt is the address of a hop; the box itself has none.
func hopAt(a netip.Addr) string {
	if !a.IsValid() {
		return words.Said("verdict.the-box")
	}
	return a.String()
}
