package catalogue

import (
	"fmt"
	"strings"
)

// explainWidth is the widest line of Explain, in characters: it fits an 80 column terminal.
const explainWidth = 78

// Who says in a few words who an actor is.
func (a Actor) Who() string {
	switch a {
	case Client:
		return "the client, at the site"
	case IT:
		return "whoever runs the site's router, firewall and switch"
	case ISP:
		return "the line or internet provider"
	case PBX:
		return "whoever maintains the PBX"
	case Reseller:
		return "the reseller: the portal and the box's file"
	case Provider:
		return "the SIP trunk provider: raise a ticket"
	case Nobody:
		return "nobody"
	}
	return string(a)
}

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
func (c Cause) Shown() string {
	switch {
	case c.Light > 0 && c.Flashes == 1:
		return fmt.Sprintf("light %d (%s), 1 flash", c.Light, LightNames()[c.Light-1])
	case c.Light > 0:
		return fmt.Sprintf("light %d (%s), %d flashes", c.Light, LightNames()[c.Light-1], c.Flashes)
	case c.Code == "ok":
		return "all five lights steady green"
	case c.Code == "box":
		return "all five lights alternate red and amber"
	default:
		return "lights 3 to 5 off"
	}
}

// Explain is the cause as text for a terminal, ending in a newline.
func Explain(c Cause) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %s\n\n", c.Code, c.Title)
	kinds := make([]string, len(c.Kinds))
	for i, k := range c.Kinds {
		kinds[i] = k.Effect()
	}
	who := make([]string, len(c.Acts))
	for i, a := range c.Acts {
		who[i] = a.Who()
	}
	guide := strings.Join(c.Guide, ", ")
	if guide == "" {
		guide = "no step"
	}
	for _, row := range [][2]string{
		{"What it is", c.What},
		{"What to do", c.Advice},
		{"Who acts", strings.Join(who, "; ")},
		{"Lights", c.Shown()},
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
