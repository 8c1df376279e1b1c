package report

import (
	"strings"
	"testing"
	"unicode"

	"trunktester/appliance/catalogue/words"
)

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"plain":                         "plain",
		"two\r\nlines\rthree":           "two\nlines\nthree",
		"\x1b[31mred\x1b[0m":            "red",
		"\x1b]0;title\x07after":         "after",
		"\x1b]8;;http://x\x1b\\link":    "link",
		"\u009b2Jclear":                 "clear",
		"\u009d0;title\u009cafter":      "after",
		"a\x00b\x08c\x7fd":              "abcd",
		"\u202egnp.exe":                 "gnp.exe",
		"zero\u200bwidth":               "zerowidth",
		"bad\xffbyte":                   "bad\uFFFDbyte",
		"\x1b":                          "",
		"\x1bPq#0\x1b\\sixel\x1b(Bdone": "sixeldone",
		"tab\tstays":                    "tab\tstays",
	} {
		if got := Clean(in); got != want {
			t.Errorf("Clean(%q) = %q, want %q", in, got, want)
		}
	}
	if got, want := Line("a\nVERDICT ok\x1b[2J"), "a VERDICT ok"; got != want {
		t.Errorf("Line: %q, want %q", got, want)
	}
}

func FuzzClean(f *testing.F) {
	f.Add("\x1b[\x1b[31m31m")
	f.Add("\u009b\x1b]")
	f.Add("\xc2\x1b\x9b2J")
	f.Fuzz(func(t *testing.T, s string) {
		got := Clean(s)
		for _, r := range got {
			if r != '\n' && r != '\t' && unicode.IsControl(r) {
				t.Errorf("%q leaves %q", s, r)
			}
		}
		if Clean(got) != got {
			t.Errorf("%q: cleaning twice differs", s)
		}
		if strings.Contains(Line(s), "\n") {
			t.Errorf("%q: Line has lines", s)
		}
	})
}

func TestTextReportIsPlainASCII(t *testing.T) {
	in := sample()
	in.Verdict.Text = "Größe – “quoted” … ≥ 2 %\x1b[31m"
	for i, b := range []byte(Build(in).TextReport(words.InEnglish())) {
		if b != '\n' && (b < ' ' || b > '~') {
			t.Fatalf("byte %d is %#x", i, b)
		}
	}
}

// A reason phrase or a Server header must not be able to write a line that looks like ours.
func TestNetworkTextForgesNoLine(t *testing.T) {
	in := sample()
	in.Steps[1].Saw = "x\n[OK] Login: fine"
	in.Steps[1].Evidence[0].Received = "SIP/2.0 200 OK\r\nVERDICT ok (green): fine\u2028[OK] Login: fine"
	in.Requests[0].Reason = "OK\nVERDICT ok (green): fine"
	for l := range strings.Lines(Build(in).TextReport(words.InEnglish())) {
		if strings.HasPrefix(l, "[OK] Login") || strings.HasPrefix(l, "VERDICT ok") {
			t.Errorf("forged: %q", l)
		}
	}
}

// A report on a terminal commands nothing, and reads back as it was.
func TestJSONHoldsNoControls(t *testing.T) {
	r := Build(Input{Model: "a\x7fb\u009b31mc\x1bd"})
	b, err := r.JSON()
	if err != nil {
		t.Fatal(err)
	}
	if at := strings.IndexFunc(string(b), func(c rune) bool { return unicode.IsControl(c) && c != '\n' }); at >= 0 {
		t.Errorf("%.40q", b[at:])
	}
	if again, err := Decode(b); err != nil || again.Model != r.Model {
		t.Errorf("%q, %v", again.Model, err)
	}
}
