package probes

import (
	"context"
	"errors"
	"net/netip"
	"sync"

	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
	"trunktester/probes/via"
)

// NAT asks: how does the router map a socket for several destinations, and what does it let back in? A STUN server with
// two addresses and two ports tells both (RFC 5780 sections 4.3 and 4.4), the provider's reflector with two ports a part of the second.
// It passed when anything was told, whatever it is: all of it is information.
type NAT struct {
	Via via.Interface
	FarEnd
}

// Look needs known.Public, known.RTP to know whether the reflector answers, and what SIP replies of the provider told.
func (p NAT) Look(ctx context.Context, known facts.Facts) Result {
	if known.Public == nil || known.Address == nil || !known.Address.Prefix.IsValid() {
		return Result{Outcome: facts.NotRun, Saw: words.Said("saw.nat-unasked")}
	}
	n := natLook{NAT: p, known: known, own: known.Address.Prefix.Addr()}
	n.nat.Provider, n.nat.STUN = providerSees(known), known.Public.Addr
	var all sync.WaitGroup
	all.Go(func() { n.behaviour(ctx) })
	all.Go(func() { n.hairpin(ctx) })
	all.Wait()
	if n.nat.Filter == "" && known.RTP != nil && known.RTP.SIP {
		n.byReflector(ctx)
	}
	saw := natSaw(n.nat)
	if saw == "" {
		return Result{Outcome: facts.NotRun, Saw: words.Said("saw.nat-untold")}
	}
	return Result{Outcome: facts.Passed, Saw: saw, Evidence: n.evidence, File: func(f *facts.Facts) { f.NAT = &n.nat }}
}

// natLook is one look at the router. Its parts run at the same time, and each writes its own facts.
type natLook struct {
	NAT
	known facts.Facts
	own   netip.Addr
	nat   facts.NAT

	mu       sync.Mutex
	evidence []facts.Evidence
}

func (n *natLook) note(kind, text string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.evidence = append(n.evidence, facts.Evidence{Kind: kind, Text: text})
}

func (n *natLook) socket(ctx context.Context) (natSocket, error) {
	conn, err := n.Via.ListenPacket(ctx, "udp4", netip.AddrPortFrom(n.own, 0).String())
	return natSocket{conn}, err
}

// behaviour finds a server that can, and asks it everything.
func (n *natLook) behaviour(ctx context.Context) {
	conn, err := n.socket(ctx)
	if err != nil {
		return
	}
	defer conn.Close()
	for _, a := range n.known.Public.Answers {
		if !a.Mapped.IsValid() {
			continue
		}
		first, err := conn.ask(ctx, a.From)
		if err != nil || first.from != a.From || !secondAddress(a.From, first.other) {
			continue
		}
		n.nat.Server, n.nat.Other = a.From, first.other
		var all sync.WaitGroup
		reached := false
		all.Go(func() { reached = n.mapping(ctx, conn, first) })
		var host, port *bool
		all.Go(func() { host = n.lets(ctx, changeRequest{host: true, port: true}) })
		all.Go(func() { port = n.lets(ctx, changeRequest{port: true}) })
		all.Wait()
		n.filtering(host, port, reached)
		return
	}
}

// mapping asks the server at its other address, and says whether it answers at all of its addresses and ports: else its
// silence means nothing.
func (n *natLook) mapping(ctx context.Context, conn natSocket, first natReply) (reached bool) {
	server, other := n.nat.Server, n.nat.Other
	local := conn.local()
	var seen []netip.AddrPort
	for _, to := range []netip.AddrPort{netip.AddrPortFrom(other.Addr(), server.Port()), other, netip.AddrPortFrom(server.Addr(), other.Port())} {
		r, err := conn.ask(ctx, to)
		if err != nil || r.from != to {
			n.note("control", "The STUN server "+server.String()+" does not answer at "+to.String()+", so it cannot tell all.")
			return false
		}
		n.note("stun", to.String()+" sees "+local.String()+" as "+r.mapped.String()+".")
		seen = append(seen, r.mapped)
	}
	n.nat.Mapping = mappingKind(local, first.mapped, seen[0], seen[1])
	return true
}

// lets asks from a socket of its own, which nothing else was asked from, for an answer from elsewhere (RFC 5780 section
// 4.4). nil: not told.
func (n *natLook) lets(ctx context.Context, change changeRequest) *bool {
	conn, err := n.socket(ctx)
	if err != nil {
		return nil
	}
	defer conn.Close()
	server, from := n.nat.Server, netip.AddrPortFrom(n.nat.Server.Addr(), n.nat.Other.Port())
	if change.host {
		from = n.nat.Other
	}
	if _, err := conn.ask(ctx, server); err != nil {
		return nil // the control
	}
	r, err := conn.ask(ctx, server, change)
	in := err == nil && r.from == from
	if !in && !errors.Is(err, errNoAnswer) {
		return nil // it answered as it wanted to
	}
	return &in
}

// byReflector has the reflector answer from its other port.
func (n *natLook) byReflector(ctx context.Context) {
	m, err := n.found(ctx, n.known)
	if err != nil {
		return
	}
	conn, err := n.socket(ctx)
	if err != nil {
		return
	}
	defer conn.Close()
	in, err := m.otherPort(ctx, conn)
	if err != nil {
		n.note("control", "The reflector "+m.to.String()+" did not answer from another port: "+err.Error()+".")
		return
	}
	n.nat.Filter, n.nat.OtherPort = "reflector", &in
}
