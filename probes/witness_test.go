package probes

import (
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"trunktester/probes/facts"
	"trunktester/probes/sip/siptest"
)

const witnessHost = "trunk.example.net"

// witnessed runs Name and then Witness: the given resolver is at 127.0.0.2, the public one at 127.0.0.3 on the
// same port.
func witnessed(t *testing.T, port uint16, sipPort int) (facts.Witness, Result) {
	t.Helper()
	n := Name{Host: witnessHost, Port: sipPort, Transport: "udp", Public: []netip.Addr{netip.MustParseAddr("127.0.0.3")}, DNSPort: port}
	known := dnsGiven("127.0.0.2")
	n.Look(t.Context(), known).File(&known)
	r := Witness{Name: n, Path: SIPPath{Transport: "udp", Dial: sipDialer(t), Domain: witnessHost}}.Look(t.Context(), known)
	return *dnsFiled(t, r).Witness, r
}

func TestWitness(t *testing.T) {
	server := siptest.New(t, siptest.Switches{})
	at := server.UDP(t, "127.0.0.1:0")
	given := dnsServe(t, "127.0.0.2", 0, witnessHost+". A 127.0.0.9")
	port := given.addr.Port()
	public := dnsServe(t, "127.0.0.3", int(port), witnessHost+". A 127.0.0.1")
	sipPort := int(at.Port())

	t.Run("the public one leads elsewhere, and SIP is answered there", func(t *testing.T) {
		f, r := witnessed(t, port, sipPort)
		if r.Outcome != facts.Failed || f.Server == nil || !answered(*f.Server) || f.Server.Target != at || f.Told().Targets[0].Addr != at {
			t.Errorf("%s %q: %+v", r.Outcome, r.Saw, f)
		}
		for _, e := range r.Evidence {
			if e.Kind != "control" {
				t.Errorf("evidence %+v", e)
			}
		}
		if public.count("udp A") == 0 || public.count("tcp A") == 0 {
			t.Error("not asked over both UDP and TCP")
		}
	})
	t.Run("it leads to a place where SIP is not answered", func(t *testing.T) {
		f, r := witnessed(t, port, int(closedUDP(t).Port()))
		if r.Outcome != facts.Failed || f.Server == nil || answered(*f.Server) {
			t.Errorf("%s %q: %+v", r.Outcome, r.Saw, f)
		}
	})
	before := len(server.Seen())
	for name, c := range map[string]struct {
		change  func(dns.Question, *dns.Msg) *dns.Msg
		outcome facts.Outcome
		saw     string
	}{
		"it says the same": {func(q dns.Question, m *dns.Msg) *dns.Msg {
			if q.Qtype == dns.TypeA {
				m.Answer = []dns.RR{&dns.A{Hdr: *m.Answer[0].Header(), A: net.IPv4(127, 0, 0, 9)}}
			}
			return m
		}, facts.Passed, "127.0.0.9:"},
		"it is silent": {func(dns.Question, *dns.Msg) *dns.Msg { return nil }, facts.Passed, "the only witness"},
		"it does not know the name": {func(_ dns.Question, m *dns.Msg) *dns.Msg {
			m.Answer, m.Rcode = nil, dns.RcodeNameError
			return m
		}, facts.Failed, "but the given one does"},
	} {
		t.Run(name, func(t *testing.T) {
			public.set(c.change)
			defer public.set(nil)
			f, r := witnessed(t, port, sipPort)
			if r.Outcome != c.outcome || !strings.Contains(r.Saw, c.saw) || f.Server != nil {
				t.Errorf("%s %q: %+v", r.Outcome, r.Saw, f)
			}
		})
	}
	if n := len(server.Seen()); n != before {
		t.Errorf("%d messages to the provider where nothing differs", n-before)
	}
}

// A router that answers in the place of public resolvers mostly does so over UDP alone: TCP is believed.
func TestWitnessBelievesTCP(t *testing.T) {
	server := siptest.New(t, siptest.Switches{})
	at := server.UDP(t, "127.0.0.1:0")
	given := dnsServe(t, "127.0.0.2", 0, witnessHost+". A 127.0.0.9")
	pc, l := dnsListen(t, "127.0.0.3", int(given.addr.Port()))
	for zone, s := range map[string]*dns.Server{"127.0.0.9": {PacketConn: pc}, "127.0.0.1": {Listener: l}} {
		a, err := dns.NewRR(witnessHost + ". A " + zone)
		if err != nil {
			t.Fatal(err)
		}
		up := make(chan struct{})
		s.Handler, s.NotifyStartedFunc = &dnsWorld{zone: []dns.RR{a}}, func() { close(up) }
		go s.ActivateAndServe()
		<-up
		t.Cleanup(func() { s.Shutdown() })
	}
	f, r := witnessed(t, given.addr.Port(), int(at.Port()))
	if r.Outcome != facts.Failed || f.Server == nil || !answered(*f.Server) {
		t.Errorf("%s %q: %+v", r.Outcome, r.Saw, f)
	}
	if len(f.UDP.Targets) == 0 || f.UDP.Targets[0].Addr.Addr().String() != "127.0.0.9" {
		t.Errorf("over UDP: %+v", f.UDP)
	}
}

func TestWitnessNotRun(t *testing.T) {
	public := []netip.Addr{netip.MustParseAddr("127.0.0.3")}
	for name, c := range map[string]struct {
		known  *facts.Name
		public []netip.Addr
	}{
		"a literal":          {&facts.Name{Way: "literal"}, public},
		"no name looked up":  {nil, public},
		"no public resolver": {&facts.Name{Way: "address"}, nil},
	} {
		r := Witness{Name: Name{Public: c.public}}.Look(t.Context(), facts.Facts{Name: c.known})
		if r.Outcome != facts.NotRun || r.File != nil {
			t.Errorf("%s: %s %q", name, r.Outcome, r.Saw)
		}
	}
}
