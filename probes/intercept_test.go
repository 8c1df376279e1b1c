package probes

import (
	"net/netip"
	"strings"
	"testing"

	"trunktester/probes/facts"
	"trunktester/probes/sip/siptest"
)

// catcher answers SIP on 127.0.0.1, and on 127.0.0.2 as well where both is set.
func catcher(t *testing.T, transport string, both bool) (known facts.Facts, s *siptest.Server) {
	s = siptest.New(t, siptest.Switches{Headers: []string{"Server: Router"}})
	listen := s.UDP
	if transport == "tcp" {
		listen = s.TCP
	}
	first := listen(t, "127.0.0.1:0")
	if both {
		listen(t, netip.AddrPortFrom(netip.MustParseAddr("127.0.0.2"), first.Port()).String())
	}
	return knownTargets(transport, netip.AddrPortFrom(netip.MustParseAddr("198.51.100.5"), first.Port())), s
}

var stations = []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("127.0.0.2")}

func TestInterceptAnswered(t *testing.T) {
	for _, transport := range []string{"udp", "tcp"} {
		known, s := catcher(t, transport, true)
		d := sipDialer(t)
		r := Intercept{Transport: transport, Dial: d, Addrs: stations}.Look(t.Context(), known)
		r.File(&known)
		if r.Outcome != facts.Failed || len(known.Nowhere.Targets) != 2 || known.Nowhere.Transport != transport {
			t.Fatalf("%s: %s %s %+v", transport, r.Outcome, r.Saw, known.Nowhere)
		}
		for _, a := range known.Nowhere.Targets {
			if a.Exchanges[0].Reply.Server != "Router" || a.Exchanges[0].Reply.From != a.Target {
				t.Errorf("%s: %+v", transport, a)
			}
		}
		for _, seen := range s.Seen() { // an honest proxy would take a request for the provider's domain to the provider
			if !strings.HasPrefix(seen.Raw, "OPTIONS sip:127.0.0.") {
				t.Errorf("sent %q", seen.Raw)
			}
		}
		if all, _ := d.Conduct.Sent(); all != 0 || len(d.Conduct.Requests()) != 2 {
			t.Errorf("%s: %d counted as sent to the provider, %d listed", transport, all, len(d.Conduct.Requests()))
		}
	}
}

func TestInterceptRefusedIsNoAnswer(t *testing.T) {
	known := knownTargets("udp", closedUDP(t))
	r := Intercept{Transport: "udp", Dial: sipDialer(t), Addrs: stations}.Look(t.Context(), known)
	r.File(&known)
	sends := 0
	for _, a := range known.Nowhere.Targets {
		if answered(a) || len(a.ICMP) == 0 {
			t.Errorf("%+v", a)
		}
		sends += a.Exchanges[0].Sends
	}
	if r.Outcome != facts.Passed || sends > 4 {
		t.Errorf("%s %s, %d sends", r.Outcome, r.Saw, sends)
	}
}

func TestInterceptOneOfTwo(t *testing.T) {
	known, _ := catcher(t, "udp", false)
	r := Intercept{Transport: "udp", Dial: sipDialer(t), Addrs: stations}.Look(t.Context(), known)
	r.File(&known)
	if r.Outcome != facts.Failed || !answered(known.Nowhere.Targets[0]) || answered(known.Nowhere.Targets[1]) {
		t.Errorf("%s %s", r.Outcome, r.Saw)
	}
}

func TestInterceptWhereTheNetworkIsInUse(t *testing.T) {
	inUse := knownTargets("udp", netip.MustParseAddrPort("198.51.100.5:5060"))
	inUse.Address = &facts.Address{Prefix: netip.MustParsePrefix("192.0.2.7/24")}
	for name, known := range map[string]facts.Facts{
		"the site": inUse, "the provider": knownTargets("udp", netip.MustParseAddrPort("192.0.2.9:5060")), "no server": knownTargets("tcp"),
	} {
		if r := (Intercept{Transport: "udp", Dial: sipDialer(t)}).Look(t.Context(), known); r.Outcome != facts.NotRun || r.File != nil {
			t.Errorf("%s: %s %s", name, r.Outcome, r.Saw)
		}
	}
}
