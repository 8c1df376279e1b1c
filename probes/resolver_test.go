package probes

import (
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"trunktester/probes/facts"
)

func TestResolver(t *testing.T) {
	t.Parallel()
	rcode := func(code int) func(dns.Question, *dns.Msg) *dns.Msg {
		return func(_ dns.Question, m *dns.Msg) *dns.Msg { m.Rcode = code; m.Answer = nil; return m }
	}
	silent := func(dns.Question, *dns.Msg) *dns.Msg { return nil }
	for _, c := range []struct {
		name    string
		local   func(dns.Question, *dns.Msg) *dns.Msg
		public  func(dns.Question, *dns.Msg) *dns.Msg
		outcome facts.Outcome
		saw     string
	}{
		{"both answer", nil, nil, facts.Passed, "answers"},
		{"no such name is an answer", rcode(dns.RcodeNameError), nil, facts.Passed, "answers"},
		{"silent, public answers", silent, nil, facts.Failed, "; public DNS servers answer."},
		{"silent, public silent", silent, silent, facts.Failed, "do not answer either"},
		{"SERVFAIL for everything", rcode(dns.RcodeServerFailure), nil, facts.Failed, "nothing but errors; public DNS servers answer."},
		{"REFUSED for everything", rcode(dns.RcodeRefused), nil, facts.Failed, "nothing but errors"},
		{"SERVFAIL for one name", func(q dns.Question, m *dns.Msg) *dns.Msg {
			if strings.HasPrefix(q.Name, "trunk.") {
				m.Rcode = dns.RcodeServerFailure
			}
			return m
		}, nil, facts.Passed, "answers"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			zone := []string{"trunk.example.net. A 198.51.100.7", "example.com. A 198.51.100.8"}
			local := dnsServe(t, "127.0.0.2", 0, zone...)
			public := dnsServe(t, "127.0.0.3", int(local.addr.Port()), zone...)
			local.set(c.local)
			public.set(c.public)
			p := Resolver{
				Names: []string{"trunk.example.net", "198.51.100.1", "not a name"}, DNSPort: local.addr.Port(),
				Public: []netip.Addr{netip.MustParseAddr("127.0.0.3")}, Nowhere: []netip.Addr{netip.MustParseAddr("127.0.0.13")},
			}
			r := p.Look(t.Context(), dnsGiven("127.0.0.2"))
			f := dnsFiled(t, r).Resolver
			if r.Outcome != c.outcome || !strings.Contains(r.Saw, c.saw) {
				t.Errorf("%s: %s", r.Outcome, r.Saw)
			}
			if local.count("udp A "+f.Absent) == 0 || local.count("udp A not") != 0 {
				t.Errorf("asked: %v", local.asked)
			}
			if len(f.Nowhere) > 0 {
				t.Errorf("answered where nobody is: %+v", f.Nowhere)
			}
			for _, a := range append(f.Local, f.Public...) {
				if a.Name == f.Absent && len(a.Addrs) > 0 {
					t.Errorf("a name that does not exist has addresses: %+v", a)
				}
			}
		})
	}
}

// A device that takes every question to itself answers even where no resolver is.
func TestResolverCaught(t *testing.T) {
	t.Parallel()
	local := dnsServe(t, "127.0.0.2", 0, "example.com. A 198.51.100.8")
	dnsServe(t, "127.0.0.13", int(local.addr.Port()), "example.com. A 198.51.100.8")
	r := Resolver{DNSPort: local.addr.Port(), Nowhere: []netip.Addr{netip.MustParseAddr("127.0.0.13")}}.Look(t.Context(), dnsGiven("127.0.0.2"))
	if f := dnsFiled(t, r).Resolver; r.Outcome != facts.Passed || len(f.Nowhere) == 0 || len(f.Public) > 0 || !strings.Contains(r.Saw, "in their place") {
		t.Errorf("%s: %s", r.Outcome, r.Saw)
	}
}

func TestResolverNoneGiven(t *testing.T) {
	t.Parallel()
	public := dnsServe(t, "127.0.0.3", 0, "example.com. A 198.51.100.8")
	r := Resolver{DNSPort: public.addr.Port(), Public: []netip.Addr{netip.MustParseAddr("127.0.0.3")}}.Look(t.Context(), dnsGiven())
	if r.Outcome != facts.Failed || r.Saw != "No DNS server was given to the box." {
		t.Errorf("%s: %s", r.Outcome, r.Saw)
	}
	if len(dnsFiled(t, r).Resolver.Public) == 0 {
		t.Error("the second witness was not heard")
	}
}

func TestDNSAskTroubles(t *testing.T) {
	t.Parallel()
	zone := "example.com. A 198.51.100.8"
	for _, c := range []struct {
		name   string
		change func(w *dnsWorld) func(dns.Question, *dns.Msg) *dns.Msg
		answer facts.Answer
		rcode  string
	}{
		{"first two lost", func(w *dnsWorld) func(dns.Question, *dns.Msg) *dns.Msg {
			return func(_ dns.Question, m *dns.Msg) *dns.Msg {
				if w.count("udp A") < 3 {
					return nil
				}
				return m
			}
		}, facts.Answered, "NOERROR"},
		{"does not know EDNS", func(w *dnsWorld) func(dns.Question, *dns.Msg) *dns.Msg {
			return func(_ dns.Question, m *dns.Msg) *dns.Msg {
				if w.count("udp A") == 1 {
					return new(dns.Msg).SetRcodeFormatError(&dns.Msg{MsgHdr: m.MsgHdr})
				}
				return m
			}
		}, facts.Answered, "NOERROR"},
		{"SERVFAIL once", func(w *dnsWorld) func(dns.Question, *dns.Msg) *dns.Msg {
			return func(_ dns.Question, m *dns.Msg) *dns.Msg {
				if w.count("udp A") == 1 {
					m.Rcode = dns.RcodeServerFailure
				}
				return m
			}
		}, facts.Answered, "NOERROR"},
		{"wrong transaction", func(*dnsWorld) func(dns.Question, *dns.Msg) *dns.Msg {
			return func(_ dns.Question, m *dns.Msg) *dns.Msg { m.Id++; return m }
		}, facts.Answered, dnsMalformed},
		{"another question", func(*dnsWorld) func(dns.Question, *dns.Msg) *dns.Msg {
			return func(_ dns.Question, m *dns.Msg) *dns.Msg { m.Question[0].Name = "evil.example."; return m }
		}, facts.Answered, dnsMalformed},
		{"silence", func(*dnsWorld) func(dns.Question, *dns.Msg) *dns.Msg {
			return func(dns.Question, *dns.Msg) *dns.Msg { return nil }
		}, facts.Silent, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := dnsServe(t, "127.0.0.1", 0, zone)
			w.set(c.change(w))
			r := dnsAsk{server: w.addr, name: "example.com.", qtype: dns.TypeA}.ask(t.Context())
			if r.answer != c.answer || r.rcode() != c.rcode {
				t.Errorf("got %q %q, %v", r.answer, r.rcode(), r.err)
			}
		})
	}
}

// Bytes that are no DNS message end in a fact and in evidence.
func TestDNSAskMalformed(t *testing.T) {
	t.Parallel()
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	go func() {
		buf := make([]byte, 1500)
		for {
			_, from, err := c.ReadFrom(buf)
			if err != nil {
				return
			}
			c.WriteTo([]byte("HTTP/1.0 400"), from)
		}
	}()
	r := dnsAsk{server: c.LocalAddr().(*net.UDPAddr).AddrPort(), name: "example.com.", qtype: dns.TypeA}.ask(t.Context())
	if f := r.fact(); f.Answer != facts.Answered || f.Rcode != dnsMalformed {
		t.Errorf("filed %+v", f)
	}
	if e := r.evidence(); !strings.HasPrefix(e.Received, "485454502f312e30") {
		t.Errorf("evidence %+v", e)
	}
}

// An answer that was cut is asked for over TCP; when TCP is refused, what came stands.
func TestDNSAskTruncated(t *testing.T) {
	t.Parallel()
	w := dnsServe(t, "127.0.0.1", 0, "example.com. A 198.51.100.8")
	w.set(func(_ dns.Question, m *dns.Msg) *dns.Msg { m.Truncated = w.count("tcp") == 0; return m })
	if r := (dnsAsk{server: w.addr, name: "example.com.", qtype: dns.TypeA}).ask(t.Context()); !r.tcp || r.msg.Truncated {
		t.Errorf("tcp %v, %v", r.tcp, r.err)
	}
	pc, l := dnsListen(t, "127.0.0.1", 0)
	l.Close()
	s := &dns.Server{PacketConn: pc, Handler: dns.HandlerFunc(func(rw dns.ResponseWriter, q *dns.Msg) {
		m := new(dns.Msg).SetReply(q)
		m.Truncated = true
		rw.WriteMsg(m)
	})}
	go s.ActivateAndServe()
	t.Cleanup(func() { pc.Close() })
	r := dnsAsk{server: pc.LocalAddr().(*net.UDPAddr).AddrPort(), name: "example.com.", qtype: dns.TypeA}.ask(t.Context())
	if r.tcp || !r.usable() || r.err == nil {
		t.Errorf("tcp %v, usable %v, error %v", r.tcp, r.usable(), r.err)
	}
}

func TestDNSAskRefused(t *testing.T) {
	t.Parallel()
	at := dnsClosed(t)
	if r := (dnsAsk{server: at, name: "example.com.", qtype: dns.TypeA}).ask(t.Context()); r.answer != facts.Refused {
		t.Errorf("a closed port is %q: %v", r.answer, r.err)
	}
}

// dnsClosed is an address of loopback at which nobody listens: the port was free a moment ago.
func dnsClosed(t *testing.T) netip.AddrPort {
	t.Helper()
	pc, l := dnsListen(t, "127.0.0.1", 0)
	defer pc.Close()
	defer l.Close()
	return pc.LocalAddr().(*net.UDPAddr).AddrPort()
}
