package report

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"strings"
	"testing"
	"unicode/utf16"

	"trunktester/appliance/catalogue/words"
)

func TestSecretsFindsEveryEncoding(t *testing.T) {
	const secret = `p4"ss <w&rd>+é`
	quoted, err := json.Marshal(secret)
	if err != nil {
		t.Fatal(err)
	}
	wide := new(bytes.Buffer)
	for _, u := range utf16.Encode([]rune("p4ssword")) {
		wide.Write([]byte{byte(u), byte(u >> 8)})
	}
	b64 := base64.StdEncoding.EncodeToString
	for name, artefact := range map[string]string{
		"plain":                  "x" + secret + "y",
		"json":                   string(quoted),
		"html":                   html.EscapeString(secret),
		"html, numeric":          strings.ReplaceAll(html.EscapeString(secret), "w", "&#x77;"),
		"query":                  url.QueryEscape(secret),
		"path":                   url.PathEscape(secret),
		"every byte escaped":     "%" + strings.ToUpper(strings.TrimSuffix(strings.ReplaceAll(fmt.Sprintf("% x", secret), " ", "%"), "%")),
		"hex":                    hex.EncodeToString([]byte(secret)),
		"HEX":                    strings.ToUpper(hex.EncodeToString([]byte(secret))),
		"base64":                 b64([]byte(secret)),
		"base64, one before":     b64([]byte(":" + secret + "!")),
		"base64, user before":    b64([]byte("user2:" + secret + "!!")),
		"base64, two before":     b64([]byte("u:" + secret)),
		"base64url":              base64.RawURLEncoding.EncodeToString([]byte("x:" + secret)),
		"base64 in broken lines": strings.Join(strings.SplitAfter(b64([]byte("user:"+secret)), "c"), "\r\n"),
		"html of json":           html.EscapeString(string(quoted)),
	} {
		if got := (Secrets{"other-secret", secret}).In([]byte(artefact)); len(got) == 0 {
			t.Errorf("%s: not found in %q", name, artefact)
		} else if strings.Contains(strings.Join(got, " "), secret) {
			t.Errorf("%s: the finding tells the secret", name)
		}
	}
	if got := (Secrets{"p4ssword"}).In(wide.Bytes()); len(got) == 0 {
		t.Error("UTF-16: not found")
	}
	if got := (Secrets{secret, "", "zz9"}).In([]byte("an innocent text p4ss")); len(got) != 0 {
		t.Errorf("found in an innocent text: %v", got)
	}
}

func TestNoSecretInAnyArtefact(t *testing.T) {
	in := sample()
	r := Build(in)
	secrets := Secrets{samplePassword, sampleUsername}
	for name, artefact := range map[string][]byte{
		"report.json": encode(t, r), "report.txt": []byte(r.TextReport(words.InEnglish())), "report.html": page(t, r),
		"%#v": fmt.Appendf(nil, "%#v", r), "input %v": fmt.Appendf(nil, "%v", in.Profile.Trunk.Password),
	} {
		if found := secrets.In(artefact); len(found) > 0 {
			t.Errorf("%s: %v", name, found)
		}
	}
}

func TestMask(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "441632960000": "4416...0000", "trunk7": "tr...k7", "100": "1...0", "ab": "...", "é": "...",
	} {
		if got := Mask(in); got != want {
			t.Errorf("Mask(%q) = %q, want %q", in, got, want)
		}
	}
}
