package sip

import (
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// secretParam finds the parameters of a digest that are secret, and the proof in an X-Reflect, wherever in the text
// they stand, so that a header name which a device has mangled hides nothing. An open quote reaches to the end of the text.
var secretParam = regexp.MustCompile(`(?is)\b(?:response|nonce|cnonce|nextnonce|rspauth|proof)\s*=\s*(?:"((?:[^"\\]|\\.)*)|([^\s,;"]+))`)

// secretToken finds the credentials of the schemes that are one word.
var secretToken = regexp.MustCompile(`(?i)\b(?:basic|bearer)[ \t]+([A-Za-z0-9+/=_.~-]{4,})`)

// Redact overwrites the response, nonce and cnonce of digests (and other credentials) in a verbatim message
// with asterisks of the same length, and the same values again wherever else the message repeats them:
// plain, in hexadecimal, percent-encoded or in base64 at any of its three alignments.
func Redact(text string) string {
	b, secrets := redacted(text)
	return Blank(string(b), secrets...)
}

// RedactReply does the same for a reply, and overwrites there what the request held as well: a reflector gives the
// request back in base64.
func RedactReply(request, reply string) string {
	_, secrets := redacted(request)
	return Blank(Redact(reply), secrets...)
}

// redacted overwrites the secrets where they are found, and gives them.
func redacted(text string) (b []byte, secrets []string) {
	b = []byte(text)
	for _, find := range []*regexp.Regexp{secretParam, secretToken} {
		for _, at := range find.FindAllStringSubmatchIndex(text, -1) {
			for i := 2; i+1 < len(at); i += 2 {
				if at[i] < 0 || at[i] == at[i+1] {
					continue
				}
				secrets = append(secrets, text[at[i]:at[i+1]])
				blank(b, at[i], at[i+1])
			}
		}
	}
	return b, secrets
}

// leastSecret is the length under which a value is too common to be looked for elsewhere in the text.
const leastSecret = 6

// Blank overwrites every occurrence of the secrets, and of their encodings, with asterisks of the same length.
func Blank(text string, secrets ...string) string {
	b := []byte(text)
	for _, secret := range secrets {
		for _, form := range encodings(secret) {
			if len(form) < leastSecret {
				continue
			}
			for from := 0; ; {
				i := strings.Index(text[from:], form)
				if i < 0 {
					break
				}
				blank(b, from+i, from+i+len(form))
				from += i + 1
			}
		}
	}
	return string(b)
}

// blank keeps line ends, so that the message keeps its lines.
func blank(b []byte, from, to int) {
	for i := from; i < to; i++ {
		if b[i] != '\r' && b[i] != '\n' {
			b[i] = '*'
		}
	}
}

// encodings are the forms in which a value may stand in a text.
func encodings(secret string) []string {
	hexed := hex.EncodeToString([]byte(secret))
	forms := []string{secret, unquote(`"` + secret + `"`), url.QueryEscape(secret), url.PathEscape(secret), hexed, strings.ToUpper(hexed)}
	for _, enc := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		for shift := range 3 {
			// Only characters that depend on nothing but the secret: base64 puts 6 bits into each.
			coded := enc.EncodeToString([]byte(strings.Repeat("\x00", shift) + secret))
			first, last := (shift*8+5)/6, (shift+len(secret))*8/6
			if first < last {
				forms = append(forms, coded[first:last])
			}
		}
	}
	slices.Sort(forms)
	return slices.Compact(forms)
}
