package sip

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestSplit(t *testing.T) {
	date := time.Date(2026, 11, 23, 20, 5, 8, 0, time.UTC)
	for _, c := range []struct {
		name, raw string
		check     func(m *Message) any
		want      any
	}{
		{"status", "SIP/2.0 401 Not  Known\r\n\r\n", func(m *Message) any { return []any{m.Code, m.Reason} }, []any{401, "Not  Known"}},
		{"no reason", "SIP/2.0 200\r\n\r\n", func(m *Message) any { return m.Code }, 200},
		{"code of four", "SIP/2.0 2000 OK\r\n\r\n", func(m *Message) any { return m.Code }, 0},
		{"code out of range", "SIP/2.0 999 OK\r\n\r\n", func(m *Message) any { return m.Code }, 0},
		{"HTTP", "HTTP/1.1 200 OK\r\n\r\n", func(m *Message) any { return m.Code }, 0},
		{"escape in the reason", "SIP/2.0 200 \x1b[31m\r\n\r\n", func(m *Message) any { return m.Reason }, "?[31m"},
		{"request", "OPTIONS sip:a SIP/2.0\r\n\r\n", func(m *Message) any { return m.Method + " " + m.URI }, "OPTIONS sip:a"},
		{"LF only", "SIP/2.0 200 OK\nCall-ID: x\n\nbody", func(m *Message) any { return m.Get("call-id") + string(m.Body) }, "xbody"},
		{"folded", "SIP/2.0 200 OK\r\nSubject: a\r\n \t b\r\n c\r\nTo: d\r\n\r\n", func(m *Message) any { return m.Get("Subject") + "|" + m.Get("To") }, "a b c|d"},
		{"compact", "SIP/2.0 200 OK\r\nv: SIP/2.0/UDP h\r\ni : x\r\nL: 0\r\n\r\n", func(m *Message) any { return m.Get("Via") + m.Get("Call-ID") + m.Get("Content-Length") }, "SIP/2.0/UDP hx0"},
		{"no colon", "SIP/2.0 200 OK\r\nwhat\r\nTo: a\r\n\r\n", func(m *Message) any { return m.Headers }, []Header{{"", "what"}, {"To", "a"}}},
		{"CSeq", "SIP/2.0 200 OK\r\nCSeq: 7   REGISTER\r\n\r\n", func(m *Message) any { n, s := m.CSeq(); return []any{n, s} }, []any{uint32(7), "REGISTER"}},
		{"CSeq too large", "SIP/2.0 200 OK\r\nCSeq: 36893488147419103232 REGISTER\r\n\r\n", func(m *Message) any { n, s := m.CSeq(); return []any{n, s} }, []any{uint32(0), ""}},
		{"date", "SIP/2.0 200 OK\r\nDate: Mon, 23 Nov 2026 20:05:08 GMT\r\n\r\n", func(m *Message) any { return m.Date() }, &date},
		{"no date", "SIP/2.0 200 OK\r\nDate: yesterday\r\n\r\n", func(m *Message) any { return m.Date() }, (*time.Time)(nil)},
		{"retry", "SIP/2.0 503 Busy\r\nRetry-After: 120 (I'm in a meeting);duration=60\r\n\r\n", func(m *Message) any { return m.RetryAfter() }, 2 * time.Minute},
		{"retry for ever", "SIP/2.0 503 Busy\r\nRetry-After: 4294967295\r\n\r\n", func(m *Message) any { return m.RetryAfter() }, 365 * 24 * time.Hour},
		{"retry negative", "SIP/2.0 503 Busy\r\nRetry-After: -1\r\n\r\n", func(m *Message) any { return m.RetryAfter() }, time.Duration(0)},
		{"seen as", "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 10.0.0.1:5070;received=192.0.2.1;rport=4444;branch=z, SIP/2.0/TCP b\r\n\r\n",
			func(m *Message) any { return []any{m.Via().SeenAs(), len(m.Vias()), m.Via().Transport} }, []any{netip.MustParseAddrPort("192.0.2.1:4444"), 2, "UDP"}},
		{"seen as sent", "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 10.0.0.1;rport\r\n\r\n", func(m *Message) any { return m.Via().SeenAs() }, netip.MustParseAddrPort("10.0.0.1:5060")},
		{"seen as nobody", "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP probe.invalid:1\r\n\r\n", func(m *Message) any { return m.Via().SeenAs() }, netip.AddrPort{}},
		{"spaced via", "SIP/2.0 200 OK\r\nVia: SIP  / 2.0\r\n /UDP\r\n    192.0.2.2 : 5061 ;branch = b;received=[2001:db8::1]\r\n\r\n",
			func(m *Message) any {
				v := m.Via()
				b, _ := v.Params.Get("branch")
				return []any{v.SentBy, b, v.Received()}
			}, []any{"192.0.2.2:5061", "b", netip.MustParseAddr("2001:db8::1")}},
		{"contacts", "SIP/2.0 200 OK\r\nContact: \"Quote, \\\" <x>\" <sip:u;p=1@192.0.2.1:5099;transport=tcp>;expires=60;received=\"sip:192.0.2.9:4\", sip:v@host;q=1\r\nm: *\r\n\r\n",
			func(m *Message) any { return m.Contacts() }, []Contact{
				{`Quote, " <x>`, "sip:u;p=1@192.0.2.1:5099;transport=tcp", Params{{"expires", "60"}, {"received", "sip:192.0.2.9:4"}}},
				{"", "sip:v@host", Params{{"q", "1"}}}, {"", "*", nil}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, c.check(Split([]byte(c.raw))), cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b }), cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestContactHost(t *testing.T) {
	for uri, want := range map[string]string{
		"sip:u@192.0.2.1:5099;transport=udp": "192.0.2.1:5099", "sip:192.0.2.1": "192.0.2.1:5060", "sips:u@192.0.2.1": "192.0.2.1:5061",
		"sip:u@[2001:db8::1]:7": "[2001:db8::1]:7", "sip:u@host": "invalid AddrPort", "*": "invalid AddrPort", "": "invalid AddrPort", "sip:a@b@192.0.2.1": "invalid AddrPort",
	} {
		if got := (Contact{URI: uri}).Host().String(); got != want {
			t.Errorf("%q: %s, want %s", uri, got, want)
		}
	}
}

func TestChallenges(t *testing.T) {
	m := Split([]byte("SIP/2.0 401 Unauthorized\r\n" +
		"WWW-Authenticate: Digest realm=\"a, \\\"b\\\" <c\", nonce=\"n1\", algorithm=SHA-256, qop=\"auth-int, auth\", stale=TRUE\r\n" +
		"Proxy-Authenticate: Basic realm=\"x\", Digest realm = y ,nonce=n2\r\n" +
		"WWW-Authenticate: NTLM\r\n\r\n"))
	got := m.Challenges()
	if len(got) != 4 {
		t.Fatalf("%d challenges: %v", len(got), got)
	}
	if c := got[0]; c.Proxy || c.Scheme != "Digest" || c.Realm() != `a, "b" <c` || c.Nonce() != "n1" || c.Algorithm() != "SHA-256" || !c.Stale() || !cmp.Equal(c.QOP(), []string{"auth-int", "auth"}) {
		t.Errorf("first: %+v", c.Params)
	}
	if c := got[1]; !c.Proxy || c.Scheme != "Basic" || c.Realm() != "x" {
		t.Errorf("second: %v", c)
	}
	if c := got[2]; !c.Proxy || c.Scheme != "Digest" || c.Realm() != "y" || c.Nonce() != "n2" || c.Stale() {
		t.Errorf("third: %+v", c.Params)
	}
	if c := got[3]; c.Scheme != "NTLM" || c.Realm() != "" {
		t.Errorf("fourth: %v", c)
	}
}

// torture gives messages in the manner of RFC 4475, one in each file of testdata/torture.
func torture(f *testing.F) {
	files, err := filepath.Glob("testdata/torture/*.sip")
	if err != nil || len(files) == 0 {
		f.Fatal("no torture messages", err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
}

func FuzzSplit(f *testing.F) {
	torture(f)
	f.Fuzz(func(t *testing.T, raw []byte) {
		m := Split(raw)
		if string(m.Raw) != string(raw) {
			t.Error("not verbatim")
		}
		if m.Code != 0 && (m.Code < 100 || m.Code > 699 || m.Method != "") {
			t.Error("code", m.Code, "method", m.Method)
		}
		for _, h := range m.Headers {
			if strings.ContainsAny(h.Name+h.Value, "\n") {
				t.Errorf("line end in %q", h)
			}
		}
		if d := m.RetryAfter(); d < 0 || d > 365*24*time.Hour {
			t.Error("Retry-After", d)
		}
		m.Date()
		m.CSeq()
		t1 := transaction{request: Request{Branch: "b", CallID: "c", FromTag: "t"}}
		t1.owns(raw)
	})
}

func FuzzVia(f *testing.F) {
	for _, s := range []string{"SIP/2.0/UDP 192.0.2.1:5060;rport=1;received=192.0.2.2", "SIP / 2.0 / UDP [::1] ; branch = \"a;b\"", ",,;=", "SIP/2.0/UDP h;received=[2001:db8::1]",
		"SIP/2.0/UDP [2001:db8::9:1]:6050;received=2001:db8::9:255;rport=7", "SIP/2.0/UDP [::ffff:192.0.2.10]:19823", "SIP/2.0/UDP 2001:db8::1", "SIP/2.0/UDP [2001:db8:::192.0.2.1];received=[::1", "SIP/2.0/UDP [fe80::1%eth0]"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		m := &Message{Headers: []Header{{"Via", s}}}
		for _, v := range m.Vias() {
			if ap := v.SeenAs(); ap.IsValid() && ap.Addr().Is4In6() {
				t.Error("covered address", ap)
			}
		}
	})
}

func FuzzContacts(f *testing.F) {
	for _, s := range []string{"*", "<sip:a@192.0.2.1>;expires=1, \"x\\\"\" <sip:b>", "\"<\" <", "<>,,<;>",
		"<sip:a@[2001:db8::1]:5071>;received=\"sip:[2001:db8::2]\"", "sip:a@[2001:db8::1", "sips:[::ffff:192.0.2.1]", "sip:2001:db8::10:5070"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, c := range (&Message{Headers: []Header{{"m", s}}}).Contacts() {
			c.Host()
		}
	})
}

func FuzzChallenges(f *testing.F) {
	for _, s := range []string{`Digest realm="a", nonce="b"`, `Digest`, `realm=`, `"`, `Basic a==, Digest b = "c`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, c := range (&Message{Headers: []Header{{"WWW-Authenticate", s}}}).Challenges() {
			if c.Proxy || strings.ContainsAny(c.Scheme, " \t=\"") {
				t.Errorf("%q: scheme %q", s, c.Scheme)
			}
			c.QOP()
		}
	})
}

func FuzzErrors(f *testing.F) {
	f.Add([]byte{})
	f.Add(append([]byte{40, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 11, 0, 0, 0}, make([]byte, 24)...))
	f.Fuzz(func(t *testing.T, control []byte) { parseErrors(control) })
}
