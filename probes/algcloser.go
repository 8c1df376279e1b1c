package probes

import (
	"context"
	"errors"
	"net/netip"
	"slices"

	"trunktester/probes/facts"
	"trunktester/probes/sip"
)

// walkHops is how far the walk goes: the customer's routers and the first ones of the line's provider.
const walkHops = 4

// controlPort is no SIP port: a device that looks for SIP by the port does not read what goes there.
const controlPort = 5080

// closer looks where on the way a message is rewritten (A5), and where nothing is proved, whether legal messages are
// dropped (A4). It adds to what was found.
func (a ALG) closer(ctx context.Context, known facts.Facts, found *facts.ALG) ([]facts.Evidence, error) {
	ways := a.ways(known)
	i := slices.IndexFunc(ways, func(w way) bool { return w.transport == "udp" })
	if i < 0 {
		return nil, nil
	}
	s := search{ALG: a, way: ways[i]}
	place, err := s.walk(ctx)
	if place != nil {
		found.Place = place
	}
	found.Proofs = append(found.Proofs, s.proofs...)
	if conclude(found); found.Word == facts.ALGCouldNotTell && err == nil {
		before := len(s.proofs)
		err = s.drops(ctx, known.TLS)
		found.Proofs = append(found.Proofs, s.proofs[before:]...)
		conclude(found)
	}
	return s.evidence, err
}

// walk is A5: the same message with one hop more of life each time. The hop where it ends quotes it in its ICMP error as
// it got it (RFC 1812 section 4.3.2.3), and routers on the way back translate only the quoted IP and UDP headers. The
// control goes to a port where nobody looks for SIP, and ends at the hop that first showed a rewritten message.
func (s *search) walk(ctx context.Context) (*facts.Place, error) {
	var questions []sip.Question
	for hop := 1; hop <= walkHops; hop++ {
		q, err := s.ending(ctx, s.way.to, hop)
		if err != nil {
			return nil, errors.Join(err, closeAll(questions))
		}
		questions = append(questions, q)
	}
	exchanges := sip.Burst(ctx, questions...)
	err := closeAll(questions)
	place, at := readWalk(exchanges)
	if place == nil {
		s.file(pair{id: "A5"}, finding{algInconclusive, walkWords(exchanges)}, []sip.Exchange{exchanges[0]})
		return nil, err
	}
	control, dialErr := s.ending(ctx, netip.AddrPortFrom(s.way.to.Addr(), controlPort), place.Changed)
	if dialErr != nil {
		return nil, errors.Join(err, dialErr)
	}
	control.Request.Sends = 0 // routers send few ICMP errors a second (icmp(7), icmp_ratelimit), and have just sent some
	same := sip.Burst(ctx, control)
	err = errors.Join(err, control.Conn.Close())
	f := judgeWalk(*place, exchanges[at], same[0])
	s.file(pair{id: "A5", control: 1}, f, []sip.Exchange{exchanges[at], same[0]})
	if f.result != algProof {
		return nil, err
	}
	return place, err
}

// ending is a question whose message ends at that hop. Each has a socket of its own.
func (s *search) ending(ctx context.Context, to netip.AddrPort, hop int) (sip.Question, error) {
	conn, err := s.Dial.UDP(ctx, to)
	if err != nil {
		return sip.Question{}, err
	}
	method := s.way.method
	if s.way.register { // some devices rewrite nothing else
		method = sip.REGISTER
	}
	r := s.request(method)
	r.Hops, r.Sends = hop, 2
	return sip.Question{Conn: conn, Request: r, Purpose: sip.Search}, nil
}
