package probes

import (
	"context"
	"crypto/x509"
	"net/netip"

	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
	"trunktester/probes/sip"
)

// ALG asks: does a device on the way rewrite SIP? It passed when every comparison ran, each with its control,
// and none showed a rewritten message. All comparisons go out as one paced burst and are awaited together.
//
// The comparisons need nothing of the provider but answers: A1 to A3 and A6 of the literature on nf_nat_sip
// and symmetric ALGs, and the contrast of transports, A9. What shows over TLS as well is the far end's doing. Where
// these do not say that nothing is rewritten, the walk by time to live (A5) looks at the message hop by hop, and a
// legal message that such devices drop (A4) at what passes. What arrived at a reflector (known.Reflector) tells more than
// all of them, and alone rules an ALG out; it is asked by IPv4, and says nothing about a trunk that is tested by IPv6.
type ALG struct {
	Dial      sip.Dialer // Source is taken from known.Address
	Domain    string     // SIP domain of the trunk
	Proxy     string     // outbound proxy by name, whose certificate is good as well; "" for none
	Username  string     // "" for a trunk without one
	Transport string     // the trunk's: "udp", "tcp" or "tls"; for "tls" the search runs over UDP as information
	Roots     *x509.CertPool
	PBXPorts  []int // source ports of the PBX, from which A1 is repeated: only while a person says that it is unplugged
}

// Look compares messages with their controls at the first server that answered in known.UDP or known.TCP.
func (a ALG) Look(ctx context.Context, known facts.Facts) Result {
	a.Dial = from(a.Dial, known)
	found := &facts.ALG{}
	var evidence []facts.Evidence
	var broken error
	for _, way := range a.ways(known) {
		s := search{ALG: a, way: way}
		err := s.run(ctx, known)
		if err != nil {
			broken = err
		}
		found.Proofs = append(found.Proofs, s.proofs...)
		evidence = append(evidence, s.evidence...)
	}
	clear := known.UDP
	if a.Transport == "tcp" {
		clear = known.TCP
	}
	six := known.Name.ByIPv6()
	if p, ok := judgeReflector(known.Reflector, portAnswering(clear)); ok && !six { // which was asked by IPv4
		found.Proofs = append([]facts.Proof{p}, found.Proofs...) // the strongest first
		if p.Result == algProof {
			evidence = append(pairEvidence(p), evidence...)
		}
	}
	if p, ok := judgeTransports(clear, known.TLS); ok {
		found.Proofs = append(found.Proofs, p)
		evidence = append(evidence, pairEvidence(p)...)
	}
	own, more, err := a.fromPBXPorts(ctx, known, found.Proofs)
	found.Proofs, evidence = append(found.Proofs, own...), append(evidence, more...)
	if err != nil {
		broken = err
	}
	conclude(found)
	if found.Word != facts.ALGNotSeen && found.Word != facts.ALGRuledOut && len(a.ways(known)) > 0 {
		more, err := a.closer(ctx, known, found)
		evidence = append(evidence, more...)
		if err != nil {
			broken = err
		}
	}
	if own, ok := seenDirectly(found.Proofs); ok && six && found.Word == facts.ALGCouldNotTell {
		found.Direct = true
		found.Why = words.Said("saw.alg-ipv6", "address", own)
	}
	r := Result{Outcome: facts.NotRun, Saw: found.Why, Evidence: evidence, File: func(f *facts.Facts) { f.ALG = found }}
	switch {
	case found.Word == facts.ALGProved || found.Word == facts.ALGLikely:
		r.Outcome = facts.Failed
	case found.Word == facts.ALGNotSeen || found.Word == facts.ALGRuledOut:
		r.Outcome = facts.Passed
	case broken != nil:
		r.Outcome, r.Saw = facts.Broken, words.Said("saw.alg-broken", "error", broken)
	case len(found.Proofs) == 0:
		r.Saw = words.Said("saw.alg-nothing")
	}
	return r
}

// portAnswering is the port of the first server that answered, 0 when none did.
func portAnswering(p *facts.Path) uint16 {
	w, ok := wayOf(p)
	if !ok {
		return 0
	}
	return w.to.Port()
}

// way is one transport on which to search.
type way struct {
	transport string
	to        netip.AddrPort
	method    string // that the server answers
	register  bool   // it answers REGISTER as well
	part      bool   // only the comparisons that the trunk's own transport does not have
}

// ways are UDP, and for a TCP trunk TCP first, where the server answered there.
func (a ALG) ways(known facts.Facts) []way {
	var ways []way
	if a.Transport == "tcp" {
		if w, ok := wayOf(known.TCP); ok {
			w.register = false // the provider's budget: the UDP comparisons come on top
			ways = append(ways, w)
		}
	}
	if w, ok := wayOf(known.UDP); ok {
		w.part = len(ways) > 0
		w.register = w.register && !w.part
		ways = append(ways, w)
	}
	return ways
}

func wayOf(p *facts.Path) (way, bool) {
	if p == nil {
		return way{}, false
	}
	for _, t := range p.Targets {
		w := way{transport: p.Transport, to: t.Target}
		for _, x := range t.Exchanges {
			if x.Reply == nil {
				continue
			}
			if w.register = w.register || x.Method == sip.REGISTER; x.Method == sip.OPTIONS || w.method == "" {
				w.method = x.Method
			}
		}
		if w.method != "" {
			w.register = w.register && w.method == sip.OPTIONS
			return w, true
		}
	}
	return way{}, false
}
