package probes

import (
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"github.com/miekg/dns"

	"trunktester/probes/facts"
)

// dnsWorld is a DNS server on loopback with a zone, switches and a memory of what it was asked.
type dnsWorld struct {
	addr   netip.AddrPort
	mu     sync.Mutex
	asked  []string // "udp A host."
	zone   []dns.RR
	change func(q dns.Question, m *dns.Msg) *dns.Msg // nil result: silence
}

// dnsServe starts a server at ip on a port that UDP and TCP share; port 0 is any.
func dnsServe(t *testing.T, ip string, port int, records ...string) *dnsWorld {
	t.Helper()
	w := &dnsWorld{}
	for _, r := range records {
		rr, err := dns.NewRR(r)
		if err != nil {
			t.Fatalf("record %q: %v", r, err)
		}
		w.zone = append(w.zone, rr)
	}
	pc, l := dnsListen(t, ip, port)
	w.addr = pc.LocalAddr().(*net.UDPAddr).AddrPort()
	for _, s := range []*dns.Server{{PacketConn: pc, Handler: w}, {Listener: l, Handler: w}} {
		up := make(chan struct{})
		s.NotifyStartedFunc = func() { close(up) }
		go s.ActivateAndServe()
		<-up
		t.Cleanup(func() { s.Shutdown() })
	}
	return w
}

// dnsListen finds a port that is free for both.
func dnsListen(t *testing.T, ip string, port int) (net.PacketConn, net.Listener) {
	t.Helper()
	for range 20 {
		pc, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.ParseIP(ip), Port: port})
		if err != nil {
			t.Fatal(err)
		}
		l, err := net.Listen("tcp4", pc.LocalAddr().String())
		if err == nil {
			return pc, l
		}
		pc.Close()
	}
	t.Fatalf("no port of %s is free for UDP and TCP", ip)
	return nil, nil
}

func (w *dnsWorld) ServeDNS(rw dns.ResponseWriter, q *dns.Msg) {
	m := w.answer(q)
	w.mu.Lock()
	w.asked = append(w.asked, rw.RemoteAddr().Network()+" "+dns.TypeToString[q.Question[0].Qtype]+" "+q.Question[0].Name)
	change := w.change
	w.mu.Unlock()
	if change != nil {
		if m = change(q.Question[0], m); m == nil {
			return
		}
	}
	if rw.RemoteAddr().Network() == "udp" {
		size := dns.MinMsgSize
		if o := q.IsEdns0(); o != nil {
			size = int(o.UDPSize())
		}
		m.Truncate(size)
	}
	rw.WriteMsg(m)
}

// set switches what becomes of an answer; nil leaves it as it is.
func (w *dnsWorld) set(change func(dns.Question, *dns.Msg) *dns.Msg) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.change = change
}

// answer follows aliases; a name without records of any type does not exist.
func (w *dnsWorld) answer(q *dns.Msg) *dns.Msg {
	m := new(dns.Msg).SetReply(q)
	name, exists := q.Question[0].Name, false
	for range 9 {
		alias := ""
		for _, rr := range w.zone {
			if !strings.EqualFold(rr.Header().Name, name) {
				continue
			}
			exists = true
			if c, ok := rr.(*dns.CNAME); ok {
				alias = c.Target
				m.Answer = append(m.Answer, rr)
			} else if rr.Header().Rrtype == q.Question[0].Qtype {
				m.Answer = append(m.Answer, rr)
			}
		}
		if name = alias; alias == "" {
			break
		}
	}
	if !exists {
		m.Rcode = dns.RcodeNameError
	}
	return m
}

// count is how often the type was asked for, over the network named.
func (w *dnsWorld) count(prefix string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for _, a := range w.asked {
		if strings.HasPrefix(a, prefix) {
			n++
		}
	}
	return n
}

// dnsGiven is an address with these resolvers.
func dnsGiven(servers ...string) facts.Facts {
	a := &facts.Address{Prefix: netip.MustParsePrefix("127.0.0.1/8")}
	for _, s := range servers {
		a.DNS = append(a.DNS, netip.MustParseAddr(s))
	}
	return facts.Facts{Address: a}
}

// dnsFiled is the facts that a result files.
func dnsFiled(t *testing.T, r Result) facts.Facts {
	t.Helper()
	if r.File == nil {
		t.Fatalf("nothing filed: %s %q", r.Outcome, r.Saw)
	}
	var f facts.Facts
	r.File(&f)
	return f
}

// dnsSilent takes datagrams and never answers.
func dnsSilent(t *testing.T, ip string, port int) netip.AddrPort {
	t.Helper()
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.ParseIP(ip), Port: port})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c.LocalAddr().(*net.UDPAddr).AddrPort()
}
