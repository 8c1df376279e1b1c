package probes

import (
	"context"
	"fmt"
	"strings"
	"time"

	"trunktester/appliance/catalogue/words"
	"trunktester/netsetup"
	"trunktester/probes/facts"
)

// OffersWindow is how long offers are collected. A server that first pings the address it will offer (RFC 2131
// section 2.2) takes 1 s.
const OffersWindow = 2 * time.Second

// Offers asks: do the DHCP servers of this LAN agree? Passed when all offers name the same gateway and subnet;
// servers that share their work do.
type Offers struct {
	Window time.Duration // 0: OffersWindow
}

// Look needs facts.Link and facts.Address. It accepts no offer.
func (p Offers) Look(ctx context.Context, known facts.Facts) Result {
	if known.Link == nil || known.Address == nil {
		return Result{Outcome: facts.NotRun, Saw: words.Said("saw.conflict-no-address")}
	}
	if known.Address.Mode != netsetup.DHCP {
		return Result{Outcome: facts.NotRun, Saw: words.Said("saw.offers-no-dhcp")}
	}
	window := p.Window
	if window == 0 {
		window = OffersWindow
	}
	begun := time.Now()
	seen, err := netsetup.Offers(ctx, known.Link.Interface, window)
	if err != nil {
		return broken(err)
	}
	found := facts.Offers{Window: facts.Duration(time.Since(begun)), Seen: seen}
	r := Result{Outcome: facts.Passed, File: func(f *facts.Facts) { f.Offers = &found }}
	for _, o := range seen {
		r.Evidence = append(r.Evidence, note("dhcp", "the server %s (%s) offers %s with the router %s", o.Server, o.ServerMAC, o.Prefix, o.Gateway))
	}
	switch {
	case len(seen) > 1 && !agree(seen):
		r.Outcome = facts.Failed
		r.Saw = words.Said("saw.offers-disagree", "n", len(seen), "servers", servers(seen))
	case ctx.Err() != nil && time.Duration(found.Window) < window:
		return cut(words.Said("saw.ask-dhcp"))
	case len(seen) == 0:
		r.Outcome, r.Saw = facts.NotRun, words.Said("saw.offers-none", "time", found.Window)
	case len(seen) == 1:
		r.Saw = words.Said("saw.offers-one", "servers", servers(seen))
	default:
		r.Saw = words.Said("saw.offers-agree", "n", len(seen), "servers", servers(seen))
	}
	return r
}

// agree says whether every offer leads to the same place.
func agree(offers []facts.Offer) bool {
	for _, o := range offers {
		if o.Gateway != offers[0].Gateway || o.Prefix.Masked() != offers[0].Prefix.Masked() {
			return false
		}
	}
	return true
}

func servers(offers []facts.Offer) string {
	var names []string
	for _, o := range offers {
		names = append(names, fmt.Sprintf("%s (%s)", o.Server, o.ServerMAC))
	}
	return strings.Join(names, ", ")
}
