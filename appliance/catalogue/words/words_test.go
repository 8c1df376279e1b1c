package words

import (
	"strings"
	"testing"
)

func TestABadFileSaysWhatIsWrong(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"no name":      {"[who]\nit = \"x\"", `write language = "..." in the first line`},
		"a number":     {"language = \"x\"\n[who]\nit = 5", "who.it is no sentence: write it in quotation marks"},
		"said twice":   {"language = \"x\"\n[who]\nit = \"a\"\nit = \"b\"", "line 4"},
		"no quotation": {"language = \"x\"\n[who]\nit = a", "line 3"},
	} {
		if _, err := parse("xx", c.text); err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), `"xx"`) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func TestSay(t *testing.T) {
	l := InEnglish()
	if got := l.Say("shown.flashes", "light", 3, "name", "SIP {n}", "n", 2); got != "light 3 (SIP {n}), 2 flashes" {
		t.Errorf("got %q", got)
	}
	if got := l.Say("no.such"); got != "no.such" {
		t.Errorf("a key that is nowhere: %q", got)
	}
	if said, ok := l.Of(l.Say("3-2.title")); !ok || said != l.Say("3-2.title") {
		t.Errorf("a title of the catalogue: %q, %t", said, ok)
	}
	if said, ok := l.Of("Something else."); ok {
		t.Errorf("a text that is not in the catalogue: %q", said)
	}
}
