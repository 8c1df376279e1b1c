package sip

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The torture messages of RFC 5118, section by section.
func TestIPv6References(t *testing.T) {
	for _, c := range []struct {
		file string
		see  func(m *Message) any
		want string
	}{
		{"ipv6-good", func(m *Message) any { return []any{m.URI, m.Via().SeenAs(), m.Contacts()[0].Host()} },
			"[sip:[2001:db8::10] [2001:db8::9:1]:5060 [2001:db8::1]:5060]"},
		{"ipv6-bad", func(m *Message) any { return m.URI }, "sip:2001:db8::10"},
		{"port-ambiguous", func(m *Message) any { return Contact{URI: m.URI}.Host() }, "[2001:db8::10:5070]:5060"},
		{"port-unambiguous", func(m *Message) any { return Contact{URI: m.URI}.Host() }, "[2001:db8::10]:5070"},
		{"via-received-param-with-delim", func(m *Message) any { return []any{m.Code, m.Via().Received(), m.Via().SeenAs()} },
			"[200 2001:db8::9:255 [2001:db8::9:255]:5060]"},
		{"via-received-param-no-delim", func(m *Message) any { return []any{m.Via().Received(), m.Contacts()[0].Host()} },
			"[2001:db8::9:255 [2001:db8::1]:5071]"},
		{"ipv6-in-sdp", func(m *Message) any {
			return []any{m.Via().SeenAs(), strings.Count(string(m.Body), "IN IP6 2001:db8::20")}
		},
			"[[2001:db8::20]:5060 2]"},
		{"mult-ip-in-header", func(m *Message) any {
			v := m.Vias()
			return []any{v[0].SeenAs(), v[1].SeenAs(), v[2].SeenAs()}
		}, "[[2001:db8::9:1]:6050 192.0.2.1:5060 192.0.2.200:5060]"},
		{"ipv4-mapped-ipv6", func(m *Message) any { return []any{m.Via().SeenAs(), m.Contacts()[0].Host()} },
			"[192.0.2.10:19823 192.0.2.2:5060]"},
		{"ipv6-bug-abnf-3-colons", func(m *Message) any { return []any{m.Method, Contact{URI: m.URI}.Host().IsValid()} }, "[OPTIONS false]"},
	} {
		raw, err := os.ReadFile(filepath.Join("testdata", "torture", c.file+".sip"))
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(c.see(Split(raw))); got != c.want {
			t.Errorf("%s: %s, want %s", c.file, got, c.want)
		}
	}
}

// A request over IPv6 has its own address in brackets wherever an address with a port stands, and none in received=.
func TestRequestOverIPv6(t *testing.T) {
	local := netip.MustParseAddrPort("[2001:db8::20]:40000")
	r := Request{Method: REGISTER, URI: "sip:" + Host("2001:db8::5"), From: "sip:u@" + Host("sip.example.net"), To: "sip:u@x", Agent: "t",
		Contact: fmt.Sprintf("<sip:u@%s>", local)}.Filled(local)
	b, err := r.Bytes("udp")
	if err != nil {
		t.Fatal(err)
	}
	m := Split(b)
	if m.URI != "sip:[2001:db8::5]" || m.Via().SentBy != "[2001:db8::20]:40000" || m.Via().SeenAs() != local || m.Contacts()[0].Host() != local {
		t.Errorf("%s", b)
	}
	reply := Split(m.Respond(200, "OK", "tag", netip.MustParseAddrPort("[2001:db8::99]:7")))
	if !strings.Contains(string(reply.Raw), "received=2001:db8::99") || reply.Via().SeenAs().String() != "[2001:db8::99]:7" {
		t.Errorf("%s", reply.Raw)
	}
	if to := m.ReplyTo(netip.MustParseAddrPort("[2001:db8::99]:7")); to.String() != "[2001:db8::99]:7" {
		t.Error("reply to", to)
	}
}

func TestExpired(t *testing.T) {
	for _, c := range []struct {
		from string
		kind int
		want bool
		says string
	}{
		{"192.0.2.1", 11, true, "ICMP type 11 code 0 from 192.0.2.1"}, {"192.0.2.1", 3, false, "ICMP type 3 code 0 from 192.0.2.1"},
		{"2001:db8::1", 3, true, "ICMPv6 type 3 code 0 from 2001:db8::1"}, {"2001:db8::1", 11, false, "ICMPv6 type 11 code 0 from 2001:db8::1"},
	} {
		e := ICMPError{Offender: netip.MustParseAddr(c.from), Type: c.kind, Quoted: []byte("x")}
		_, _, quoted := Exchange{ICMP: []ICMPError{e}}.Quoted()
		if quoted != c.want || e.String() != c.says {
			t.Errorf("%s: %t", e, quoted)
		}
	}
}
