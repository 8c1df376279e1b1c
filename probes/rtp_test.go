package probes

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"trunktester/appliance/profile"
	"trunktester/probes/facts"
	"trunktester/probes/sip"
	"trunktester/reflector"
)

var (
	onLoopback = facts.Facts{Address: &facts.Address{Prefix: netip.MustParsePrefix("127.0.0.1/8")}}
	loopback   = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
)

func farEnd(s *reflector.Server, token string) FarEnd {
	return FarEnd{Host: s.UDP()[0].String(), Token: profile.Secret(token), Dial: sip.Dialer{Agent: "trunktester/test"}}
}

func TestRTPSpread(t *testing.T) {
	for _, c := range []struct {
		low, top int
		want     []uint16
	}{
		{10000, 20000, []uint16{10000, 12500, 15000, 17500, 20000}},
		{10001, 10010, []uint16{10002, 10004, 10006, 10010}},
		{16384, 32767, []uint16{16384, 20478, 24574, 28670, 32766}},
		{5000, 5000, []uint16{5000}},
		{1, 65535, []uint16{2, 16384, 32768, 49150, 65534}},
	} {
		got := rtpSpread(c.low, c.top)
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%d-%d: %s", c.low, c.top, d)
		}
	}
}

// The real reflector on loopback echoes at the ports that it serves; at others the host says that nobody listens.
func TestRTPEcho(t *testing.T) {
	t.Parallel()
	s := startReflector(t, func(c *reflector.Config) { c.RTPHost, c.RTP = "127.0.0.1", []uint16{0} })
	port := int(s.Voice()[0].Port())
	for _, c := range []struct {
		name      string
		low, top  int
		token     string
		answer    facts.Answer
		back, tos int
		sip       bool
	}{
		{"echoed", port, port, reflectorToken, facts.Answered, rtpPackets, 184, true},
		{"a wrong token: neither voice nor SIP is answered", port, port, "another-token-0123456", facts.Silent, 0, -1, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			known := onLoopback
			m, err := farEnd(s, c.token).found(t.Context(), known)
			if err != nil {
				t.Fatal(err)
			}
			got, err := m.voice(t.Context(), uint16(port))
			if err != nil || got.Answer != c.answer || got.Back != c.back || got.TOS != c.tos || got.TOSBack != c.tos || got.Sent != rtpPackets {
				t.Errorf("%+v, %v", got, err)
			}
			p := RTP{FarEnd: farEnd(s, c.token), Low: port &^ 1, Top: port &^ 1, Networks: loopback}
			r := p.Look(t.Context(), known)
			r.File(&known)
			if known.RTP.SIP != c.sip || !known.RTP.Inside || len(known.RTP.Ports) != 1 {
				t.Errorf("%+v", known.RTP)
			}
		})
	}
	closed := closedUDP(t)
	m, err := farEnd(s, reflectorToken).found(t.Context(), onLoopback)
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := m.voice(t.Context(), closed.Port()); got.Answer != facts.Refused || got.Back != 0 {
		t.Errorf("nobody listens: %+v", got)
	}
}

func TestRTPNotTested(t *testing.T) {
	s := startReflector(t, nil)
	for name, p := range map[string]RTP{
		"no reflector":         {Low: 10000, Top: 20000, Networks: loopback},
		"a name without a DNS": {FarEnd: FarEnd{Host: "reflector.example.net"}, Low: 10000, Top: 20000, Networks: loopback},
	} {
		if r := p.Look(t.Context(), onLoopback); r.Outcome != facts.NotRun || r.File != nil {
			t.Errorf("%s: %s %s", name, r.Outcome, r.Saw)
		}
	}
	// What comes back from a reflector elsewhere is filed, and says nothing about the provider's ports.
	for name, p := range map[string]RTP{
		"no networks":         {FarEnd: farEnd(s, reflectorToken), Low: 10000, Top: 10000},
		"a reflector outside": {FarEnd: farEnd(s, reflectorToken), Low: 10000, Top: 10000, Networks: []netip.Prefix{netip.MustParsePrefix("198.51.100.0/24")}},
	} {
		known := onLoopback
		r := p.Look(t.Context(), known)
		if r.Outcome != facts.NotRun || r.File == nil || !strings.Contains(r.Saw, "not tested") {
			t.Fatalf("%s: %s %s", name, r.Outcome, r.Saw)
		}
		if r.File(&known); known.RTP.Inside {
			t.Errorf("%s: %+v", name, known.RTP)
		}
	}
}
