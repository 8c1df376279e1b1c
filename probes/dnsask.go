package probes

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"time"

	"github.com/miekg/dns"

	"trunktester/probes/facts"
	"trunktester/probes/via"
)

// Limits of a question to one resolver.
const (
	dnsSends    = 3                       // one lost packet is no verdict
	dnsResend   = 800 * time.Millisecond  // longer than a satellite round trip
	dnsPatience = 2500 * time.Millisecond // the third send still has 900 ms
	dnsStagger  = 700 * time.Millisecond  // then the next resolver is asked beside the first
	dnsSize     = 1232                    // EDNS buffer that fits every path (DNS flag day 2020)
	dnsDatagram = 4096                    // more than was offered, for servers that do not care
	dnsServers  = 4                       // of a longer list the first ones
	dnsPort     = 53
	dnsShown    = 4096 // characters of an answer that are kept as evidence
)

// dnsAsk is one question to one resolver: over UDP with repeats, over TCP when the answer was cut
// (RFC 1035 section 4.2, RFC 7766 section 5).
type dnsAsk struct {
	via    via.Interface
	server netip.AddrPort
	name   string // fully qualified
	qtype  uint16
	stream bool              // over TCP from the start, once
	web    http.RoundTripper // not nil: over HTTPS through it, once (see dnsHTTPS)
}

// ask returns within dnsPatience (twice that with TCP), or when ctx ends. The first send offers EDNS; the
// repeats do not, since some routers drop what they do not know.
func (a dnsAsk) ask(ctx context.Context) dnsReply {
	r := dnsReply{dnsAsk: a}
	switch {
	case a.web != nil:
		return r.onlyHTTPS(ctx)
	case a.stream:
		return r.onlyTCP(ctx)
	}
	conn, err := socketDialer(a.via).DialContext(ctx, dnsNetwork("udp", a.server), a.server.String())
	if err != nil {
		return r.end(ctx, fmt.Errorf("dial udp %s: %w", a.server, err))
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()

	sent := map[uint16]time.Time{}
	start := time.Now()
	for send := range dnsSends {
		q := a.query(send == 0)
		raw, err := q.Pack()
		if err != nil {
			return r.end(ctx, fmt.Errorf("pack question for %q: %w", a.name, err))
		}
		sent[q.Id] = time.Now()
		if _, err := conn.Write(raw); err != nil && r.last(ctx, err) {
			return r
		}
		until := start.Add(time.Duration(send+1) * dnsResend)
		if send == dnsSends-1 {
			until = start.Add(dnsPatience)
		}
		conn.SetReadDeadline(until)
		if r.read(ctx, conn, sent) {
			return r
		}
	}
	return r.end(ctx, nil)
}

// read takes messages until the deadline; it reports whether the question is done with. A SERVFAIL is
// kept, and asked again at the next turn; a server that does not know EDNS is asked again at once.
func (r *dnsReply) read(ctx context.Context, conn net.Conn, sent map[uint16]time.Time) bool {
	buf := make([]byte, dnsDatagram)
	for {
		n, err := conn.Read(buf)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return false
		}
		if err != nil {
			if r.last(ctx, err) {
				return true
			}
			continue
		}
		m := r.match(buf[:n], sent)
		if m == nil {
			continue
		}
		r.msg, r.rtt, r.answer = m, time.Since(sent[m.Id]), facts.Answered
		switch {
		case m.Rcode == dns.RcodeServerFailure:
			continue
		case (m.Rcode == dns.RcodeFormatError || m.Rcode == dns.RcodeNotImplemented) && len(sent) == 1:
			return false
		case m.Truncated:
			r.overTCP(ctx)
		}
		return true
	}
}

// match gives the message when it answers the question, else it keeps the bytes and gives nil.
func (r *dnsReply) match(raw []byte, sent map[uint16]time.Time) *dns.Msg {
	m := new(dns.Msg)
	err := m.Unpack(raw)
	if _, ours := sent[m.Id]; err == nil && ours && m.Response && r.asked(m) {
		return m
	}
	r.junk = append([]byte(nil), raw...)
	return nil
}

// asked compares the question that is repeated in an answer. Servers that refuse may leave it out.
func (a dnsAsk) asked(m *dns.Msg) bool {
	if len(m.Question) == 0 {
		return m.Rcode != dns.RcodeSuccess && m.Rcode != dns.RcodeNameError
	}
	q := m.Question[0]
	return len(m.Question) == 1 && q.Qtype == a.qtype && strings.EqualFold(q.Name, a.name)
}

func (a dnsAsk) query(edns bool) *dns.Msg {
	q := new(dns.Msg).SetQuestion(a.name, a.qtype)
	if edns {
		q.SetEdns0(dnsSize, false)
	}
	return q
}

// onlyTCP asks over TCP alone.
func (r dnsReply) onlyTCP(ctx context.Context) dnsReply {
	r.overTCP(ctx)
	if r.msg != nil {
		r.answer = facts.Answered
		return r
	}
	return r.end(ctx, r.err)
}

// overTCP asks again over TCP. When that fails, the cut answer stands: it is better than none.
func (r *dnsReply) overTCP(ctx context.Context) {
	until := time.Now().Add(dnsPatience)
	dialing, cancel := context.WithDeadline(ctx, until)
	defer cancel()
	conn, err := socketDialer(r.via).DialContext(dialing, dnsNetwork("tcp", r.server), r.server.String())
	if err != nil {
		r.err = fmt.Errorf("dial tcp %s: %w", r.server, err)
		return
	}
	defer conn.Close()
	conn.SetDeadline(until)
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	q := r.query(false)
	raw, err := q.Pack()
	if err != nil {
		r.err = fmt.Errorf("pack question for %q: %w", r.name, err)
		return
	}
	start := time.Now()
	frame := binary.BigEndian.AppendUint16(nil, uint16(len(raw)))
	if _, err := conn.Write(append(frame, raw...)); err != nil {
		r.err = fmt.Errorf("write to tcp %s: %w", r.server, err)
		return
	}
	answer, err := dnsFrame(conn)
	if err != nil {
		r.err = fmt.Errorf("read from tcp %s: %w", r.server, err)
		return
	}
	if m := r.match(answer, map[uint16]time.Time{q.Id: start}); m != nil {
		r.msg, r.rtt, r.tcp = m, time.Since(start), true
	}
}

// dnsFrame reads one message with its two bytes of length (RFC 1035 section 4.2.2).
func dnsFrame(c io.Reader) ([]byte, error) {
	var length [2]byte
	if _, err := io.ReadFull(c, length[:]); err != nil {
		return nil, err
	}
	raw := make([]byte, binary.BigEndian.Uint16(length[:]))
	_, err := io.ReadFull(c, raw)
	return raw, err
}

// last notes a failed write or read, and reports whether it ends the question: a refusal does, a router
// that knows no way may know one at the next send.
func (r *dnsReply) last(ctx context.Context, err error) bool {
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	r.err = err
	how := socketAnswer(err)
	r.answer = socketBetter(r.answer, how)
	return how != facts.Unreachable
}

// end closes the question without a usable message.
func (r dnsReply) end(ctx context.Context, err error) dnsReply {
	switch {
	case err != nil:
		r.last(ctx, err)
	case len(r.junk) > 0:
		r.answer = socketBetter(r.answer, facts.Answered)
	case r.answer == facts.Unasked:
		r.answer = facts.Silent
	}
	return r
}

// dnsNetwork names the socket's family, so that only IPv4 sockets get IPv4 options.
func dnsNetwork(proto string, server netip.AddrPort) string {
	if server.Addr().Is4() {
		return proto + "4"
	}
	return proto + "6"
}
