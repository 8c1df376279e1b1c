package sip

import (
	"net/netip"
	"testing"
)

func TestRespond(t *testing.T) {
	from := netip.MustParseAddrPort("192.168.1.30:40000")
	for _, c := range []struct{ name, via, want string }{
		{"rport is asked for", "SIP/2.0/UDP 192.168.1.30:5060;rport;branch=z9hG4bK1", "SIP/2.0/UDP 192.168.1.30:5060;branch=z9hG4bK1;rport=40000;received=192.168.1.30"},
		{"no rport", "SIP/2.0/UDP 203.0.113.2;branch=z9hG4bK1", "SIP/2.0/UDP 203.0.113.2;branch=z9hG4bK1;received=192.168.1.30"},
		{"a received of the PBX's own", "SIP/2.0/UDP a;received=198.51.100.1", "SIP/2.0/UDP a;received=192.168.1.30"},
		{"two hops in one line", "SIP/2.0/TCP a;branch=1, SIP/2.0/UDP b;rport", "SIP/2.0/TCP a;branch=1;received=192.168.1.30, SIP/2.0/UDP b;rport"},
	} {
		t.Run(c.name, func(t *testing.T) {
			request := Split([]byte("OPTIONS sip:x SIP/2.0\r\nVia: " + c.via + "\r\nVia: SIP/2.0/UDP below\r\nf: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: i\r\nCSeq: 3 OPTIONS\r\n\r\n"))
			want := "SIP/2.0 200 OK\r\nVia: " + c.want + "\r\nVia: SIP/2.0/UDP below\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=t\r\nCall-ID: i\r\nCSeq: 3 OPTIONS\r\n" +
				"Server: s\r\nContent-Length: 0\r\n\r\n"
			if got := string(request.Respond(200, "OK", "t", from, Header{"Server", "s"})); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
	tagged := Split([]byte("BYE sip:x SIP/2.0\r\nTo: \"A;tag=no\" <sip:c@d;tag=no>;tag=yes\r\n\r\n"))
	if got := Split(tagged.Respond(481, "x", "t", from)).Get("To"); got != `"A;tag=no" <sip:c@d;tag=no>;tag=yes` {
		t.Errorf("To: %s", got)
	}
}

func TestReplyTo(t *testing.T) {
	from := netip.MustParseAddrPort("192.168.1.30:40000")
	for via, want := range map[string]string{
		"SIP/2.0/UDP 10.0.0.1:5070;rport":                "192.168.1.30:40000",
		"SIP/2.0/UDP 10.0.0.1:5070":                      "192.168.1.30:5070",
		"SIP/2.0/UDP 198.51.100.1;maddr=203.0.113.9":     "192.168.1.30:5060",
		"SIP/2.0/UDP [2001:db8::1]":                      "192.168.1.30:5060",
		"SIP/2.0/UDP [2001:db8::1]:5071;branch=z9hG4bK1": "192.168.1.30:5071",
		"SIP/2.0/UDP a:99999":                            "192.168.1.30:5060",
	} {
		if got := Split([]byte("OPTIONS sip:x SIP/2.0\r\nVia: " + via + "\r\n\r\n")).ReplyTo(from).String(); got != want {
			t.Errorf("%s: %s, want %s", via, got, want)
		}
	}
}

// Credentials print nothing that is secret.
func TestCredentials(t *testing.T) {
	m := Split([]byte("REGISTER sip:x SIP/2.0\r\nAuthorization: Digest username=\"a, b\", realm=\"r\", nonce=\"n0nce\", response=\"re5ponse\"\r\n\r\n"))
	c := m.Credentials()
	if len(c) != 1 || c[0].Param("username") != "a, b" || c[0].Param("response") != "re5ponse" || c[0].String() != "Digest realm=r" || c[0].GoString() != "Digest realm=r" {
		t.Errorf("%v", c)
	}
}
