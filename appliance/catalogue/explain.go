package catalogue

import (
	"fmt"
	"strings"

	"trunktester/appliance/catalogue/words"
)

// explainWidth is the widest line of Explain, in characters: it fits an 80 column terminal.
const explainWidth = 78

// Who says in a few words who an actor is.
func (a Actor) Who(l *words.Language) string { return l.Say("who." + string(a)) }

// Effect says what the kind does to a registration.
func (k Kind) Effect() string {
	switch k {
	case Stops:
		return "stops registration"
	case Hurts:
		return "harms calls, or will fail later"
	case Tells:
		return "is information"
	}
	return string(k)
}

// Shown is how the lights say the cause, for example "light 3 (SIP PATH), 2 flashes".
func (c Cause) Shown(l *words.Language) string {
	switch {
	case c.Light == 0:
		return l.Say("shown." + c.Code)
	case c.Flashes == 1:
		return l.Say("shown.flash", "light", c.Light, "name", LightNames()[c.Light-1])
	}
	return l.Say("shown.flashes", "light", c.Light, "name", LightNames()[c.Light-1], "n", c.Flashes)
}

// Explain is the cause in English as text for a terminal, ending in a newline.
func Explain(c Cause) string {
	english := words.InEnglish()
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %s\n\n", c.Code, c.Title)
	kinds := make([]string, len(c.Kinds))
	for i, k := range c.Kinds {
		kinds[i] = k.Effect()
	}
	who := make([]string, len(c.Acts))
	for i, a := range c.Acts {
		who[i] = a.Who(english)
	}
	guide := strings.Join(c.Guide, ", ")
	if guide == "" {
		guide = "no step"
	}
	for _, row := range [][2]string{
		{"What it is", c.What},
		{"What to do", c.Advice},
		{"Who acts", strings.Join(who, "; ")},
		{"Lights", c.Shown(english)},
		{"Weight", strings.Join(kinds, "; or ")},
		{"Guide", guide},
		{"How we know", c.Evidence},
		{"Guard", c.Guard},
		{"Name", c.Slug},
	} {
		writeRow(&b, row[0], row[1])
	}
	return b.String()
}

// List is the whole catalogue as text for a terminal: one line a cause, under its light.
func List(causes []Cause) string {
	var b strings.Builder
	light := -1
	for _, c := range causes {
		if c.Light != light {
			if light >= 0 {
				b.WriteByte('\n')
			}
			light = c.Light
			if light == 0 {
				b.WriteString("The box\n")
			} else {
				fmt.Fprintf(&b, "Light %d %s\n", light, LightNames()[light-1])
			}
		}
		fmt.Fprintf(&b, "  %-8s  %-22s  %s\n", c.Code, c.Slug, c.Title)
	}
	return b.String()
}

// writeRow writes a name and its text, wrapped between words and indented behind the name.
func writeRow(b *strings.Builder, name, text string) {
	const indent = 14
	fmt.Fprintf(b, "%-*s", indent, name)
	column := indent
	for i, word := range strings.Fields(text) {
		n := len([]rune(word))
		switch {
		case i == 0:
		case column+1+n > explainWidth:
			fmt.Fprintf(b, "\n%*s", indent, "")
			column = indent
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += n
	}
	b.WriteByte('\n')
}
