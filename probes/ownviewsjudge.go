package probes

import (
	"net/netip"
	"slices"
	"strings"

	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
	"trunktester/probes/sip"
)

// judgeOtherFlow is A8: one registration, shown to two sockets. A device that changes it on the way out puts it back only
// for the socket that it knows. The view of the socket that registered is the control: a provider that writes addresses
// itself shows them to that one as well.
func judgeOtherFlow(own netip.AddrPort, outside netip.Addr, same, other netip.AddrPort) finding {
	switch f, ok := behindNAT(own.Addr(), outside); {
	case !ok:
		return f
	case !same.IsValid() || !other.IsValid():
		return inconclusive("alg.views-missing")
	case same == own && other == own:
		return clean("alg.views-same", "address", own)
	case same == own && other.Addr() == outside:
		return finding{algProof, words.Said("saw.alg-a8", "shown", other, "sent", own, "back", same)}
	case same == other:
		return inconclusive("alg.views-changed", "shown", same, "sent", own)
	}
	return inconclusive("alg.views-differ", "same", same, "other", other, "sent", own)
}

// judgeCanary is A7: a registration whose port is not the one that it was sent from. nf_nat_sip changes its address and
// does not put that back into the answer; a provider that mends addresses behind a NAT puts in the port that it was sent from.
// The registration with the socket's own port is the control: there nothing may have been changed.
func judgeCanary(own, sent netip.AddrPort, outside netip.Addr, same, shown netip.AddrPort) finding {
	switch f, ok := behindNAT(own.Addr(), outside); {
	case !ok:
		return f
	case !same.IsValid() || !shown.IsValid():
		return inconclusive("alg.unshown")
	case same != own:
		return inconclusive("alg.control-changed", "shown", same, "sent", own)
	case shown == sent:
		return clean("alg.port-kept", "sent", sent)
	case shown == netip.AddrPortFrom(outside, sent.Port()):
		return finding{algProof, words.Said("saw.alg-a7", "sent", sent, "shown", shown, "control", own)}
	}
	return inconclusive("alg.port-changed", "sent", sent, "shown", shown, "control", own)
}

// behindNAT: without a translation on the way there is nothing to rewrite.
func behindNAT(own, outside netip.Addr) (finding, bool) {
	switch {
	case !outside.IsValid():
		return inconclusive("alg.no-public"), false
	case outside == own:
		return inconclusive("alg.untranslated"), false
	}
	return finding{}, true
}

// outside is the address that the outside sees this line with; zero where nobody told.
func outside(known facts.Facts) netip.Addr {
	if known.Public == nil {
		return netip.Addr{}
	}
	return known.Public.Addr
}

// shownAt is where a reply shows the registration of that user; zero where it does not.
func shownAt(reply *sip.Message, user string) netip.AddrPort {
	for _, c := range reply.Contacts() {
		if userOf(c.URI) == user {
			return c.Host()
		}
	}
	return netip.AddrPort{}
}

func userOf(uri string) string {
	_, rest, _ := strings.Cut(uri, ":")
	user, _, _ := strings.Cut(rest, "@")
	return user
}

// viewed says in one sentence what the views showed, "" where they could not tell.
func (b *ownBinding) viewed() string {
	clean := false
	for _, p := range b.fact.Proofs {
		if p.Result == algProof {
			return " " + p.Why
		}
		clean = clean || p.Result == algClean
	}
	if clean {
		return " " + words.Said("saw.own-same")
	}
	return ""
}

// withProofs is what is known of a rewriting device when such proofs come to it; nothing new where they prove nothing.
func withProofs(alg *facts.ALG, proofs []facts.Proof) *facts.ALG {
	if !slices.ContainsFunc(proofs, func(p facts.Proof) bool { return p.Result == algProof }) {
		return alg
	}
	n := facts.ALG{}
	if alg != nil {
		n = *alg
	}
	n.Proofs = append(slices.Clone(n.Proofs), proofs...)
	conclude(&n)
	return &n
}
