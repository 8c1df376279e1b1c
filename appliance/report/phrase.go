package report

import (
	"fmt"
	"html/template"
	"strings"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/catalogue/words"
)

// Phrase is a text on one line, and the lang attribute of its element: "" where it is in the language of the page.
type Phrase struct {
	Words template.HTML
	Lang  template.HTMLAttr
}

// Plain is a phrase in the language of the page.
func Plain(text string) Phrase { return Phrase{Words: escaped(text)} }

// Here is an English text of a report in the language of its reader: sentences of the catalogue are said in it, any
// other stays as it was found.
func Here(l *words.Language, english string) Phrase {
	parts := l.Read(Line(english))
	if len(parts) == 1 && parts[0].English {
		return Phrase{escaped(parts[0].Words), inEnglish(l)}
	}
	var p Phrase
	for _, part := range parts {
		if part.English {
			p.Words += template.HTML("<span"+inEnglish(l)+">") + escaped(part.Words) + "</span>"
		} else {
			p.Words += escaped(part.Words)
		}
	}
	return p
}

func escaped(text string) template.HTML { return template.HTML(template.HTMLEscapeString(text)) }

// inEnglish is the lang attribute of an element whose text is English in every language; "" on an English page.
func inEnglish(l *words.Language) template.HTMLAttr {
	if l.Foreign() {
		return template.HTMLAttr(` lang="` + words.English + `"`)
	}
	return ""
}

// rich is a sentence of the catalogue whose *words* are bold.
func rich(l *words.Language, key string, args ...any) template.HTML {
	escaped := make([]any, len(args))
	for i, a := range args {
		escaped[i] = strings.ReplaceAll(template.HTMLEscaper(Line(fmt.Sprint(a))), "*", "&#42;")
	}
	var b strings.Builder
	for i, part := range strings.Split(l.Say(key, escaped...), "*") {
		switch {
		case i == 0:
		case i%2 == 1:
			b.WriteString("<b>")
		default:
			b.WriteString("</b>")
		}
		b.WriteString(part)
	}
	return template.HTML(b.String())
}

// general is what a finding's code says in general, for whoever cannot read its text, since all of it is English (as
// one of another version's report may be); else "".
func general(l *words.Language, f catalogue.Finding) string {
	cause, known := catalogue.Find(f.Code)
	if !known || said(l, f.Text) {
		return ""
	}
	return cause.In(l).What
}

// said says whether a text can be said in a language, at least a part of it.
func said(l *words.Language, english string) bool {
	parts := l.Read(Line(english))
	return len(parts) > 1 || len(parts) == 1 && !parts[0].English
}
