package probes

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

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

// enough says that a quotation reaches beyond the Via line, which every rewriting device changes.
func enough(x sip.Exchange, quote []byte) bool {
	_, after, found := strings.Cut(string(x.Sent), "\r\nVia:")
	if !found {
		return false
	}
	line, _, _ := strings.Cut(after, "\r\n")
	return len(quote) >= len(x.Sent)-len(after)+len(line)
}

// readWalk finds the first hop whose quotation is not what was sent; nil when there is none. The exchanges are those of
// hop 1, 2 and so on.
func readWalk(exchanges []sip.Exchange) (place *facts.Place, at int) {
	found := facts.Place{}
	for i, x := range exchanges {
		quote, by, ok := x.Quoted()
		switch {
		case !ok:
		case !strings.HasPrefix(string(x.Sent), string(quote)):
			found.Changed, found.To = i+1, by
			return &found, i
		case enough(x, quote):
			found.Unchanged, found.From = i+1, by
		}
	}
	return nil, 0
}

// judgeWalk holds the rewritten message against its control.
func judgeWalk(place facts.Place, probe, control sip.Exchange) finding {
	quote, _, _ := probe.Quoted()
	same, _, ok := control.Quoted()
	where := fmt.Sprintf("between hop %d%s and hop %d (%s)", place.Unchanged, addressOf(place.From), place.Changed, place.To)
	switch {
	case !ok || !enough(control, same):
		return inconclusive("The message is not as it was sent %s, but the control, to port %d, was not quoted far enough.", where, controlPort)
	case !strings.HasPrefix(string(control.Sent), string(same)):
		return inconclusive("The message is not as it was sent %s, and the control, to port %d, is not either.", where, controlPort)
	}
	sent, got := firstDifference(string(probe.Sent), string(quote))
	return finding{algProof, fmt.Sprintf("The message is rewritten %s: sent was %q, there it was %q; the control, to port %d, reached the same hop as it was sent.",
		where, sent, got, controlPort)}
}

func addressOf(a netip.Addr) string {
	if !a.IsValid() {
		return " (the box)"
	}
	return fmt.Sprintf(" (%s)", a)
}

// firstDifference gives the first lines that differ.
func firstDifference(sent, got string) (string, string) {
	a, b := strings.Split(sent, "\r\n"), strings.Split(got, "\r\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return a[i], b[i]
		}
	}
	return "", ""
}

// walkWords says what a walk saw that found nothing.
func walkWords(exchanges []sip.Exchange) string {
	var saw []string
	for i, x := range exchanges {
		quote, by, ok := x.Quoted()
		switch {
		case ok && enough(x, quote):
			saw = append(saw, fmt.Sprintf("hop %d (%s) got it as it was sent", i+1, by))
		case ok:
			saw = append(saw, fmt.Sprintf("hop %d (%s) quotes too little", i+1, by))
		}
	}
	if len(saw) == 0 {
		return "No hop on the way quoted the message."
	}
	return "Where the message goes after them cannot be seen: " + strings.Join(saw, ", ") + "."
}
