package probes

import (
	"context"
	"fmt"

	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
	"trunktester/probes/sip"
)

// canaries is how often the message that such a device drops is sent, each beside a control.
const canaries = 3

// drops is A4: an UPDATE outside of any call whose session description names port 900, which is legal, and which
// nf_conntrack_sip drops since the port is not one for voice. The control names port 40000. Every server refuses both.
//
// Where TLS passes, the same goes over it once: what is dropped there as well is the far end's doing.
func (s *search) drops(ctx context.Context, tls *facts.Path) error {
	conn, err := s.open(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	exchanges := s.canaries(ctx, conn, canaries)
	f := judgeDrop(exchanges)
	if f.result == algProof && s.droppedOverTLS(ctx, tls) {
		f = finding{algInconclusive, f.why + " " + words.Said("alg.tls-same")}
	}
	s.file(pair{id: "A4", control: 1}, f, exchanges)
	return nil
}

// canaries sends n messages, each with its control behind it.
func (s *search) canaries(ctx context.Context, conn sip.Conn, n int) []sip.Exchange {
	var questions []sip.Question
	for range n {
		questions = append(questions,
			sip.Question{Conn: conn, Request: s.update(conn, 900), Purpose: sip.Search},
			sip.Question{Conn: conn, Request: s.update(conn, 40000), Purpose: sip.Search})
	}
	return sip.Burst(ctx, questions...)
}

// droppedOverTLS reports whether the far end leaves such a message unanswered by itself.
func (s *search) droppedOverTLS(ctx context.Context, path *facts.Path) bool {
	w, ok := wayOf(path)
	if !ok {
		return false
	}
	conn, _, _, err := s.Dial.TLS(ctx, w.to, sip.Trust{Domain: s.Domain, Proxy: s.Proxy, Roots: s.Roots})
	if err != nil {
		return false
	}
	defer conn.Close()
	exchanges := s.canaries(ctx, conn, 1)
	return dropped(exchanges[0], exchanges[1])
}

// update is refused by whoever gets it: there is no call that it could belong to.
func (s *search) update(conn sip.Conn, port int) sip.Request {
	r := s.request(sip.OPTIONS)
	own := conn.Local().Addr()
	r.Method, r.Canary, r.Sends = sip.UPDATE, true, 1
	r.Contact = fmt.Sprintf("<sip:trunktester@%s>", conn.Local())
	r.Headers = append(r.Headers, sip.Header{Name: "Content-Type", Value: "application/sdp"})
	kind := "IP4"
	if own.Is6() {
		kind = "IP6"
	}
	r.Body = fmt.Appendf(nil, "v=0\r\no=- 1 1 IN %s %s\r\ns=-\r\nc=IN %s %s\r\nt=0 0\r\nm=audio %d RTP/AVP 8\r\n", kind, own, kind, own, port)
	return r
}
