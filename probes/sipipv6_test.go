package probes

import (
	"context"
	"net/netip"
	"strings"
	"testing"
	"time"

	"trunktester/probes/facts"
	"trunktester/probes/sip"
	"trunktester/probes/sip/siptest"
)

// dualStack is a provider whose name has an IPv4 address, and this IPv6 one.
func dualStack(six netip.AddrPort) facts.Facts {
	known := knownTargets("udp", netip.MustParseAddrPort("127.0.0.1:5060"))
	known.Name.Six = []facts.Target{{Host: "sip.example.net", Addr: six, Transport: "udp"}}
	return known
}

func TestSIPOverIPv6(t *testing.T) {
	t.Parallel()
	needIPv6(t)
	for _, c := range []struct {
		name    string
		server  siptest.Switches
		outcome facts.Outcome
		saw     string
		sends   int // at most
	}{
		{"it answers", siptest.Switches{}, facts.Passed, "answered REGISTER with 401", 2},
		{"it refuses", siptest.Switches{Register: 403}, facts.Passed, "answered REGISTER with 403", 2},
		{"it answers OPTIONS alone", siptest.Switches{Register: -1}, facts.Passed, "answered OPTIONS with 200", 4},
		{"it is silent", siptest.Switches{Register: -1, Options: -1}, facts.Failed, "did not answer", 6},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			server := siptest.New(t, c.server)
			known := dualStack(server.UDP(t, "[::1]:0"))
			d := sipDialer(t)
			d.Source = netip.MustParseAddr("127.0.0.1") // the box's own, which is no address to ask IPv6 from
			kept := sip.Opening{Conn: &sip.UDP{}}
			d.Conduct.Leave("udp", kept)
			r := SIPOverIPv6{Path: SIPPath{Transport: "udp", Dial: d, Domain: "example.net", Username: "u"}}.Look(t.Context(), known)
			r.File(&known)
			if sent, secret := d.Conduct.Sent(); r.Outcome != c.outcome || !strings.Contains(r.Saw, c.saw) || sent > c.sends || secret != 0 {
				t.Errorf("%s: %s; %d sent", r.Outcome, r.Saw, sent)
			}
			if why := d.Conduct.Stopped(); why != "" && c.server.Register != 403 {
				t.Error("stopped:", why)
			}
			if o, ok := d.Conduct.Take("udp"); !ok || o.Conn != kept.Conn {
				t.Error("what the trunk's own path left for the login is gone")
			}
			if known.SIPv6.Transport != "udp" || len(known.SIPv6.Targets) != 1 || known.UDP != nil {
				t.Errorf("filed: %+v", known.SIPv6)
			}
			for _, e := range r.Evidence {
				if e.Kind != "control" {
					t.Errorf("evidence of kind %q", e.Kind)
				}
			}
		})
	}
}

func TestSIPOverIPv6NotAsked(t *testing.T) {
	t.Parallel()
	needIPv6(t)
	server := siptest.New(t, siptest.Switches{})
	at := server.UDP(t, "[::1]:0")
	only := knownTargets("udp", at)
	only.Name.Six = only.Name.Targets
	other := dualStack(at)
	other.Name.Six[0].Transport = "tcp"
	inside := sipDialer(t)
	inside.Via = "lo" // which leads to no other machine
	stopped := sipDialer(t)
	stopped.Conduct.Stop("the provider said no")
	for _, c := range []struct {
		name  string
		known facts.Facts
		dial  sip.Dialer
		saw   string
	}{
		{"there is no name", facts.Facts{}, sipDialer(t), "no IPv6 address"},
		{"the name has none", knownTargets("udp", netip.MustParseAddrPort("127.0.0.1:5060")), sipDialer(t), "no IPv6 address"},
		{"it has none for this transport", other, sipDialer(t), "no IPv6 address"},
		{"the trunk itself is tested by IPv6", only, sipDialer(t), "itself is tested by IPv6"},
		{"the box has no way there", dualStack(netip.MustParseAddrPort("[2001:db8::5]:5060")), inside, "reaches [2001:db8::5]:5060"},
		{"the provider has refused", dualStack(at), stopped, "was not asked"},
	} {
		r := SIPOverIPv6{Path: SIPPath{Transport: "udp", Dial: c.dial, Domain: "example.net"}}.Look(t.Context(), c.known)
		if r.Outcome != facts.NotRun || r.File != nil || !strings.Contains(r.Saw, c.saw) {
			t.Errorf("%s: %s %q", c.name, r.Outcome, r.Saw)
		}
	}
	if seen := server.Seen(); len(seen) > 0 {
		t.Errorf("%d requests were sent", len(seen))
	}
}

// By IPv6 nothing is translated, and what a reflector got by IPv4 says nothing: an ALG is not ruled out.
func TestALGOverIPv6(t *testing.T) {
	t.Parallel()
	needIPv6(t)
	for _, c := range []struct {
		name   string
		server siptest.Switches
		word   string
		direct bool
		why    string
	}{
		{"the provider sees the box's own address", siptest.Switches{Received: "always"}, facts.ALGCouldNotTell, true, "nothing is translated on the way"},
		{"the provider says nothing", siptest.Switches{Received: "never"}, facts.ALGCouldNotTell, true, "nothing is translated on the way"},
		{"the provider sees another address (translated)", siptest.Switches{SeenAs: netip.MustParseAddrPort("[2001:db8:99::1]:7")}, facts.ALGNotSeen, false, "each with its control"},
		{"From is rewritten", siptest.Switches{Received: "always", Mangle: func(s string) string {
			return strings.Replace(s, "<sip:trunktester@[::1]:", "<sip:trunktester@[2001:db8::1]:", 1)
		}}, facts.ALGCouldNotTell, false, "could not tell"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := sipDialer(t)
			known := knownTargets("udp", siptest.New(t, c.server).UDP(t, "[::1]:0"))
			known.Name.Six = known.Name.Targets
			known.Reflector = &facts.Reflector{Host: "r", Messages: []facts.Reflected{{Transport: "udp", Target: netip.MustParseAddrPort("127.0.0.1:5060")}}}
			SIPPath{Transport: "udp", Dial: d, Domain: "example.net"}.Look(t.Context(), known).File(&known)
			r := ALG{Dial: d, Domain: "example.net", Transport: "udp"}.Look(t.Context(), known)
			r.File(&known)
			if a := known.ALG; a.Word != c.word || a.Direct != c.direct || !strings.Contains(a.Why, c.why) {
				t.Errorf("%s %t: %s", a.Word, a.Direct, a.Why)
			}
			for _, p := range known.ALG.Proofs {
				if p.ID == algReflector {
					t.Error("the reflector was compared with")
				}
				if p.ID == "A4" && !strings.Contains(p.Probe.Sent, "c=IN IP6 ::1") {
					t.Errorf("the session description names no IPv6 address: %s", p.Probe.Sent)
				}
			}
			if n, _ := d.Conduct.Sent(); n > 40 {
				t.Errorf("%d requests", n)
			}
		})
	}
}

// Addresses where nothing lives, first hops and fragments are asked for by IPv4: a trunk that goes by IPv6 has no use for them.
func TestNotByIPv6(t *testing.T) {
	t.Parallel()
	known := knownTargets("udp", netip.MustParseAddrPort("[2001:db8::5]:5060"))
	known.UDP = &facts.Path{Transport: "udp", Targets: []facts.Attempt{{Target: netip.MustParseAddrPort("[2001:db8::5]:5060"), Exchanges: []facts.Exchange{{Method: "OPTIONS", Reply: &facts.Reply{Code: 200}}}}}}
	for _, p := range []Probe{Intercept{Transport: "udp", Dial: sipDialer(t)}, Hops{}, Fragments{Dial: sipDialer(t)}} {
		if r := p.Look(t.Context(), known); r.Outcome != facts.NotRun || !strings.Contains(r.Saw, "tested by IPv6") {
			t.Errorf("%T: %s %s", p, r.Outcome, r.Saw)
		}
	}
}

// Hosts of the outside world are asked by IPv6 only where the trunk goes by it.
func TestInternetByIPv6(t *testing.T) {
	t.Parallel()
	needIPv6(t)
	hosts := []netip.Addr{netip.MustParseAddr("2001:db8:ffff::1"), netip.MustParseAddr("2001:db8:ffff::2")} // no way there
	p := InternetByIPv6{Internet{Via: "lo", Targets: hosts}}
	if r := p.Look(t.Context(), knownTargets("udp", netip.MustParseAddrPort("127.0.0.1:5060"))); r.Outcome != facts.NotRun || r.File != nil {
		t.Errorf("a trunk by IPv4: %s", r.Outcome)
	}
	known := knownTargets("udp", netip.MustParseAddrPort("[2001:db8::5]:5060"))
	if r := (InternetByIPv6{}).Look(t.Context(), known); r.Outcome != facts.NotRun || r.File != nil {
		t.Errorf("no hosts: %s", r.Outcome)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	p.Look(ctx, known).File(&known)
	if known.Internet != nil || known.InternetByIPv6 == nil || len(known.InternetByIPv6.Targets) != 2 {
		t.Errorf("filed: %+v, %+v", known.Internet, known.InternetByIPv6)
	}
}
