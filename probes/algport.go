package probes

import (
	"context"
	"slices"

	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
	"trunktester/probes/sip"
)

// algPBXPort is A1 from a port that is the PBX's: some devices read only what comes from there.
const algPBXPort = "A1 from the PBX's port"

// fromPBXPorts repeats A1 from the PBX's own source ports. The control is the same with a host name in the Via, and what
// the same comparison showed from other ports. A port that the box uses itself is left out.
func (a ALG) fromPBXPorts(ctx context.Context, known facts.Facts, before []facts.Proof) (proofs []facts.Proof, evidence []facts.Evidence, err error) {
	ways := a.ways(known)
	i := slices.IndexFunc(ways, func(w way) bool { return w.transport == "udp" })
	if i < 0 {
		return nil, nil, nil
	}
	clean := slices.ContainsFunc(before, func(p facts.Proof) bool { return p.ID == "A1" && p.Result == algClean })
	for _, port := range a.PBXPorts {
		conn, dialErr := a.Dial.UDPFrom(ctx, ways[i].to, port)
		if dialErr != nil {
			evidence = append(evidence, facts.Evidence{Kind: "note", Text: words.Said("alg.port-unused", "port", port, "error", dialErr)})
			continue
		}
		s := search{ALG: a, way: ways[i]}
		s.way.part = true // A1 alone
		questions, pairs := s.plan(conn)
		exchanges := sip.Burst(ctx, questions...)
		err = conn.Close()
		for _, p := range pairs {
			f := p.judge(exchanges[p.probe], exchanges[p.control])
			f.why = words.Said("alg.from-pbx-port", "port", port, "why", f.why)
			if f.result == algProof && clean {
				f.why += " " + words.Said("alg.other-ports")
			}
			p.id = algPBXPort
			s.file(p, f, exchanges)
		}
		proofs, evidence = append(proofs, s.proofs...), append(evidence, s.evidence...)
	}
	return proofs, evidence, err
}

// ComparesUDP reports whether a server answered over UDP, so that messages can be compared.
func ComparesUDP(f facts.Facts) bool {
	_, ok := wayOf(f.UDP)
	return ok
}

// TriedPBXPort reports whether the search was made from the PBX's own port.
func TriedPBXPort(a facts.ALG) bool {
	return slices.ContainsFunc(a.Proofs, func(p facts.Proof) bool { return p.ID == algPBXPort })
}
