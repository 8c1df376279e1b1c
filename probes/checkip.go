package probes

import (
	"context"
	"net/netip"

	"trunktester/appliance/catalogue/words"
	"trunktester/appliance/profile"
	"trunktester/probes/facts"
	"trunktester/probes/sip"
)

// CheckIP asks, for an address-authenticated trunk: does the provider see the address that is set in the
// portal? It passed when they are equal; it sends nothing.
type CheckIP struct {
	Trunk profile.Trunk
}

// Look compares the address in the provider's own replies, else the one by STUN, with check_ip.
func (p CheckIP) Look(_ context.Context, known facts.Facts) Result {
	if p.Trunk.Auth != "ip" {
		return Result{Outcome: facts.NotRun, Saw: words.Said("saw.check-ip-password")}
	}
	portal := p.Trunk.CheckIP.Unmap()
	found := &facts.CheckIP{Portal: portal, Provider: p.seenByProvider(known), STUN: seenBySTUN(known.Public, portal)}
	r := Result{File: func(f *facts.Facts) { f.CheckIP = found }}
	seen, same, other := found.Provider, "saw.check-ip-same", "saw.check-ip-other"
	if !seen.IsValid() {
		seen, same, other = found.STUN, "saw.check-ip-stun-same", "saw.check-ip-stun-other"
	}
	switch {
	case !seen.IsValid():
		r.Outcome, r.Saw = facts.NotRun, words.Said("saw.check-ip-untold")
	case seen == portal:
		r.Outcome, r.Saw = facts.Passed, words.Said(same, "seen", seen)
	default:
		r.Outcome, r.Saw = facts.Failed, words.Said(other, "seen", seen, "portal", portal)
	}
	return r
}

// seenByProvider is our address in the provider's replies, the trunk's own transport first. Requests whose
// Via no device on the way could rewrite count before all others: those over TLS, or with a name as sent-by.
func (p CheckIP) seenByProvider(known facts.Facts) netip.Addr {
	portal := p.Trunk.CheckIP.Unmap()
	var plain netip.Addr
	for _, x := range p.exchanges(known) {
		if x.Reply == nil || !x.Reply.SeenAs.IsValid() {
			continue
		}
		seen := x.Reply.SeenAs.Addr().Unmap()
		switch {
		case seen.Is4() != portal.Is4():
		case inside(seen) && seen != portal && !x.named:
			// our own address: the server added none, or a device on the way has put it back
		case x.named || x.encrypted:
			return seen
		case !plain.IsValid():
			plain = seen
		}
	}
	return plain
}

// witness is an exchange, and what kept its Via safe.
type witness struct {
	facts.Exchange
	named     bool // the sent-by was a name, which no NAT helper rewrites
	encrypted bool
}

func (p CheckIP) exchanges(known facts.Facts) []witness {
	var list []witness
	for _, path := range []*facts.Path{pathOf(known, p.Trunk.Transport), known.UDP, known.TCP, known.TLS, known.SIPv6} {
		if path == nil {
			continue
		}
		for _, a := range path.Targets {
			for _, x := range a.Exchanges {
				list = append(list, witness{x, namedSender(x), path.Transport == "tls"})
			}
		}
	}
	if known.ALG != nil {
		for _, proof := range known.ALG.Proofs {
			list = append(list, witness{Exchange: proof.Control, named: namedSender(proof.Control)})
		}
	}
	return list
}

// namedSender says that the request's Via held a name.
func namedSender(x facts.Exchange) bool {
	sentBy := sip.Split([]byte(x.Sent)).Via().SentBy
	return sentBy != "" && !sip.HostPort(sentBy).IsValid()
}

// seenBySTUN is the public address of the portal's family.
func seenBySTUN(public *facts.Public, portal netip.Addr) netip.Addr {
	if public == nil {
		return netip.Addr{}
	}
	if public.Addr.IsValid() && public.Addr.Unmap().Is4() == portal.Is4() {
		return public.Addr.Unmap()
	}
	for _, a := range public.Answers {
		if !public.Differ && a.Mapped.IsValid() && a.Mapped.Addr().Unmap().Is4() == portal.Is4() {
			return a.Mapped.Addr().Unmap()
		}
	}
	return netip.Addr{}
}
