package report

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"trunktester/appliance/catalogue/words"
)

// frame are the tables of what a report says around what was found.
var frame = []string{"ticket.", "document.", "requests.", "guide.", "phone.", "checklist.", "facts.", "step.", "said."}

// A report in another language has none of the English frame left, and its ticket is plain ASCII all the same.
func TestAReportInItsReadersLanguage(t *testing.T) {
	b, err := os.ReadFile(filepath.Join("testdata", "wrong-login.json"))
	if err != nil {
		t.Fatal(err)
	}
	r, err := Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range words.All() {
		if !l.Foreign() {
			continue
		}
		var page bytes.Buffer
		if err := r.HTML(&page, l, "http://192.168.50.100/"); err != nil {
			t.Fatal(err)
		}
		text := r.TextReport(l, "http://192.168.50.100/")
		if !strings.Contains(page.String(), `<html lang="`+l.Tag+`">`) {
			t.Errorf("%s: the HTML report is in another language", l.Tag)
		}
		if i := strings.IndexFunc(text, func(r rune) bool { return r > unicode.MaxASCII }); i >= 0 {
			t.Errorf("%s: %q is not ASCII", l.Tag, text[i:i+4])
		}
		if strings.Contains(text, "?ber") || strings.Contains(text, "f?r") {
			t.Errorf("%s: letters were lost", l.Tag)
		}
		for _, key := range words.InEnglish().Keys() {
			english := words.InEnglish().Say(key)
			for _, table := range frame {
				if !strings.HasPrefix(key, table) || strings.ContainsAny(english, "{[") || !strings.Contains(english, " ") || l.Say(key) == english ||
					strings.HasPrefix(key, "said.") && !strings.HasSuffix(english, ".") { // a piece, which evidence may have as well
					continue
				}
				if strings.Contains(text, ascii(english)) {
					t.Errorf("%s: the ticket says %s in English", l.Tag, key)
				}
				if strings.Contains(page.String(), string(escaped(english))) {
					t.Errorf("%s: the HTML report says %s in English", l.Tag, key)
				}
			}
		}
	}
}
