package page

import (
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/catalogue/words"
	"trunktester/appliance/report"
	"trunktester/probes"
	"trunktester/probes/facts"
)

// germanState is a SIP ALG as the verdict says it, with the catalogue's words.
func germanState() State {
	in := algRun()
	c, _ := catalogue.Find("3-2")
	in.Verdict = c.Finding(catalogue.Red, "A device changed 192.168.1.20 in the messages.")
	st := algState()
	st.Report = report.Build(in)
	return st
}

func written(t *testing.T, r *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestThePageSpeaksItsReadersLanguage(t *testing.T) {
	h := handler(t, newFakeBox(germanState()))
	for _, c := range []struct {
		name, target string
		header       []string
		want         string
	}{
		{"nothing said", "/", nil, "en"},
		{"a German browser", "/", []string{"Accept-Language", "de-CH,de;q=0.9,en;q=0.8"}, "de"},
		{"a French one", "/", []string{"Accept-Language", "fr"}, "en"},
		{"chosen now", "/?lang=de", []string{"Accept-Language", "en"}, "de"},
		{"chosen before", "/", []string{"Cookie", "lang=de"}, "de"},
		{"chosen anew", "/?lang=en", []string{"Cookie", "lang=de"}, "en"},
		{"no such language", "/?lang=xx", []string{"Cookie", "lang=../yy"}, "en"},
		{"a code", "/explain/3-2", []string{"Accept-Language", "de"}, "de"},
		{"no such code", "/explain/9-9", []string{"Accept-Language", "de"}, "de"},
		{"the report", "/report.html", []string{"Accept-Language", "de"}, "de"},
		{"the report for whoever asks for none", "/report.html", nil, "en"},
		{"the report in the language that was chosen", "/report.html?lang=de&run=earlier", []string{"Accept-Language", "en"}, "de"},
	} {
		r := request(h, "GET", c.target, nil, c.header...)
		text := written(t, r)
		if !strings.Contains(text, `<html lang="`+c.want+`">`) {
			t.Errorf("%s: the page is not in %q", c.name, c.want)
		}
		if got := r.Header.Get("Set-Cookie"); strings.HasPrefix(c.name, "chosen now") != strings.HasPrefix(got, "lang=de; Path=/; HttpOnly; SameSite=Strict") {
			t.Errorf("%s: cookie %q", c.name, got)
		}
	}
}

// What is said in German is German, what was found stays as it was found and is marked so.
func TestAGermanPage(t *testing.T) {
	text := written(t, request(handler(t, newFakeBox(germanState())), "GET", "/", nil, "Accept-Language", "de"))
	for _, want := range []string{
		"<h1>Ein Gerät ändert Telefon-Nachrichten (SIP-ALG)</h1>",
		"Ein Gerät auf dem Weg schreibt SIP-Nachrichten um",
		`<summary>Woher wir das wissen</summary><p lang="en">A device changed 192.168.1.20 in the messages.</p>`,
		"<p>Schalten Sie SIP-ALG in jedem Router", "Licht 3, blinkt 2-mal", "Neu prüfen",
		"Wer Router, Firewall und Switch vor Ort betreut", "Ist SIP-ALG im Router ausgeschaltet?",
		`<a href="?lang=en" lang="en" hreflang="en">English</a>`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say %s", want)
		}
	}
	for _, english := range []string{"What to do", "Run again", "Checklist", "Read this to the helpdesk", "Where is the box", "not tested<"} {
		if strings.Contains(text, english) {
			t.Errorf("the page says %q", english)
		}
	}
}

// A PBX with a near miss: the card says in German what it sent, to the last word.
func TestAGermanPBXCheck(t *testing.T) {
	near := facts.PBXDevice{From: netip.MustParseAddrPort("192.168.1.30:5060"), Transport: "udp", UserAgent: "Sample", Registers: 2, User: "1001", AuthUser: "1001",
		Contact: "<sip:1001@192.168.1.30:5060>", Via: "192.168.1.30:5060", Expires: "3600", UserIs: facts.Match{Is: facts.Same}, AuthUserIs: facts.Match{Is: facts.Same},
		PasswordIs: facts.Match{Is: facts.Slipped, Slip: words.Said("slip.space-end")}}
	for name, open := range map[string]bool{"while it goes on": true, "afterwards": false} {
		st := germanState()
		check := &facts.PBXCheck{Addr: netip.MustParseAddr("192.168.1.20"), Open: open, Devices: []facts.PBXDevice{near}, TLSRefused: 1}
		st.PBX = PBX{Can: true, Check: check, Seen: []string{probes.PBXDeviceText(near), probes.PBXRefusedText(*check)}, Saw: probes.PBXCheck{}.Look(t.Context(), facts.Facts{PBXCheck: check}).Saw}
		text := written(t, request(handler(t, newFakeBox(st)), "GET", "/", nil, "Accept-Language", "de"))
		_, card, _ := strings.Cut(text, `<div id="pbx"`)
		card, _, _ = strings.Cut(card, "</section>")
		if !strings.Contains(card, "Passwort falsch: Es hat ein Leerzeichen am Ende; Contact-Adresse &lt;sip:1001@192.168.1.30:5060&gt;") || strings.Contains(card, `lang="en"`) {
			t.Errorf("%s: the card is\n%s", name, card)
		}
	}
}

// Why something cannot be done now is told in the reader's language too, and what no page can be written for.
func TestRefusalsSpeakTheReadersLanguage(t *testing.T) {
	box := newFakeBox(germanState())
	box.refuse = fmt.Errorf("%w: %w", ErrNotNow, words.Error("refused.no-address"))
	h := handler(t, box)
	text := written(t, request(h, "POST", "/pbx-check", strings.NewReader(""), "Accept-Language", "de"))
	if !strings.Contains(text, "Die Box hat noch keine Adresse, unter der die Telefonanlage sie erreichen kann.") || strings.Contains(text, ` lang="en">The`) {
		t.Errorf("the refusal is\n%s", text)
	}
	text = written(t, request(h, "POST", "/pbx-check", strings.NewReader(""), "Accept-Language", "en"))
	if !strings.Contains(text, "<p>The box has no address yet, at which the PBX could reach it.</p>") {
		t.Errorf("the refusal is\n%s", text)
	}
	got := written(t, request(h, "GET", "/", nil, "Host", "elsewhere.example", "Accept-Language", "de"))
	if got != "So heißt diese Box nicht. Nehmen Sie ihre Adresse oder trunktester.local.\n" {
		t.Errorf("another name: %q", got)
	}
}
