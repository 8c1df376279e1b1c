package probes

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"slices"
	"strconv"
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
	dnsServers  = 4                       // of a longer list the first ones
	dnsPort     = 53
	dnsShown    = 4096 // characters of an answer that are kept as evidence
)

// dnsMalformed stands in NameAnswer.Rcode where bytes came back that are no DNS message.
const dnsMalformed = "malformed"

// dnsAsk is one question to one resolver: over UDP with repeats, over TCP when the answer was cut
// (RFC 1035 section 4.2, RFC 7766 section 5).
type dnsAsk struct {
	via    via.Interface
	server netip.AddrPort
	name   string // fully qualified
	qtype  uint16
}

// dnsReply is how one question to one resolver ended.
type dnsReply struct {
	dnsAsk
	answer facts.Answer
	msg    *dns.Msg // nil when no message could be read
	junk   []byte   // the last bytes that were no answer to the question
	rtt    time.Duration
	tcp    bool
	err    error
}

// usable reports whether the resolver did its work: a name that does not exist is an answer as well.
func (r dnsReply) usable() bool {
	return r.msg != nil && (r.msg.Rcode == dns.RcodeSuccess || r.msg.Rcode == dns.RcodeNameError)
}

// ask returns within dnsPatience (twice that with TCP), or when ctx ends. The first send offers EDNS; the repeats do not, since
// some routers drop what they do not know.
func (a dnsAsk) ask(ctx context.Context) dnsReply {
	r := dnsReply{dnsAsk: a}
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
	buf := make([]byte, dns.MaxMsgSize)
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

// overTCP asks again over TCP. When that fails, the cut answer stands: it is better than none.
func (r *dnsReply) overTCP(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, dnsPatience)
	defer cancel()
	conn, err := socketDialer(r.via).DialContext(ctx, dnsNetwork("tcp", r.server), r.server.String())
	if err != nil {
		r.err = fmt.Errorf("dial tcp %s: %w", r.server, err)
		return
	}
	defer conn.Close()
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

// rcode is the code's name, "malformed" where bytes came that are no answer, and "" where none came.
func (r dnsReply) rcode() string {
	switch {
	case r.msg == nil && len(r.junk) > 0:
		return dnsMalformed
	case r.msg == nil:
		return ""
	}
	if s, ok := dns.RcodeToString[r.msg.Rcode]; ok {
		return s
	}
	return fmt.Sprintf("RCODE%d", r.msg.Rcode)
}

// fact is the reply as it is filed.
func (r dnsReply) fact() facts.NameAnswer {
	f := facts.NameAnswer{
		Server: r.server.Addr(), Name: strings.TrimSuffix(r.name, "."), Type: dns.TypeToString[r.qtype],
		Rcode: r.rcode(), Answer: r.answer, Addrs: []netip.Addr{}, RTT: facts.Duration(r.rtt),
	}
	if r.msg != nil {
		f.Addrs = append(f.Addrs, dnsAddrs(r.msg, r.name, r.qtype)...)
	}
	return f
}

// evidence keeps question and answer as text, and what could not be read as hexadecimal bytes.
func (r dnsReply) evidence() facts.Evidence {
	e := facts.Evidence{Kind: "dns", Sent: r.query(false).Question[0].String()}
	what := fmt.Sprintf("%s was asked for %s of %s", r.server.Addr(), dns.TypeToString[r.qtype], r.name)
	switch {
	case r.msg != nil:
		how := ""
		if r.tcp {
			how = " over TCP"
		}
		e.Text = fmt.Sprintf("%s: %s with %d records after %s%s.", what, r.rcode(), len(r.msg.Answer), facts.Duration(r.rtt), how)
		e.Received = r.msg.String()
	case len(r.junk) > 0:
		e.Text = what + ": the bytes that came back are no answer to that."
		e.Received = hex.EncodeToString(r.junk)
	default:
		e.Text = fmt.Sprintf("%s: %s.", what, r.answer)
	}
	e.Received = e.Received[:min(len(e.Received), dnsShown)]
	return e
}

// dnsLookup asks servers for one name: the next one as soon as one failed or was silent for dnsStagger.
// The first usable reply wins and is last in the list of those that ended.
func dnsLookup(ctx context.Context, i via.Interface, servers []netip.AddrPort, name string, qtype uint16) []dnsReply {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan dnsReply, len(servers))
	var ended []dnsReply
	next, running := 0, 0
	start := func() {
		if next < len(servers) {
			ask := dnsAsk{via: i, server: servers[next], name: name, qtype: qtype}
			go func() { done <- ask.ask(ctx) }()
			next++
			running++
		}
	}
	start()
	turn := time.NewTicker(dnsStagger)
	defer turn.Stop()
	for running > 0 {
		select {
		case <-turn.C:
			start()
		case r := <-done:
			running--
			if r.answer != facts.Unasked {
				ended = append(ended, r)
			}
			if !r.usable() {
				start()
				continue
			}
			cancel()
			for ; running > 0; running-- {
				<-done
			}
		}
	}
	return ended
}

// dnsWinner is the usable reply of a lookup.
func dnsWinner(ended []dnsReply) (dnsReply, bool) {
	if n := len(ended); n > 0 && ended[n-1].usable() {
		return ended[n-1], true
	}
	return dnsReply{}, false
}

// dnsAt adds the port to the first few resolvers.
func dnsAt(servers []netip.Addr, port uint16) []netip.AddrPort {
	if port == 0 {
		port = dnsPort
	}
	var at []netip.AddrPort
	for _, s := range servers[:min(len(servers), dnsServers)] {
		at = append(at, netip.AddrPortFrom(s.Unmap(), port))
	}
	return at
}

// dnsChain follows the CNAMEs of a message from name (RFC 1034 section 3.6.2); it gives the records of the
// type and the name at which the chain ends.
func dnsChain(m *dns.Msg, name string, qtype uint16) ([]dns.RR, string) {
	for range len(m.Answer) + 1 {
		var found []dns.RR
		alias := ""
		for _, rr := range m.Answer {
			if !strings.EqualFold(rr.Header().Name, name) {
				continue
			}
			if c, ok := rr.(*dns.CNAME); ok && alias == "" {
				alias = c.Target
			}
			if rr.Header().Rrtype == qtype {
				found = append(found, rr)
			}
		}
		if len(found) > 0 || alias == "" {
			return found, name
		}
		name = alias
	}
	return nil, name // a loop
}

// dnsNoData reports whether the resolver says that the chain ends here: no such name, or the zone's SOA
// beside an answer without the records (RFC 2308 section 2.2).
func dnsNoData(m *dns.Msg) bool {
	return m.Rcode != dns.RcodeSuccess || slices.ContainsFunc(m.Ns, func(rr dns.RR) bool {
		return rr.Header().Rrtype == dns.TypeSOA
	})
}

// dnsAddrs are the addresses that a message gives to name.
func dnsAddrs(m *dns.Msg, name string, qtype uint16) []netip.Addr {
	records, _ := dnsChain(m, name, qtype)
	var addrs []netip.Addr
	for _, rr := range records {
		if a, ok := dnsAddr(rr); ok {
			addrs = append(addrs, a)
		}
	}
	return addrs
}

func dnsAddr(rr dns.RR) (netip.Addr, bool) {
	switch rr := rr.(type) {
	case *dns.A:
		a, ok := netip.AddrFromSlice(rr.A)
		return a.Unmap(), ok
	case *dns.AAAA:
		return netip.AddrFromSlice(rr.AAAA)
	}
	return netip.Addr{}, false
}

// dnsHost gives the IPv4 addresses of a host: a literal as it is, a name through the resolvers.
func dnsHost(ctx context.Context, i via.Interface, resolvers []netip.AddrPort, host string) ([]netip.Addr, error) {
	if a, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{a.Unmap()}, nil
	}
	if len(resolvers) == 0 {
		return nil, fmt.Errorf("look up %q: no DNS server was given", host)
	}
	if err := nameCheck(host); err != nil {
		return nil, fmt.Errorf("look up %q: %w", host, err)
	}
	name := dns.CanonicalName(host)
	r, ok := dnsWinner(dnsLookup(ctx, i, resolvers, name, dns.TypeA))
	if !ok {
		return nil, fmt.Errorf("look up %q: no DNS server told", host)
	}
	addrs := dnsAddrs(r.msg, name, dns.TypeA)
	if len(addrs) == 0 {
		return nil, fmt.Errorf("look up %q: %s without an address", host, r.rcode())
	}
	return addrs, nil
}

// dnsSplit takes a port off "host:port"; without one the usual port holds.
func dnsSplit(server string, usual uint16) (host string, port uint16) {
	if h, p, err := net.SplitHostPort(server); err == nil {
		if n, err := strconv.ParseUint(p, 10, 16); err == nil && n > 0 {
			return h, uint16(n)
		}
	}
	return strings.Trim(server, "[]"), usual
}
