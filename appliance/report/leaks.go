package report

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"html"
	"regexp"
	"strconv"
	"strings"
)

// Secrets are values that must be in no artefact: passwords, HA1, digest responses, nonces.
type Secrets []string

// In searches an artefact (a report, a page, a packet file, a log) and names what it found by the
// secret's place in the list and the encoding, never by the secret itself. It looks for plain text,
// base64 at any alignment, hex, and through URL, JSON and HTML escapes, UTF-16 and broken lines.
// A secret of less than four bytes is searched in its plain form only: the others would be chance.
func (s Secrets) In(artefact []byte) []string {
	type view struct{ name, text, lower string }
	var views []view
	for _, v := range asRead(string(artefact)) {
		views = append(views, view{v.name, v.text, strings.ToLower(v.text)})
	}
	var found []string
	for i, secret := range s {
		if secret == "" {
			continue
		}
		for _, needle := range needles(secret) {
			for _, v := range views {
				if strings.Contains(v.text, needle.text) || needle.fold && strings.Contains(v.lower, needle.text) {
					found = append(found, fmt.Sprintf("secret %d, %s, in the %s", i, needle.name, v.name))
					break
				}
			}
		}
	}
	return found
}

type named struct {
	name, text string
	fold       bool // without regard to case
}

func needles(secret string) []named {
	all := []named{{name: "plain", text: secret}}
	if len(secret) < 4 {
		return all
	}
	all = append(all, named{name: "hex", text: hex.EncodeToString([]byte(secret)), fold: true})
	for shift := range 3 { // the bytes before it move the secret within base64's groups of three
		for _, enc := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			whole := enc.EncodeToString(append(make([]byte, shift), secret...))
			from := (shift*8 + 5) / 6           // the first character that holds bits of the secret only
			to := (shift*8 + len(secret)*8) / 6 // the last one likewise
			all = append(all, named{name: "base64", text: whole[from:to]})
		}
	}
	return all
}

// asRead are the artefact as it is, and as a reader of each encoding would see it.
func asRead(a string) []named {
	unescaped := unURL(unJSON(html.UnescapeString(a)))
	return []named{
		{name: "bytes", text: a},
		{name: "HTML", text: html.UnescapeString(a)},
		{name: "JSON", text: unJSON(a)},
		{name: "URL", text: unURL(a)},
		{name: "URL form", text: unURL(strings.ReplaceAll(a, "+", " "))},
		{name: "escapes within escapes", text: unescaped},
		{name: "UTF-16", text: strings.ReplaceAll(a, "\x00", "")},
		{name: "joined lines", text: strings.Join(strings.Fields(unescaped), "")},
	}
}

var percent = regexp.MustCompile(`%[0-9A-Fa-f]{2}`)

func unURL(s string) string {
	return percent.ReplaceAllStringFunc(s, func(e string) string {
		b, err := hex.DecodeString(e[1:])
		if err != nil {
			return e
		}
		return string(b)
	})
}

var jsonEscape = regexp.MustCompile(`\\(?:u[0-9A-Fa-f]{4}|["\\/bfnrt])`)

func unJSON(s string) string {
	return jsonEscape.ReplaceAllStringFunc(s, func(e string) string {
		if e == `\/` {
			return "/"
		}
		u, err := strconv.Unquote(`"` + e + `"`)
		if err != nil {
			return e
		}
		return u
	})
}
