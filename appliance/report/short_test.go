package report

import (
	"testing"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/catalogue/words"
)

func TestInShort(t *testing.T) {
	usual, _ := catalogue.Find("4-2")
	for name, c := range map[string]struct {
		f           catalogue.Finding
		short, rest string
	}{
		"the usual finding of a code": {catalogue.Finding{Code: "4-2", Severity: catalogue.Red, Title: usual.Title, Text: "The provider refuses the login. This was tested with the file's settings."},
			usual.What, "The provider refuses the login. This was tested with the file's settings."},
		"one with a title of its own says its own first sentence": {catalogue.Finding{Code: "4-2", Severity: catalogue.Red, Title: "Another one", Text: "192.0.2.1 refuses. The proof: it said so."},
			"192.0.2.1 refuses.", "192.0.2.1 refuses. The proof: it said so."},
		"one sentence is all": {catalogue.Finding{Code: "4-2", Severity: catalogue.Red, Title: "Another one", Text: "192.0.2.1 refuses."}, "192.0.2.1 refuses.", ""},
		"a green says what could not be proved": {catalogue.Finding{Code: "ok", Severity: catalogue.Green, Title: "Everything works", Text: "All work. No device was seen to rewrite SIP."},
			"All work. No device was seen to rewrite SIP.", ""},
	} {
		english := words.InEnglish()
		if got := inShort(english, c.f).Words; got != escaped(c.short) {
			t.Errorf("%s: %q", name, got)
		}
		if got := proof(english, c.f).Words; got != escaped(c.rest) {
			t.Errorf("%s: folded is %q", name, got)
		}
	}
}

// A first sentence that has no words of its own in the reader's language gives way to what the code is.
func TestInShortInGerman(t *testing.T) {
	german, _ := words.Find("de")
	usual, _ := catalogue.Find("3-2")
	text := words.Said("verdict.alg-proved", "subject", words.Said("verdict.subject-way"), "why", words.Said("verdict.light-untested", "light", "LINE"))
	f := catalogue.Finding{Code: "3-2", Severity: catalogue.Red, Title: "Another one", Text: text}
	if got := inShort(german, f).Words; got != escaped(usual.In(german).What) {
		t.Errorf("%q", got)
	}
}

func TestRead(t *testing.T) {
	flashing := func(kit Text, n int, state catalogue.LightState) Report {
		r := Report{Kit: kit}
		r.Lights[2] = Light{Light: 3, State: state, Counting: true, Flashes: n}
		r.Lights[4] = Light{Light: 5, State: catalogue.LightRed}
		return r
	}
	german, _ := words.Find("de")
	for _, c := range []struct {
		l    *words.Language
		r    Report
		want string
	}{
		{words.InEnglish(), flashing("Lab", 2, catalogue.LightRed), "Kit Lab, light 3, red, 2 flashes"},
		{words.InEnglish(), flashing("Kit 0042", 1, catalogue.LightAmber), "Kit 0042, light 3, amber, 1 flash"},
		{words.InEnglish(), flashing("", 9, catalogue.LightRed), "Light 3, red, 9 flashes"},
		{german, flashing("Lab", 2, catalogue.LightRed), "Box Lab, Licht 3, rot, blinkt 2-mal"},
		{words.InEnglish(), Report{Kit: "Kit 0042", Verdict: catalogue.Finding{Code: "ok"}}, "Kit 0042, all five lights steady green"},
		{words.InEnglish(), Report{Kit: "Kit 0042"}, ""},
	} {
		if got := Read(c.l, c.r); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}
