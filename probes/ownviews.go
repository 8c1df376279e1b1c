package probes

import (
	"context"
	"fmt"
	"net/netip"
	"slices"

	"trunktester/probes/facts"
	"trunktester/probes/sip"
)

// This file looks at the box's own registration as the provider holds it: a device that rewrites SIP puts the public
// address into a Contact on its way out. What it does depends on the socket; what the provider itself writes does not.

// views are the box's registrations as they were shown, each with the request that showed it.
type views struct {
	same, other, canary    netip.AddrPort // to the socket that registered, to another one, and of one with a port that is nobody's
	sameX, otherX, canaryX sip.Exchange
}

// compareViews judges how the registration is shown, and sends the canary where that can tell more. Over TLS no device on
// the way can read either.
func (b *ownBinding) compareViews(ctx context.Context) {
	own, v, public := b.login.conn.Local(), &b.seen, outside(b.login.known)
	if b.login.conn.Transport() == "tls" || v.otherX.Sends == 0 {
		return
	}
	b.prove("A8", judgeOtherFlow(own, public, v.same, v.other), v.otherX)
	if _, ok := behindNAT(own.Addr(), public); ok && v.same == own {
		b.sendCanary(ctx)
	}
	if b.canary != "" {
		b.prove("A7", judgeCanary(own, sip.Contact{URI: b.canary}.Host(), public, v.same, v.canary), v.canaryX)
	}
}

// sendCanary has the registration replaced by one at a port that is nobody's. Where requests were lost before, the rest
// is kept for the removal.
func (b *ownBinding) sendCanary(ctx context.Context) {
	local := b.login.conn.Local()
	port := local.Port() + 1
	for port == b.asker.Local().Port() || slices.Contains(b.login.probe.Dial.Avoid, int(port)) {
		port++
	}
	b.canary = fmt.Sprintf("sip:%s@%s;transport=%s", b.user()+canaryUser, netip.AddrPortFrom(local.Addr(), port), b.login.conn.Transport())
	x := b.ask(ctx, b.login.conn, "a registration at another port", registering(b.canary, b.expires)+", "+registering(b.contact, 0), mostOwnAttempts-forRemoval-1)
	if x.Sends == 0 {
		b.canary = ""
		return
	}
	b.seen.canaryX = x
	if final(x) && x.Reply.Code/100 == 2 {
		b.seen.canary = shownAt(x.Reply, b.user()+canaryUser)
	}
}

// canaryUser ends the user part of the canary.
const canaryUser = "-b"

func (b *ownBinding) prove(id string, f finding, probe sip.Exchange) {
	p := facts.Proof{ID: id, Transport: probe.Transport, Result: f.result, Why: f.why, Probe: probe.Facts(), Control: b.seen.sameX.Facts()}
	b.fact.Proofs = append(b.fact.Proofs, p)
	b.login.evidence = append(b.login.evidence, facts.Evidence{Kind: "note", Text: fmt.Sprintf("%s, %s: %s", id, f.result, f.why)})
}
