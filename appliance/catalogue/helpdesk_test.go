package catalogue

import (
	"fmt"
	"strings"
	"testing"

	"trunktester/appliance/catalogue/words"
)

// docs/helpdesk.md is for whoever answers the phone; run this test with -update after a change of the catalogue.
func TestHelpdeskPage(t *testing.T) {
	golden(t, "../../docs/helpdesk.md", helpdeskPage(All()))
}

const helpdeskIntroduction = `# For the helpdesk

Generated from the catalogue (appliance/catalogue); change it there.

Somebody calls: "The phones do not work", and a trunktester box is at the site. It says with five lights what is
wrong, so nobody needs to log on anywhere. Ask in this order.

## What to ask

1. **"What is the name on the box's label?"** It is the kit's name. Write it into the ticket, with the caller's number.
2. **"Is its network cable in the router, or in the socket of the phone system, and its power on?"**
   All five lights dark: no power. Try another power socket, then another power supply.
3. **"Do all five lights do the same?"** Then it is about the box, not about the line: [see below](#when-all-five-lights-do-the-same).
4. **"Is a light blinking slowly in green?"** The test still runs. Wait a minute.
5. **"Which is the first light from the left that is not steady green? Which colour is it, red or amber?"**
   Red: it does not work. Amber: it works, but has a weakness. Amber and red look alike on some boxes; the code is the same.
6. **"How many flashes, until the pause? Please count once more."** Light and flashes are the code: light 3, two flashes is 3-2.
   If the light is steady, the flashes are on another light: ask for the light that flashes.
7. Find the code below. Say the client's sentence, then what to do. The last column says who must act: raise a ticket
   with the trunk's provider only where the provider is named.
8. **"Please press the button for one second, and let go."** Do that after every change: the test runs again, and the row
   begins anew. A short press steps to what else was found, a second short press to the next, and in the end back.
9. For a ticket, ask for the report: an empty USB stick put into the box gets it as text, to be pasted in; or on the box's
   page (http://trunktester.local/, from a computer on the same network) under "Take it with you".
   Without any network, the QR code on page and report holds the verdict as one line, which a telephone can read and send:
   "trunktester explain" and that line say what it means, and whether it was copied right.

Never ask for the trunk's password: the report answers the question without it. The caller need not type anything.

A code that was tested green is proved as far as its line in the report says; "could not tell" means just that.
In which networks each code was seen stands in [worlds.md](worlds.md).

## When all five lights do the same

| The whole row | What it means |
|---|---|
`

// rows are the patterns of the whole row, as a caller describes them.
func rows() [][2]string {
	return [][2]string{
		{"dark", "No power."},
		{"amber, steady", WholeStarting.Meaning(words.InEnglish()) + " The same for a second is the lamp test."},
		{"green, steady", "All is well: the code is ok."},
		{"flash green three times", WholeDone.Meaning(words.InEnglish())},
		{"flash red three times", WholeRefused.Meaning(words.InEnglish())},
		{"blink amber slowly", WholeWriting.Meaning(words.InEnglish())},
		{"alternate red and amber", WholeBoxFault.Meaning(words.InEnglish())},
	}
}

// helpdeskPage is the catalogue as Markdown, with a sentence for the client and one for an engineer.
func helpdeskPage(causes []Cause) string {
	var b strings.Builder
	b.WriteString(helpdeskIntroduction)
	for _, r := range rows() {
		fmt.Fprintf(&b, "| %s | %s |\n", r[0], r[1])
	}
	light := -1
	for _, c := range causes {
		if c.Light != light {
			light = c.Light
			name := "The box"
			if light > 0 {
				name = fmt.Sprintf("Light %d %s", light, LightNames()[light-1])
			}
			fmt.Fprintf(&b, "\n## %s\n\n| Code | To the client | What to do | To an engineer: how the box knows | Who acts |\n|---|---|---|---|---|\n", name)
		}
		who := make([]string, len(c.Acts))
		for i, a := range c.Acts {
			who[i] = a.Who(words.InEnglish())
		}
		what := c.What
		if light == 0 {
			what = "Shown: " + c.Shown(words.InEnglish()) + ". " + what
		}
		fmt.Fprintf(&b, "| **%s** %s | %s | %s | %s %s | %s |\n", c.Code, c.Slug, what, c.Advice, c.Evidence, c.Guard, strings.Join(who, "; "))
	}
	return b.String()
}

// Every pattern of the row has its line.
func TestTheHelpdeskKnowsEveryPattern(t *testing.T) {
	page := helpdeskPage(nil)
	for _, w := range []Whole{WholeStarting, WholeDone, WholeRefused, WholeWriting, WholeBoxFault} {
		if !strings.Contains(page, w.Meaning(words.InEnglish())) {
			t.Errorf("nothing about %s", w)
		}
	}
}
