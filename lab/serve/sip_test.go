package serve

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParseSIP(t *testing.T) {
	unexported := cmp.AllowUnexported(sipMessage{}, sipHeader{})
	for name, tt := range map[string]struct {
		in   string
		want sipMessage
	}{
		"as it should be": {
			"OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h\r\nTo: <sip:a@b>\r\n\r\nbody",
			sipMessage{"OPTIONS sip:a@b SIP/2.0", []sipHeader{{"via", "SIP/2.0/UDP h"}, {"to", "<sip:a@b>"}}, []byte("body")},
		},
		"bare LF, compact, folded": {
			"\r\nOPTIONS sip:a@b SIP/2.0\nv:SIP/2.0/UDP h\ns: one\n two\nnonsense\nX : y\n\n",
			sipMessage{"OPTIONS sip:a@b SIP/2.0", []sipHeader{{"via", "SIP/2.0/UDP h"}, {"subject", "one two"}, {"x", "y"}}, []byte{}},
		},
		"cut off": {"SIP/2.0 200 OK\r\nVia: x", sipMessage{"SIP/2.0 200 OK", []sipHeader{{"via", "x"}}, nil}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := parseSIP([]byte(tt.in))
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tt.want, got, unexported); d != "" {
				t.Error(d)
			}
		})
	}
	for _, in := range []string{"", "\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", "\x00\x01\x00\x00!\x12\xa4B"} {
		if _, err := parseSIP([]byte(in)); err == nil {
			t.Errorf("parseSIP(%q) is no SIP and was taken", in)
		}
	}
}

func TestSplitList(t *testing.T) {
	got := splitList(`"a, \"b" <sip:x,y@h>;q=1 ,<sip:z@h>,,`, ',')
	if d := cmp.Diff([]string{`"a, \"b" <sip:x,y@h>;q=1`, "<sip:z@h>"}, got); d != "" {
		t.Error(d)
	}
}

func TestParseURI(t *testing.T) {
	for in, want := range map[string]sipURI{
		"sip:1001@203.0.113.1:5060;transport=tcp": {"sip", "1001", "203.0.113.1", 5060, ";transport=tcp"},
		"SIPS:a:pw@[2001:db8::1]:99":              {"sips", "a", "2001:db8::1", 99, ""},
		"sip:host":                                {"sip", "", "host", 0, ""},
		"sip:a@1.2.3.4:":                          {"sip", "a", "1.2.3.4", 0, ""},
	} {
		if got := parseURI(in); got != want {
			t.Errorf("parseURI(%q) = %+v, want %+v", in, got, want)
		}
	}
}

// The rules of RFC 3261 section 18.2 and RFC 3581 section 4, seen from a server that got the packet
// from 203.0.113.7:40000.
func TestVia(t *testing.T) {
	source := netip.MustParseAddrPort("203.0.113.7:40000")
	for name, tt := range map[string]struct {
		via  string
		set  RegistrarSettings
		want string
		to   string
	}{
		"other address":       {"SIP/2.0/UDP 192.168.1.20:5060;branch=x", RegistrarSettings{}, "SIP/2.0/UDP 192.168.1.20:5060;branch=x;received=203.0.113.7", "203.0.113.7:5060"},
		"other port only":     {"SIP/2.0/UDP 203.0.113.7:5099;branch=x", RegistrarSettings{}, "SIP/2.0/UDP 203.0.113.7:5099;branch=x", "203.0.113.7:5099"},
		"no port":             {"SIP/2.0/UDP 203.0.113.7;branch=x", RegistrarSettings{}, "SIP/2.0/UDP 203.0.113.7;branch=x", "203.0.113.7:5060"},
		"a name":              {"SIP/2.0/UDP probe.invalid:5070;branch=x", RegistrarSettings{}, "SIP/2.0/UDP probe.invalid:5070;branch=x;received=203.0.113.7", "203.0.113.7:5070"},
		"rport":               {"SIP/2.0/UDP 192.168.1.20:5060;rport;branch=x", RegistrarSettings{}, "SIP/2.0/UDP 192.168.1.20:5060;rport=40000;branch=x;received=203.0.113.7", "203.0.113.7:40000"},
		"rport, same":         {"SIP/2.0/UDP 203.0.113.7:40000;rport", RegistrarSettings{}, "SIP/2.0/UDP 203.0.113.7:40000;rport=40000;received=203.0.113.7", "203.0.113.7:40000"},
		"rport, same, sparse": {"SIP/2.0/UDP 203.0.113.7:40000;rport", RegistrarSettings{SparseReceived: true}, "SIP/2.0/UDP 203.0.113.7:40000;rport=40000", "203.0.113.7:40000"},
		"never received":      {"SIP/2.0/UDP 10.0.0.1;rport", RegistrarSettings{NoReceived: true}, "SIP/2.0/UDP 10.0.0.1;rport=40000", "203.0.113.7:40000"},
		"a lie about it":      {"SIP/2.0/UDP 203.0.113.7;received=1.2.3.4", RegistrarSettings{}, "SIP/2.0/UDP 203.0.113.7", "203.0.113.7:5060"},
		"spaced and IPv6":     {"SIP / 2.0 / UDP [2001:db8::1]:5062;rport", RegistrarSettings{}, "SIP / 2.0 / UDP [2001:db8::1]:5062;rport=40000;received=203.0.113.7", "203.0.113.7:40000"},
	} {
		t.Run(name, func(t *testing.T) {
			v, ok := parseVia(tt.via)
			if !ok {
				t.Fatalf("parseVia(%q) failed", tt.via)
			}
			if got := v.stamped(source, tt.set); got != tt.want {
				t.Errorf("stamped\n got %q\nwant %q", got, tt.want)
			}
			if got := v.replyTo(source).String(); got != tt.to {
				t.Errorf("replyTo = %s, want %s", got, tt.to)
			}
		})
	}
}

// The examples printed in RFC 2617 section 3.5 and RFC 7616 section 3.9.1: public values, no secrets.
func TestDigestVectors(t *testing.T) {
	const rfc7616 = `Digest username="Mufasa", realm="http-auth@example.org", uri="/dir/index.html", algorithm=%ALG%,
		nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", nc=00000001, cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
		qop=auth, opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS", response="%RES%"`
	for name, tt := range map[string]struct{ header, method, password string }{
		"RFC 2617 MD5": {`Digest username="Mufasa",realm="testrealm@host.com",nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093",uri="/dir/index.html",qop=auth,nc=00000001,
			cnonce="0a4f113b",response="6629fae49393a05397450978507c4ef1",opaque="5ccc069c403ebaf9f0171e9517f40e41"`, "GET", "Circle Of Life"},
		"RFC 7616 MD5":     {strings.NewReplacer("%ALG%", "MD5", "%RES%", "8ca523f5e9506fed4657c9700eebdbec").Replace(rfc7616), "GET", "Circle of Life"},
		"RFC 7616 SHA-256": {strings.NewReplacer("%ALG%", "SHA-256", "%RES%", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1").Replace(rfc7616), "GET", "Circle of Life"},
	} {
		t.Run(name, func(t *testing.T) {
			c, ok := parseCredentials(tt.header)
			if !ok {
				t.Fatal("not read as Digest")
			}
			if !c.right(tt.method, tt.password, nil) {
				t.Error("the RFC's own response was refused")
			}
			if c.right(tt.method, tt.password+" ", nil) || c.right("PUT", tt.password, nil) {
				t.Error("a wrong password or method was accepted")
			}
		})
	}
}

func TestDensest(t *testing.T) {
	for name, tt := range map[string]struct {
		ms   []int
		want int
	}{"none": {nil, 0}, "far apart": {[]int{0, 300, 600}, 1}, "a burst, out of order": {[]int{500, 0, 650, 700, 701}, 4}} {
		var at []time.Time
		for _, ms := range tt.ms {
			at = append(at, time.Unix(0, 0).Add(time.Duration(ms)*time.Millisecond))
		}
		if got := densest(at, 201*time.Millisecond); got != tt.want {
			t.Errorf("%s: %d, want %d", name, got, tt.want)
		}
	}
}

// Whatever comes in, the registrar neither crashes nor answers what is not a request with a Via.
func FuzzRegistrar(f *testing.F) {
	for _, seed := range []string{
		"", "\r\n\r\n", "REGISTER", "REGISTER sip:h SIP/2.0\r\n\r\n",
		request("REGISTER", "Contact: *\r\nExpires: 0\r\n"),
		request("REGISTER", "Contact: \"<\\\" <sip:a@h;x=y>;expires=99999999999\r\n"),
		request("REGISTER", "Authorization: Digest username=\"1001,realm=x\r\n"),
		request("OPTIONS", "Content-Length: -1\r\n"),
		request("OPTIONS", "Content-Length: 99999999999999999999\r\n"),
		"OPTIONS sip:@[::: SIP/2.0\nv: SIP/2.0/UDP [::1;;;=;rport=;received\nf:\nt:<\ni:\nCSeq: 4294967296 OPTIONS\n\n",
		"INVITE sip:vivekg@chair-dnrc.example.com;unknownparam SIP/2.0\r\nTO :\r\n sip:vivekg@chair-dnrc.example.com ;   tag    = 1918181833n\r\nv:  SIP  / 2.0  / UDP     192.0.2.2;branch=390skdjuw\r\n\r\n", // RFC 4475 3.1.1.1, shortened
	} {
		f.Add([]byte(seed))
	}
	r := NewRegistrar(RegistrarSettings{Accounts: []Account{{User: "1001", Password: "x"}}, Realm: "lab", RewriteContacts: true})
	from := netip.MustParseAddrPort("127.0.0.1:5060")
	f.Fuzz(func(t *testing.T, b []byte) {
		r.Set(func(s *RegistrarSettings) { s.NoChallenge = !s.NoChallenge })
		reply, _ := r.receive(time.Now(), b, "udp", from, from)
		if reply == nil {
			return
		}
		m, err := parseSIP(reply)
		if err != nil || m.status() == 0 {
			t.Fatalf("reply is no SIP response: %q", reply)
		}
		if len(m.all("via")) == 0 {
			t.Fatalf("reply without Via to %q", b)
		}
	})
}
