package probes_test

import (
	"fmt"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"trunktester/appliance/profile"
	"trunktester/probes"
	"trunktester/probes/facts"
)

var compareAddr = cmp.Comparer(func(a, b netip.Addr) bool { return a == b })

// seen is an exchange whose Via had sentBy and whose reply says who we are.
func seen(sentBy, as string) facts.Exchange {
	return facts.Exchange{
		Sent:  fmt.Sprintf("OPTIONS sip:x SIP/2.0\r\nVia: SIP/2.0/UDP %s;rport;branch=z9hG4bK1\r\n\r\n", sentBy),
		Reply: &facts.Reply{Code: 200, SeenAs: netip.MustParseAddrPort(as)},
	}
}

func path(transport string, xs ...facts.Exchange) *facts.Path {
	return &facts.Path{Transport: transport, Targets: []facts.Attempt{{Exchanges: xs}}}
}

func TestCheckIP(t *testing.T) {
	private, six := netip.MustParseAddr("10.9.0.2"), netip.MustParseAddr("2001:db8::20")
	portal, other := netip.MustParseAddr("203.0.113.7"), netip.MustParseAddr("203.0.113.9")
	stun := func(a netip.Addr) *facts.Public { return &facts.Public{Addr: a} }
	tests := []struct {
		name     string
		portal   netip.Addr // zero: 203.0.113.7
		known    facts.Facts
		provider netip.Addr
		stun     netip.Addr
		outcome  facts.Outcome
	}{
		{name: "nobody told", outcome: facts.NotRun},
		{name: "equal", known: facts.Facts{UDP: path("udp", seen("192.168.1.20:40000", "203.0.113.7:40000"))}, provider: portal, outcome: facts.Passed},
		{name: "differs", known: facts.Facts{UDP: path("udp", seen("192.168.1.20:40000", "203.0.113.9:40000"))}, provider: other, outcome: facts.Failed},
		{name: "an ALG puts our own address back",
			known: facts.Facts{UDP: path("udp", seen("192.168.1.20:40000", "192.168.1.20:40000")), Public: stun(portal)}, stun: portal, outcome: facts.Passed},
		{name: "the control sees through the ALG", known: facts.Facts{
			UDP: path("udp", seen("192.168.1.20:40000", "192.168.1.20:40000")),
			ALG: &facts.ALG{Proofs: []facts.Proof{{ID: "A1", Probe: seen("192.168.1.20:40000", "192.168.1.20:40000"), Control: seen("probe.invalid:40000", "203.0.113.9:40000")}}},
		}, provider: other, outcome: facts.Failed},
		{name: "TLS before UDP", known: facts.Facts{
			UDP: path("udp", seen("192.168.1.20:40000", "203.0.113.9:40000")), TLS: path("tls", seen("192.168.1.20:40000", "203.0.113.7:40000")),
		}, provider: portal, outcome: facts.Passed},
		{name: "over TLS the server adds nothing", known: facts.Facts{
			UDP: path("udp", seen("192.168.1.20:40000", "203.0.113.7:40000")), TLS: path("tls", seen("192.168.1.20:40000", "192.168.1.20:40000")),
		}, provider: portal, outcome: facts.Passed},
		{name: "the provider before STUN", known: facts.Facts{UDP: path("udp", seen("192.168.1.20:40000", "203.0.113.9:40000")), Public: stun(portal)},
			provider: other, stun: portal, outcome: facts.Failed},
		{name: "only STUN", known: facts.Facts{Public: stun(other)}, stun: other, outcome: facts.Failed},
		{name: "STUN servers differ", known: facts.Facts{Public: &facts.Public{Differ: true, Answers: []facts.STUNAnswer{
			{Mapped: netip.AddrPortFrom(other, 1)}, {Mapped: netip.AddrPortFrom(portal, 1)},
		}}}, outcome: facts.NotRun},
		{name: "the other family does not count", known: facts.Facts{UDP: path("udp", seen("[2001:db8::20]:40000", "[2001:db8::20]:40000")), Public: stun(portal)},
			stun: portal, outcome: facts.Passed},
		{name: "the first server kept silent", known: facts.Facts{UDP: path("udp", facts.Exchange{Sent: "OPTIONS sip:x SIP/2.0\r\n\r\n"}, seen("192.168.1.20:40000", "203.0.113.7:40000"))},
			provider: portal, outcome: facts.Passed},
		{name: "two answers differ: the first counts", known: facts.Facts{UDP: path("udp", seen("192.168.1.20:40000", "203.0.113.9:40000"), seen("192.168.1.20:40000", "203.0.113.7:40000"))},
			provider: other, outcome: facts.Failed},
		{name: "a device on the way changes the address, and no name", known: facts.Facts{
			UDP: path("udp", seen("192.168.1.20:40000", "203.0.113.9:40000")),
			ALG: &facts.ALG{Proofs: []facts.Proof{{ID: "A1", Control: seen("probe.invalid:40000", "203.0.113.7:40000")}}},
		}, provider: portal, outcome: facts.Passed},
		{name: "a private line, and the portal holds the private address", portal: private, known: facts.Facts{UDP: path("udp", seen("192.168.1.20:40000", "10.9.0.2:40000"))},
			provider: private, outcome: facts.Passed},
		{name: "a private line, and the portal holds another address", known: facts.Facts{
			ALG: &facts.ALG{Proofs: []facts.Proof{{ID: "A1", Control: seen("probe.invalid:40000", "10.9.0.2:40000")}}},
		}, provider: private, outcome: facts.Failed},
		{name: "what was sent is not kept, and the box's own address came back", known: facts.Facts{UDP: path("udp", facts.Exchange{Reply: &facts.Reply{Code: 200, SeenAs: netip.MustParseAddrPort("192.168.1.20:40000")}})},
			outcome: facts.NotRun},
		{name: "by IPv6, and over TLS the server says nothing", portal: six, known: facts.Facts{
			UDP: path("udp", seen("[2001:db8::20]:40000", "[2001:db8::20]:40000")), TLS: path("tls", facts.Exchange{Reply: &facts.Reply{Code: 200}}),
		}, provider: six, outcome: facts.Passed},
		{name: "STUN knows the address of the other family alone", portal: six, known: facts.Facts{Public: stun(portal)}, outcome: facts.NotRun},
		{name: "the first STUN server kept silent", portal: six, known: facts.Facts{Public: &facts.Public{Answers: []facts.STUNAnswer{
			{}, {Mapped: netip.AddrPortFrom(portal, 1)}, {Mapped: netip.AddrPortFrom(six, 1)},
		}}}, stun: six, outcome: facts.Passed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			set := portal
			if tt.portal.IsValid() {
				set = tt.portal
			}
			p := probes.CheckIP{Trunk: profile.Trunk{Domain: "sip.example.net", Transport: "udp", Auth: "ip", CheckIP: set}}
			r := p.Look(t.Context(), tt.known)
			file(&tt.known, r)
			want := &facts.CheckIP{Portal: set, Provider: tt.provider, STUN: tt.stun}
			if diff := cmp.Diff(want, tt.known.CheckIP, compareAddr); diff != "" || r.Outcome != tt.outcome {
				t.Errorf("%s: %s (-want +got):\n%s", r.Outcome, r.Saw, diff)
			}
		})
	}
}

func TestCheckIPOfATrunkWithPassword(t *testing.T) {
	r := probes.CheckIP{Trunk: profile.Trunk{Auth: "register"}}.Look(t.Context(), facts.Facts{})
	if r.Outcome != facts.NotRun || r.File != nil || r.Saw == "" {
		t.Errorf("%+v", r)
	}
}
