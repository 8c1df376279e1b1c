package report

import (
	"strings"
	"unicode"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/catalogue/words"
)

// ofTheSettings tells the codes whose text names the setting of the PBX that is wrong.
func ofTheSettings(code string) bool { return code == "5-6" || code == "5-8" }

// inShort is a finding in one sentence: what its code is, unless this finding is another than its code's usual one, with
// a title of its own, or is what the PBX check saw in the PBX's own settings; then the first sentence of its text. A green
// says all of its text, since that tells what could not be proved.
func inShort(l *words.Language, f catalogue.Finding) Phrase {
	first := firstSentence(Line(f.Text))
	cause, known := catalogue.Find(f.Code)
	switch {
	case f.Severity == catalogue.Green && (said(l, f.Text) || !l.Foreign()):
		return Here(l, f.Text)
	case known && (f.Title == cause.Title && !ofTheSettings(f.Code) || l.Foreign() && !said(l, first)):
		return Plain(cause.In(l).What)
	}
	return Here(l, first)
}

// proof is how a finding is known: its whole text, with the numbers in it; no words when inShort says all of it.
func proof(l *words.Language, f catalogue.Finding) Phrase {
	whole := Here(l, f.Text)
	if whole.Words == inShort(l, f).Words {
		return Phrase{}
	}
	return whole
}

// firstSentence ends at the first full stop that a space and a capital follow.
func firstSentence(text string) string {
	for i := 0; ; {
		n := strings.Index(text[i:], ". ")
		if n < 0 {
			return text
		}
		i += n + 2
		for _, r := range text[i:] {
			if unicode.IsUpper(r) {
				return text[:i-1]
			}
			break
		}
	}
}

// Read is what a client reads to the helpdesk, all that it asks for: "Kit 0042, light 3, red, 2 flashes"; "" where the
// lights say nothing that could be counted.
func Read(l *words.Language, r Report) string {
	said := ""
	for _, on := range r.Lights {
		if !on.Counting || on.State != catalogue.LightRed && on.State != catalogue.LightAmber {
			continue
		}
		if colour := l.Say("colour." + string(on.State)); on.Flashes == 1 {
			said = l.Say("read.flash", "light", on.Light, "colour", colour)
		} else {
			said = l.Say("read.flashes", "light", on.Light, "colour", colour, "n", on.Flashes)
		}
	}
	if c, known := catalogue.Find(r.Verdict.Code); said == "" && known && c.Light == 0 {
		said = c.Shown(l)
	}
	if said == "" {
		return ""
	}
	switch kit := Line(string(r.Kit)); {
	case kit == "":
		return capital(said)
	case strings.HasPrefix(strings.ToLower(kit), "kit"):
		return kit + ", " + said
	default:
		return l.Say("read.kit", "kit", kit) + ", " + said
	}
}
