package sip

import (
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"strings"
	"testing"
)

func TestRedact(t *testing.T) {
	const nonce = "dcd98b7102dd2f0e8b11d0f600bfb0c093"
	stars := strings.Repeat("*", len(nonce))
	for in, want := range map[string]string{
		`WWW-Authenticate: Digest realm="nonce", nonce="` + nonce + `", qop="auth"`:              `WWW-Authenticate: Digest realm="nonce", nonce="` + stars + `", qop="auth"`,
		`Authorization: Digest username="u", Response = ` + nonce + `,nc=00000001,cnonce="0a4f"`: `Authorization: Digest username="u", Response = ` + stars + `,nc=00000001,cnonce="****"`,
		"Authorization: Basic QWxhZGRpbjpvcGVu\r\nTo: x":                                         "Authorization: Basic ****************\r\nTo: x",
		"Authentication-Info: nextnonce=\"a\r\n b\", rspauth=\"q\\\"r\"":                         "Authentication-Info: nextnonce=\"*\r\n**\", rspauth=\"****\"",
		`X-Mangled-Auth nonce="` + nonce + "\r\nTo: x":                                           `X-Mangled-Auth nonce="` + stars + "\r\n*****",
		`nonce="` + nonce + `" seen ` + nonce:                                                    `nonce="` + stars + `" seen ` + stars,
		"Subject: nothing to hide":                                                               "Subject: nothing to hide",
		`stale=true, nonce=""`:                                                                   `stale=true, nonce=""`,
	} {
		if got := Redact(in); got != want {
			t.Errorf("Redact(%q)\n got %q\nwant %q", in, got, want)
		}
	}
}

// A reflector gives the request back in base64: what the request held is hidden in there as well.
func TestRedactReply(t *testing.T) {
	const proof = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
	request := "OPTIONS sip:reflect@example.net SIP/2.0\r\nX-Reflect: id=1; proof=" + proof + "\r\n\r\n"
	for shift := range 3 {
		reply := "SIP/2.0 200 OK\r\n\r\n" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", shift)+request))
		got := RedactReply(request, reply)
		_, body, _ := strings.Cut(got, "\r\n\r\n")
		plain, _ := base64.StdEncoding.DecodeString(strings.ReplaceAll(body, "*", "A"))
		if len(got) != len(reply) || strings.Contains(string(plain), proof[4:len(proof)-4]) || !strings.Contains(string(plain), "OPTIONS") {
			t.Errorf("%q", got)
		}
	}
	if got := Redact(request); strings.Contains(got, proof) {
		t.Errorf("%q", got)
	}
}

// FuzzRedact is the report redaction: whatever stands around it, a digest's secrets do not survive, in any
// encoding, and the message keeps its length.
func FuzzRedact(f *testing.F) {
	f.Add("SIP/2.0 401 Unauthorized\r\n", "dcd98b7102dd2f0e", "\r\nTo: x\r\n", uint8(0))
	f.Add("", `a\"b"c=+/`, "", uint8(1))
	f.Add("nonce=\"", "\x00\xff\xfe binary", "\"", uint8(2))
	f.Add("response=", "0123456789abcdef", ", nonce=", uint8(3))
	f.Fuzz(func(t *testing.T, before, secret, after string, shift uint8) {
		secret = strings.Map(func(r rune) rune { // what RFC 3261 lets a nonce hold in quotes, unescaped
			if r < ' ' || r == '"' || r == '\\' || r > '~' {
				return -1
			}
			return r
		}, secret)
		if len(secret) < 8 || strings.Trim(secret, "*") == "" {
			return // shorter than any nonce
		}
		if strings.Contains(strings.ToLower(before+after), "nonce") || strings.ContainsAny(before+after, "\"\\=") {
			return // the surroundings open a parameter of their own
		}
		lead := strings.Repeat("x", int(shift)%3)
		text := before + "\r\nWWW-Authenticate: Digest realm=\"r\", nonce=\"" + secret + "\"\r\nX-Seen: " +
			base64.StdEncoding.EncodeToString([]byte(lead+secret+"tail")) + " " + hex.EncodeToString([]byte(secret)) + " " + url.QueryEscape(secret) + "\r\n" + after
		got := Redact(text)
		if len(got) != len(text) {
			t.Fatalf("length %d became %d", len(text), len(got))
		}
		for _, form := range []string{`nonce="` + secret, hex.EncodeToString([]byte(secret)), url.QueryEscape(secret),
			base64.StdEncoding.EncodeToString([]byte(lead + secret + "tail"))} {
			if strings.Contains(got, form) {
				t.Errorf("%q is left in %q", form, got)
			}
		}
	})
}

func TestExchangeFactsHoldNoSecret(t *testing.T) {
	const nonce, response = "dcd98b7102dd2f0e8b11", "6629fae49393a05397450978507c4ef1"
	x := Exchange{
		Sent:  []byte("REGISTER sip:a SIP/2.0\r\nAuthorization: Digest nonce=\"" + nonce + "\", response=\"" + response + "\"\r\n\r\n"),
		Reply: Split([]byte("SIP/2.0 401 No\r\nWWW-Authenticate: Digest nonce=\"" + nonce + "\"\r\n\r\n")),
	}
	f, e := x.Facts(), x.Evidence("probe", "")
	for _, text := range []string{f.Sent, f.Received, e.Sent, e.Received} {
		if strings.Contains(text, nonce) || strings.Contains(text, response) {
			t.Errorf("secret in %q", text)
		}
	}
}
