package probes

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/pion/stun/v3"

	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
	"trunktester/probes/via"
)

// Limits of the question.
const (
	publicServers = 5
	publicEnough  = 2                      // answers, after which the rest is waited for publicGrace only
	publicGrace   = 300 * time.Millisecond // a slow server is no reason to wait
	publicPort    = 3478                   // RFC 8489 section 9
	publicStrays  = 4                      // messages that fit no question are kept as evidence, so many
)

// publicTurns are the waits after each send, doubling from 500 ms (RFC 8489 section 6.2.1).
func publicTurns() []time.Duration {
	return []time.Duration{500 * time.Millisecond, time.Second, 1500 * time.Millisecond}
}

// Public asks: which address does the outside see us with? Several STUN servers (RFC 8489) are asked from
// one socket. It passes when at least one tells; whether they agree is in the facts: servers that see
// different addresses mean several lines or a NAT with several addresses. Failed means that none told.
type Public struct {
	Via     via.Interface
	Servers []string // host or host:port
	DNSPort uint16   // 0 is 53
}

// Look implements Probe. It needs Address: our own address, and the resolvers for servers' names.
func (p Public) Look(ctx context.Context, known facts.Facts) Result {
	servers := p.Servers[:min(len(p.Servers), publicServers)]
	if len(servers) == 0 {
		return Result{Outcome: facts.NotRun, Saw: words.Said("saw.public-no-server")}
	}
	bind := netip.IPv4Unspecified()
	var resolvers []netip.AddrPort
	if known.Address != nil {
		resolvers = dnsAt(known.Address.DNS, p.DNSPort)
		if known.Address.Prefix.IsValid() {
			bind = known.Address.Prefix.Addr()
		}
	}
	conn, err := p.Via.ListenPacket(ctx, "udp4", netip.AddrPortFrom(bind, 0).String())
	if err != nil {
		return Result{Outcome: facts.Broken, Saw: words.Said("saw.could-not-ask", "error", err)}
	}
	socket := newPublicSocket(conn)
	found := facts.Public{Answers: socket.askAll(ctx, p.Via, servers, resolvers)}
	evidence := socket.close()
	found.Addr, found.Differ = publicAgree(found.Answers)
	found.Mapping, found.PortKept = natKind(found.Answers)
	outcome, saw := publicSentence(found)
	return Result{Outcome: outcome, Saw: saw, Evidence: evidence, File: func(f *facts.Facts) { f.Public = &found }}
}

// publicSocket sends questions to several servers and hands each its answer.
type publicSocket struct {
	conn net.PacketConn
	over chan struct{} // closed when the reader has ended

	mu       sync.Mutex
	open     map[[stun.TransactionIDSize]byte]publicQuestion
	evidence []facts.Evidence
	strays   int
}

// publicQuestion is where an answer must come from, and who waits for it.
type publicQuestion struct {
	from   netip.AddrPort
	answer chan []byte
}

func newPublicSocket(conn net.PacketConn) *publicSocket {
	s := &publicSocket{
		conn: conn, over: make(chan struct{}), open: map[[stun.TransactionIDSize]byte]publicQuestion{},
	}
	go s.read()
	return s
}

// close ends the reader and gives the evidence.
func (s *publicSocket) close() []facts.Evidence {
	s.conn.Close()
	<-s.over
	return s.evidence
}

// read hands messages to those who wait for them, by transaction and source; it ends when the socket closes.
func (s *publicSocket) read() {
	defer close(s.over)
	buf := make([]byte, 1500)
	for {
		n, from, err := s.conn.ReadFrom(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue
		}
		raw := append([]byte(nil), buf[:n]...)
		if q, ok := s.waiting(raw, from); ok {
			select {
			case q.answer <- raw:
			default: // a repeat of an answer that is there
			}
			continue
		}
		if s.strays++; s.strays <= publicStrays {
			s.note(fmt.Sprintf("%s sent a message that answers no open question.", from), nil, raw)
		}
	}
}

func (s *publicSocket) waiting(raw []byte, from net.Addr) (publicQuestion, bool) {
	if !stun.IsMessage(raw) {
		return publicQuestion{}, false
	}
	u, ok := from.(*net.UDPAddr)
	s.mu.Lock()
	defer s.mu.Unlock()
	q, found := s.open[[stun.TransactionIDSize]byte(raw[8:20])]
	return q, found && ok && u.AddrPort().Port() == q.from.Port() && u.AddrPort().Addr().Unmap() == q.from.Addr()
}

func (s *publicSocket) note(text string, sent, received []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.evidence = append(s.evidence, facts.Evidence{
		Kind: "stun", Text: text, Sent: hex.EncodeToString(sent), Received: hex.EncodeToString(received),
	})
}

// askAll asks all servers at the same time, and ends publicGrace after publicEnough have told.
func (s *publicSocket) askAll(ctx context.Context, i via.Interface, servers []string, resolvers []netip.AddrPort) []facts.STUNAnswer {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	answers := make([]facts.STUNAnswer, len(servers))
	done := make(chan int, len(servers))
	for at, server := range servers {
		go func() {
			answers[at] = s.ask(ctx, i, server, resolvers)
			done <- at
		}()
	}
	told := 0
	for range servers {
		if at := <-done; answers[at].Mapped.IsValid() {
			if told++; told == publicEnough {
				defer time.AfterFunc(publicGrace, cancel).Stop()
			}
		}
	}
	return answers
}

// ask puts the question to one server, with repeats of the same transaction.
func (s *publicSocket) ask(ctx context.Context, i via.Interface, server string, resolvers []netip.AddrPort) facts.STUNAnswer {
	a := facts.STUNAnswer{Server: server}
	if local, ok := s.conn.LocalAddr().(*net.UDPAddr); ok {
		a.Local = local.AddrPort()
	}
	host, port := dnsSplit(server, publicPort)
	addrs, err := dnsHost(ctx, i, resolvers, host)
	if err != nil {
		s.note(words.Said("saw.sip-not-asked", "server", server, "error", err), nil, nil)
		return a
	}
	to := netip.AddrPortFrom(addrs[0], port)
	a.From = to
	m, err := stun.Build(stun.TransactionID, stun.BindingRequest)
	if err != nil {
		a.Answer = facts.CouldNotAsk
		return a
	}
	q := publicQuestion{from: to, answer: make(chan []byte, 1)}
	s.mu.Lock()
	s.open[m.TransactionID] = q
	s.mu.Unlock()
	for _, wait := range publicTurns() {
		start := time.Now()
		if _, err := s.conn.WriteTo(m.Raw, net.UDPAddrFromAddrPort(to)); err != nil {
			a.Answer = socketAnswer(err)
			s.note(fmt.Sprintf("%s was not asked: send to %s: %v.", server, to, err), nil, nil)
			return a
		}
		select {
		case raw := <-q.answer:
			a.Answer, a.RTT = facts.Answered, facts.Duration(time.Since(start))
			text := ""
			a.Mapped, text = publicRead(raw)
			s.note(fmt.Sprintf("%s (%s) %s", server, to, text), m.Raw, raw)
			return a
		case <-time.After(wait):
		case <-ctx.Done():
			a.Answer = socketAnswer(ctx.Err())
			return a
		}
	}
	a.Answer = facts.Silent
	s.note(fmt.Sprintf("%s (%s) did not answer %d questions.", server, to, len(publicTurns())), m.Raw, nil)
	return a
}

// publicRead takes our address out of a binding response: XOR-MAPPED-ADDRESS, or MAPPED-ADDRESS from a
// server older than RFC 5389. The text says what was read.
func publicRead(raw []byte) (netip.AddrPort, string) {
	m := &stun.Message{Raw: raw}
	if err := m.Decode(); err != nil {
		return netip.AddrPort{}, fmt.Sprintf("answered with a message that cannot be read: %v.", err)
	}
	if m.Type != stun.BindingSuccess {
		var code stun.ErrorCodeAttribute
		if code.GetFrom(m) == nil {
			return netip.AddrPort{}, fmt.Sprintf("answered with the error %d.", code.Code)
		}
		return netip.AddrPort{}, "answered with something that is no binding response."
	}
	var mapped stun.XORMappedAddress
	var old stun.MappedAddress
	if mapped.GetFrom(m) != nil {
		if old.GetFrom(m) != nil {
			return netip.AddrPort{}, "answered without an address."
		}
		mapped.IP, mapped.Port = old.IP, old.Port
	}
	a, ok := netip.AddrFromSlice(mapped.IP)
	if !ok || a.Unmap().IsUnspecified() || mapped.Port == 0 {
		return netip.AddrPort{}, "answered with an address that cannot be."
	}
	seen := netip.AddrPortFrom(a.Unmap(), uint16(mapped.Port))
	return seen, fmt.Sprintf("sees us as %s.", seen)
}
