package probes

import (
	"context"
	"crypto/x509"
	"fmt"
	"net/netip"
	"slices"
	"sync"

	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
	"trunktester/probes/sip"
	"trunktester/reflector/wire"
)

// Reflector asks: does SIP arrive as it was sent? It passed when the provider's reflector received an OPTIONS, an
// INVITE with SDP and a REGISTER byte for byte. A router that translates addresses changes none of a message's bytes,
// so any difference is the work of something that reads SIP: the only evidence that can rule a SIP ALG out.
//
// The INVITE goes to nobody but a host that has just proved to be a reflector, which makes no call of it. Where something
// was changed, the same goes to a port where SIP ALGs do not look, and if need be over TLS, which none can read: the control.
type Reflector struct {
	FarEnd
	Transport string // the trunk's: "udp", "tcp" or "tls"; for "tls" the way is UDP, as information
	Roots     *x509.CertPool
}

// Ports of a reflector beside its first, which is 5060 where the file names none.
const (
	reflectorOther = 5080
	reflectorTLS   = 5061
)

// reflectorSends is how often a message is sent over UDP while it is not answered: 12 at most go to the reflector.
const reflectorSends = 2

// Look sends the messages over the trunk's own transport, and what was changed over the controls, until one shows who did it.
func (r Reflector) Look(ctx context.Context, known facts.Facts) Result {
	r.Dial = from(r.Dial, known)
	to, err := resolveHost(ctx, r.Dial, r.Host, known)
	if err != nil {
		return Result{Outcome: facts.Broken, Saw: words.Said("saw.reflector-broken", "error", err)}
	}
	own, controls := r.ways(to)
	found := &facts.Reflector{Host: r.Host, Messages: r.look(ctx, own, sip.INVITE, sip.REGISTER)}
	for _, control := range controls {
		method, changed := toControl(found.Messages)
		if !changed || controlled(found.Messages, method) {
			break
		}
		found.Messages = append(found.Messages, r.look(ctx, control, method)...)
	}
	return Result{Outcome: reflectorOutcome(*found), Saw: reflectorSaw(*found), Evidence: reflectorEvidence(*found),
		File: func(f *facts.Facts) { f.Reflector = found }}
}

// look sends an OPTIONS on one way, and the further messages together when it was reflected.
func (r Reflector) look(ctx context.Context, w reflectorWay, further ...string) []facts.Reflected {
	messages := []facts.Reflected{r.ask(ctx, w, sip.OPTIONS)}
	if messages[0].Fault != "" {
		return messages
	}
	further = slices.DeleteFunc(further, func(method string) bool { return method == sip.OPTIONS })
	messages = append(messages, make([]facts.Reflected, len(further))...)
	var all sync.WaitGroup
	for i, method := range further {
		all.Go(func() { messages[1+i] = r.ask(ctx, w, method) })
	}
	all.Wait()
	return messages
}

// reflectorWay is one transport to one port of the reflector.
type reflectorWay struct {
	transport string
	to        netip.AddrPort
	control   bool
}

// ways are the trunk's own, and the controls: the other port where it differs in nothing else, and TLS.
func (r Reflector) ways(to netip.AddrPort) (own reflectorWay, controls []reflectorWay) {
	other := reflectorWay{"udp", netip.AddrPortFrom(to.Addr(), reflectorOther), true}
	hidden := reflectorWay{"tls", netip.AddrPortFrom(to.Addr(), reflectorTLS), true}
	if r.Transport == "tcp" {
		return reflectorWay{"tcp", to, false}, []reflectorWay{hidden, other}
	}
	return reflectorWay{"udp", to, false}, []reflectorWay{other, hidden}
}

// ask sends one message on a connection of its own, as one whose length was damaged ends its stream, and reads what
// arrived of it.
func (r Reflector) ask(ctx context.Context, w reflectorWay, method string) facts.Reflected {
	m := facts.Reflected{Exchange: facts.Exchange{Method: method}}
	conn, err := r.open(ctx, w)
	if err != nil {
		m.Fault = err.Error()
	} else {
		defer conn.Close()
		request, id := r.request(method, conn.Local())
		m = arrived(conn.Ask(ctx, request, sip.Control), id)
	}
	m.Transport, m.Target, m.Control = w.transport, w.to, w.control
	return m
}

func (r Reflector) open(ctx context.Context, w reflectorWay) (conn sip.Conn, err error) {
	switch w.transport {
	case "tcp":
		conn, _, err = r.Dial.TCP(ctx, w.to)
	case "tls": // whose certificate it is matters little: no secret goes there
		host, _ := splitHost(r.Host)
		conn, _, _, err = r.Dial.TLS(ctx, w.to, sip.Trust{Domain: host, Roots: r.Roots})
	default:
		conn, err = r.Dial.UDP(ctx, w.to)
	}
	return conn, err
}

// request is a message as a PBX sends it, with the box's own address wherever an ALG looks for one; and the random
// letters by which it is known again.
func (r Reflector) request(method string, local netip.AddrPort) (sip.Request, string) {
	host, _ := splitHost(r.Host)
	q := sip.Request{
		Method: method, URI: "sip:" + wire.User + "@" + host, From: "sip:trunktester@" + host, To: "sip:" + wire.User + "@" + host,
		CallID: sip.Token(8) + "@" + local.Addr().String(), Contact: "<sip:trunktester@" + local.String() + ">",
		Canary: true, Sends: reflectorSends,
	}
	switch method {
	case sip.INVITE:
		q.From = "sip:trunktester@" + local.String()
		q.Headers = []sip.Header{{Name: "Content-Type", Value: "application/sdp"}}
		q.Body = sdp(local.Addr())
	case sip.REGISTER:
		q.Headers = []sip.Header{{Name: "Expires", Value: "60"}} // it registers nothing: a reflector is no registrar
	}
	id := sip.Token(6)
	q.Headers = append(q.Headers, sip.Header{Name: wire.Header, Value: wire.Wish{ID: id, Body: len(q.Body)}.Value(r.Token.Reveal())})
	return q, id
}

// voicePort is named in the SDP, where nothing listens. Not below 1024: nf_nat_sip drops such a message.
const voicePort = 40000

// sdp offers a voice stream (RFC 4566) at the address.
func sdp(at netip.Addr) []byte {
	return fmt.Appendf(nil, "v=0\r\no=- 0 0 IN IP4 %[1]s\r\ns=-\r\nc=IN IP4 %[1]s\r\nt=0 0\r\nm=audio %[2]d RTP/AVP 8 0\r\n", at, voicePort)
}
