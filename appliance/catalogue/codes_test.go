package catalogue

import (
	"fmt"
	"strings"
	"testing"

	"trunktester/appliance/catalogue/words"
)

// docs/codes.md is the helpdesk's code table; run this test with -update after a change of the catalogue.
func TestCodeTable(t *testing.T) {
	golden(t, "../../docs/codes.md", codeTable(All()))
}

// codeTable is the catalogue as a Markdown page.
func codeTable(causes []Cause) string {
	var b strings.Builder
	b.WriteString(`# What the lights say

Generated from the catalogue (appliance/catalogue); change it there.

Ask the caller: "Wait one minute. Look for the first light from the left that is not steady green. Tell me its
number and colour, and count the flashes twice." Light and flashes are the code: light 3, two flashes is 3-2. A code
means the same in red (it does not work) and in amber (it works, but has a weakness).
`)
	light := -1
	for _, c := range causes {
		if c.Light != light {
			light = c.Light
			if light > 0 {
				fmt.Fprintf(&b, "\n## Light %d %s\n\n%s\n", light, LightNames()[light-1], LightQuestions(words.InEnglish())[light-1])
			} else {
				b.WriteString("\n## The box\n")
			}
			b.WriteString("\n| Code | Name | What it is | What to do | Who acts |\n|---|---|---|---|---|\n")
		}
		who := make([]string, len(c.Acts))
		for i, a := range c.Acts {
			who[i] = a.Who(words.InEnglish())
		}
		what := c.What
		if light == 0 {
			what = "Shown: " + c.Shown(words.InEnglish()) + ". " + what
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", c.Code, c.Title, what, c.Advice, strings.Join(who, "; "))
	}
	return b.String()
}

// A cell must not end its row, nor a text mean something to Markdown.
func TestNoTextBreaksATable(t *testing.T) {
	for _, c := range All() {
		if s := c.Title + c.What + c.Advice + c.Evidence + c.Guard; strings.ContainsAny(s, "|\n<>*`") {
			t.Errorf("%s: a character that means something in Markdown: %q", c.Code, s)
		}
	}
}
