package probes

import (
	"net/netip"
	"strings"
	"testing"

	"trunktester/probes/facts"
	"trunktester/probes/sip"
	"trunktester/probes/sip/siptest"
)

func answeredAt(transport, method string, at netip.AddrPort) *facts.Path {
	return &facts.Path{Transport: transport, Targets: []facts.Attempt{{Target: at, Exchanges: []facts.Exchange{{Method: method, Reply: &facts.Reply{Code: 200}}}}}}
}

func TestFragmentsAnswered(t *testing.T) {
	server, other := siptest.New(t, siptest.Switches{}), siptest.New(t, siptest.Switches{})
	control := other.UDP(t, "127.0.0.1:0")
	known := facts.Facts{UDP: answeredAt("udp", sip.OPTIONS, server.UDP(t, "127.0.0.1:0")), TCP: answeredAt("tcp", sip.OPTIONS, server.TCP(t, "127.0.0.1:0"))}
	d := sipDialer(t)
	r := Fragments{Dial: d, Domain: "sip.example.net", Username: "u", Hosts: []string{control.String()}}.Look(t.Context(), known)
	r.File(&known)
	f := known.Fragments
	if r.Outcome != facts.Passed || !answered(f.Whole) || !answered(f.Long) || f.TCP == nil || !answered(*f.TCP) || len(f.Controls) != 1 || len(f.Controls[0].Exchanges) != 2 {
		t.Fatalf("%s %s %+v", r.Outcome, r.Saw, f)
	}
	if all, _ := d.Conduct.Sent(); all != 3 {
		t.Errorf("%d sent to the provider", all)
	}
	for _, s := range []*siptest.Server{server, other} {
		lengths := map[bool]int{}
		for _, seen := range s.Seen() {
			n := len(seen.Raw)
			if head, _, _ := strings.Cut(seen.Raw, "\r\n\r\n"); n < wholeLength-40 || n > fragmentedLength+40 || len(head) > 600 {
				t.Errorf("%d bytes, %d of them the head", n, len(head))
			}
			lengths[n > 1472]++
		}
		if lengths[true] == 0 || lengths[false] != 1 {
			t.Errorf("long and whole ones: %v", lengths)
		}
	}
}

func TestFragmentsSilent(t *testing.T) {
	server := siptest.New(t, siptest.Switches{Options: -1})
	known := facts.Facts{UDP: answeredAt("udp", sip.OPTIONS, server.UDP(t, "127.0.0.1:0"))}
	d := sipDialer(t)
	r := Fragments{Dial: d, Domain: "sip.example.net"}.Look(t.Context(), known)
	r.File(&known)
	if r.Outcome != facts.NotRun || known.Fragments.TCP != nil || d.Conduct.Stopped() != "" {
		t.Errorf("%s %s; stopped: %q", r.Outcome, r.Saw, d.Conduct.Stopped())
	}
}

func TestFragmentsWithoutUDP(t *testing.T) {
	if r := (Fragments{Dial: sipDialer(t)}).Look(t.Context(), facts.Facts{}); r.Outcome != facts.NotRun || r.File != nil {
		t.Errorf("%s %s", r.Outcome, r.Saw)
	}
}
