package serve

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/miekg/dns"
)

// DNS is a name server for the lab's whole tree of names, or a router's proxy that forwards.
type DNS struct {
	Board[DNSSettings]
	Seen Memory[DNSQuestion]
}

// DNSSettings are the records and switches of a name server.
type DNSSettings struct {
	Zone Zone
	// Forward opens a connection to the upstream server for questions that Zone does not answer;
	// network is "udp" or "tcp". nil: names outside Zone do not exist.
	Forward func(ctx context.Context, network string) (net.Conn, error)

	Silent    bool
	SilentTCP bool
	Rcode     int                   // for everything, such as dns.RcodeServerFailure; 0: none
	NXDOMAIN  []string              // names, with everything below them, that do not exist
	DropSRV   bool                  // SRV and NAPTR questions are answered with no data
	Lies      map[string]netip.Addr // address told for a name; "*" for every name, existing or not
	Hijack    netip.Addr            // address told for names that do not exist, in place of NXDOMAIN
	Delay     time.Duration
}

// DNSQuestion is one question asked.
type DNSQuestion struct {
	At        time.Time
	From      netip.AddrPort
	Transport string // "udp", "tcp" or "https"
	Name      string // lower case, with its final dot
	Type      string // "A", "SRV" ...
}

// NewDNS makes a name server.
func NewDNS(s DNSSettings) *DNS { return &DNS{Board: Board[DNSSettings]{v: s}} }

// ServeUDP answers on conn until ctx ends.
func (s *DNS) ServeUDP(ctx context.Context, conn net.PacketConn) error {
	return s.run(ctx, &dns.Server{PacketConn: conn, UDPSize: dns.MaxMsgSize}, conn.LocalAddr())
}

// ServeTCP answers on ln until ctx ends.
func (s *DNS) ServeTCP(ctx context.Context, ln net.Listener) error {
	return s.run(ctx, &dns.Server{Listener: ln}, ln.Addr())
}

func (s *DNS) run(ctx context.Context, srv *dns.Server, at net.Addr) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	srv.Handler = dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) { s.handle(ctx, w, q) })
	started, ended := make(chan struct{}), make(chan struct{})
	srv.NotifyStartedFunc = func() { close(started) }
	var stopper sync.WaitGroup
	stopper.Go(func() {
		<-ctx.Done()
		select {
		case <-started:
			// The error of closing twice says nothing.
			_ = srv.Shutdown()
		case <-ended: // it never started
		}
	})
	err := srv.ActivateAndServe()
	close(ended)
	cancel()
	stopper.Wait()
	if err != nil {
		return fmt.Errorf("DNS on %v: %w", at, err)
	}
	return nil
}

func (s *DNS) handle(ctx context.Context, w dns.ResponseWriter, q *dns.Msg) {
	if len(q.Question) != 1 {
		_ = w.WriteMsg(new(dns.Msg).SetRcode(q, dns.RcodeFormatError))
		return
	}
	transport := w.RemoteAddr().Network()
	reply := s.reply(ctx, addrPort(w.RemoteAddr()), transport, q)
	if reply == nil {
		return
	}
	if transport == "udp" {
		size := dns.MinMsgSize
		if opt := q.IsEdns0(); opt != nil {
			size = int(opt.UDPSize())
		}
		reply.Truncate(size)
	}
	_ = w.WriteMsg(reply)
}

// reply is the answer to a question, nil for silence.
func (s *DNS) reply(ctx context.Context, from netip.AddrPort, transport string, q *dns.Msg) *dns.Msg {
	question := q.Question[0]
	s.Seen.add(DNSQuestion{time.Now(), from, transport, dns.CanonicalName(question.Name), dns.TypeToString[question.Qtype]})
	set := s.Settings()
	if set.Silent || set.SilentTCP && transport != "udp" {
		return nil
	}
	if set.Delay > 0 {
		select {
		case <-time.After(set.Delay):
		case <-ctx.Done():
			return nil
		}
	}
	reply, ok := set.answer(q)
	if !ok {
		var err error
		if reply, err = forward(ctx, set.Forward, transport, q); err != nil {
			reply = new(dns.Msg).SetRcode(q, dns.RcodeServerFailure)
		}
	}
	set.hijack(reply)
	return reply
}

// answer is pure. It is not ok when the question is to be forwarded.
func (s DNSSettings) answer(q *dns.Msg) (*dns.Msg, bool) {
	name, qtype := dns.CanonicalName(q.Question[0].Name), q.Question[0].Qtype
	reply := new(dns.Msg).SetReply(q)
	reply.RecursionAvailable = true
	if s.Rcode != 0 {
		return reply.SetRcode(q, s.Rcode), true
	}
	for _, gone := range s.NXDOMAIN {
		if dns.IsSubDomain(dns.CanonicalName(gone), name) {
			return reply.SetRcode(q, dns.RcodeNameError), true
		}
	}
	if s.DropSRV && (qtype == dns.TypeSRV || qtype == dns.TypeNAPTR) {
		return reply, true
	}
	if lie, ok := s.lie(name); ok && (qtype == dns.TypeA || qtype == dns.TypeAAAA) {
		if lie.Is4() && qtype == dns.TypeA {
			reply.Answer = []dns.RR{addressRecord(q.Question[0].Name, lie)}
		}
		return reply, true
	}
	rrs, exists := s.Zone.look(name, qtype)
	switch {
	case exists:
		reply.Authoritative = true
		reply.Answer = rrs
		return reply, true
	case s.Forward != nil:
		return nil, false
	}
	return reply.SetRcode(q, dns.RcodeNameError), true
}

// hijack puts an address in the place of "no such name".
func (s DNSSettings) hijack(m *dns.Msg) {
	if m.Rcode == dns.RcodeNameError && s.Hijack.IsValid() && m.Question[0].Qtype == dns.TypeA {
		m.Rcode, m.Ns = dns.RcodeSuccess, nil
		m.Answer = []dns.RR{addressRecord(m.Question[0].Name, s.Hijack)}
	}
}

func addressRecord(name string, a netip.Addr) dns.RR {
	return &dns.A{Hdr: dns.RR_Header{Name: name, Rrtype: dns.TypeA, Class: dns.ClassINET, Ttl: 60}, A: a.AsSlice()}
}

func (s DNSSettings) lie(name string) (netip.Addr, bool) {
	for told, lie := range s.Lies {
		if told != "*" && dns.CanonicalName(told) == name {
			return lie, true
		}
	}
	lie, ok := s.Lies["*"]
	return lie, ok
}

// forwardTimeout is how long a router's proxy waits for its upstream (dnsmasq and most routers: 5 to 10 s).
const forwardTimeout = 5 * time.Second

func forward(ctx context.Context, dial func(context.Context, string) (net.Conn, error), network string, q *dns.Msg) (*dns.Msg, error) {
	ctx, cancel := context.WithTimeout(ctx, forwardTimeout)
	defer cancel()
	conn, err := dial(ctx, network)
	if err != nil {
		return nil, fmt.Errorf("dial the upstream name server by %s: %w", network, err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	reply, _, err := (&dns.Client{Net: network, UDPSize: dns.MaxMsgSize, Timeout: forwardTimeout}).
		ExchangeWithConnContext(ctx, q, &dns.Conn{Conn: conn})
	if err != nil {
		return nil, fmt.Errorf("ask the upstream name server for %q: %w", q.Question[0].Name, err)
	}
	return reply, nil
}

// Zone is a set of records by canonical name.
type Zone map[string][]dns.RR

// ParseZone reads records in master file format (RFC 1035 section 5); names without a final dot are
// completed by origin.
func ParseZone(origin, records string) (Zone, error) {
	p := dns.NewZoneParser(strings.NewReader(records), dns.Fqdn(origin), "zone")
	p.SetDefaultTTL(60)
	z := Zone{}
	for rr, ok := p.Next(); ok; rr, ok = p.Next() {
		name := dns.CanonicalName(rr.Header().Name)
		z[name] = append(z[name], rr)
	}
	if err := p.Err(); err != nil {
		return nil, fmt.Errorf("zone of %s: %w", origin, err)
	}
	return z, nil
}

// look follows aliases; exists is true for a name that is there, even without data of this type, and
// for one that only has names below it (RFC 8020).
func (z Zone) look(name string, qtype uint16) (found []dns.RR, exists bool) {
	for range 8 { // longer chains of aliases are loops
		rrs, ok := z[name]
		if !ok {
			return found, len(found) > 0 || z.hasBelow(name)
		}
		var alias *dns.CNAME
		matched := false
		for _, rr := range rrs {
			if rr.Header().Rrtype == qtype || qtype == dns.TypeANY {
				found, matched = append(found, rr), true
			} else if c, is := rr.(*dns.CNAME); is {
				alias = c
			}
		}
		if matched || alias == nil {
			return found, true
		}
		found = append(found, alias)
		name = dns.CanonicalName(alias.Target)
	}
	return found, true
}

func (z Zone) hasBelow(name string) bool {
	for n := range z {
		if dns.IsSubDomain(name, n) {
			return true
		}
	}
	return false
}
