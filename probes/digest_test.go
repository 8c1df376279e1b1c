package probes

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"trunktester/appliance/profile"
	"trunktester/probes/sip"
)

func challengeReply(code string, headers ...string) *sip.Message {
	return sip.Split([]byte("SIP/2.0 " + code + " Test\r\n" + strings.Join(headers, "\r\n") + "\r\n\r\n"))
}

const (
	www   = `WWW-Authenticate: Digest realm="r", nonce="n1", qop="auth"`
	proxy = `Proxy-Authenticate: Digest realm="r", nonce="p1"`
)

// TestDigestWithoutQOP uses the names of RFC 2617 section 3.5; the response without qop was computed by
// another implementation (Python's hashlib).
func TestDigestWithoutQOP(t *testing.T) {
	reply := challengeReply("401", `WWW-Authenticate: Digest realm="testrealm@host.com", nonce="dcd98b7102dd2af0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"`)
	d := demand{Challenge: reply.Challenges()[0], count: 1}
	got, err := d.credentials(profile.Trunk{Username: "Mufasa", Password: "Circle Of Life"}, "GET", "/dir/index.html")
	want := `Digest username="Mufasa", realm="testrealm@host.com", nonce="dcd98b7102dd2af0e8b11d0f600bfb0c093", ` +
		`uri="/dir/index.html", response="cd048e3f3374961c3fb4135d4d1710bf", opaque="5ccc069c403ebaf9f0171e9517f40e41"`
	if err != nil || got != want {
		t.Errorf("got  %s, %v\nwant %s", got, err, want)
	}
}

func TestTake(t *testing.T) {
	tests := []struct {
		name    string
		realm   string
		headers []string
		want    []string // algorithm and side of what is answered
		why     string   // a part of the reason
	}{
		{name: "one", headers: []string{www}, want: []string{" www"}},
		{name: "both sides at once", headers: []string{proxy, www}, want: []string{" www", " proxy"}},
		{name: "Basic before Digest", headers: []string{`WWW-Authenticate: Basic realm="r"`, www}, want: []string{" www"}},
		{name: "only Basic", headers: []string{`WWW-Authenticate: Basic realm="r"`}, why: "only Digest"},
		{name: "only auth-int", headers: []string{`WWW-Authenticate: Digest realm="r", nonce="n", qop="auth-int"`}, why: "protection"},
		{name: "auth after auth-int", headers: []string{`WWW-Authenticate: Digest realm="r", nonce="n", qop="auth-int, auth", algorithm=SHA-256`}, want: []string{"SHA-256 www"}},
		{name: "a session algorithm", headers: []string{`WWW-Authenticate: Digest realm="r", nonce="n", algorithm=MD5-sess`, www}, want: []string{" www"}},
		{name: "the server's first choice", headers: []string{`WWW-Authenticate: Digest realm="r", nonce="n", algorithm=SHA-256`, www}, want: []string{"SHA-256 www"}},
		{name: "no nonce", headers: []string{`WWW-Authenticate: Digest realm="r"`}, why: "nonce"},
		{name: "no challenge", why: "names no challenge"},
		{name: "the realm of the file", realm: "r", headers: []string{www}, want: []string{" www"}},
		{name: "realm by its bytes", realm: "R", headers: []string{www}, why: `"r"`},
		{name: "realm with a space", realm: "r ", headers: []string{www}, why: `"r "`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := &answering{trunk: profile.Trunk{Realm: tt.realm}}
			why := a.take(challengeReply("401", tt.headers...))
			var got []string
			for _, d := range a.accepted {
				side := " www"
				if d.Proxy {
					side = " proxy"
				}
				got = append(got, d.Algorithm()+side)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" || !strings.Contains(why, tt.why) || (why == "") != (tt.why == "") {
				t.Errorf("why %q (-want +got):\n%s", why, diff)
			}
		})
	}
}

func TestAgain(t *testing.T) {
	tests := []struct {
		name  string
		reply *sip.Message
		want  bool
		nc    string // of the registrar's nonce in the next request
		count int    // of headers with credentials
	}{
		{"wrong password", challengeReply("401", `WWW-Authenticate: Digest realm="r", nonce="n2", qop="auth"`), false, "", 0},
		{"stale", challengeReply("401", `WWW-Authenticate: Digest realm="r", nonce="n2", qop="auth", stale=true`), true, "nc=00000001", 1},
		{"stale, the same nonce", challengeReply("401", `WWW-Authenticate: Digest realm="r", nonce="n1", qop="auth", stale=TRUE`), true, "nc=00000002", 1},
		{"the proxy asks as well", challengeReply("407", proxy), true, "nc=00000002", 2},
		{"the proxy asks by another scheme", challengeReply("407", `Proxy-Authenticate: Basic realm="r"`), false, "", 0},
		{"wrong password, and the proxy asks as well", challengeReply("401", `WWW-Authenticate: Digest realm="r", nonce="n2", qop="auth"`, proxy), false, "", 0},
		{"stale, by the first of two algorithms", challengeReply("401", `WWW-Authenticate: Digest realm="r", nonce="n2", qop="auth", stale=true`, `WWW-Authenticate: Digest realm="r", nonce="n2", qop="auth", algorithm=SHA-256`), true, "nc=00000001", 1},
		{"no challenge", challengeReply("401"), false, "", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := &answering{trunk: profile.Trunk{Username: "u", Password: "p"}, request: registerAt("example.net", "u")}
			if why := a.take(challengeReply("401", www)); why != "" {
				t.Fatal(why)
			}
			if _, err := a.next(); err != nil {
				t.Fatal(err)
			}
			if got := a.again(tt.reply); got != tt.want {
				t.Fatalf("again %v, want %v", got, tt.want)
			}
			if !tt.want {
				return
			}
			r, err := a.next()
			if err != nil || len(r.Headers) != tt.count || !strings.Contains(r.Headers[0].Value, tt.nc) {
				t.Errorf("%d headers with credentials, want %d with %s; %v", len(r.Headers), tt.count, tt.nc, err)
			}
			for i, h := range r.Headers {
				if want := []string{"Authorization", "Proxy-Authorization"}[i]; h.Name != want {
					t.Errorf("%s, want %s", h.Name, want)
				}
			}
		})
	}
}

// A challenge's own words come back in the answer, and nothing that it did not ask for.
func TestWrittenCredentials(t *testing.T) {
	trunk := profile.Trunk{Username: "u", Password: "p"}
	for challenge, want := range map[string][]string{
		`Digest realm="r", nonce="n"`: nil,
		`Digest realm="r", nonce="n", algorithm=SHA-256, userhash=true, opaque="o"`: {"algorithm=SHA-256", "userhash=true", `opaque="o"`},
		`Digest realm="r", nonce="n", qop="auth", algorithm=MD5, userhash=false`:    {"algorithm=MD5", "qop=auth"},
	} {
		d := demand{Challenge: challengeReply("401", "WWW-Authenticate: "+challenge).Challenges()[0], count: 1}
		got, err := d.credentials(trunk, "REGISTER", "sip:example.net")
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range []string{"algorithm=SHA-256", "algorithm=MD5", "userhash=true", `opaque="o"`, "qop=auth", "algorithm=,", "opaque=\"\""} {
			if strings.Contains(got+",", part) != slices.Contains(want, part) {
				t.Errorf("%s: %s", challenge, got)
			}
		}
	}
}

// What cannot be computed is an error, and no request.
func TestNoCredentials(t *testing.T) {
	a := answering{accepted: []*demand{{Challenge: challengeReply("401", `WWW-Authenticate: Digest realm="r", nonce="n", algorithm=SHA-1024`).Challenges()[0]}}}
	if r, err := a.next(); err == nil || !strings.Contains(err.Error(), `realm "r"`) || len(r.Headers) > 0 {
		t.Errorf("%v, %+v", err, r.Headers)
	}
}
