package report

import (
	"html/template"
	"strings"

	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
)

// exhibit is a piece of evidence as it is shown: what differs first, then every byte. A probe and the control behind it
// are one exhibit, so that they stand side by side.
type exhibit struct {
	Pieces []facts.Evidence // one, or a probe and its control
	Differ []compared
	Bytes  bool // there are bytes of one of the pieces
	Told   bool // the texts are sentences of the catalogue
}

// told are the steps whose evidence is told in sentences of the catalogue. That of others is English, for the engineer:
// to look for sentences in all of it takes a small box some time.
func told(step string) bool { return step == "pbx-check" || step == "alg" || step == "reflector" }

// compared is what differs between two messages.
type compared struct {
	What          string // "What came back"
	Before, After string // what the two are called
	Lines         []difference
}

// exhibits are the evidence of a step.
func exhibits(l *words.Language, s facts.Step) []exhibit {
	var all []exhibit
	for i := 0; i < len(s.Evidence); i++ {
		e := s.Evidence[i]
		x := exhibit{Pieces: []facts.Evidence{e}, Bytes: e.Sent+e.Received != "", Told: told(s.ID)}
		if i+1 < len(s.Evidence) && e.Kind == "probe" && s.Evidence[i+1].Kind == "control" && e.Sent != "" {
			control := s.Evidence[i+1]
			x.Pieces = append(x.Pieces, control)
			x.add(l, "checklist.received", "probe", "control", against(e.Received, control.Received))
			x.add(l, "checklist.sent", "probe", "control", against(e.Sent, control.Sent))
			i++
		}
		x.add(l, "checklist.changed", "sent", "received", echo(e.Sent, e.Received))
		all = append(all, x)
	}
	return all
}

// leaveOut takes the bytes away, but for the first ones of a test that did not pass, and reports whether it did.
func leaveOut(all []exhibit, o facts.Outcome) (left bool) {
	shown := o == facts.Passed
	for i := range all {
		if all[i].Bytes && shown {
			all[i].Bytes, left = false, true
		}
		shown = shown || all[i].Bytes
	}
	return left
}

func (x *exhibit) add(l *words.Language, what, before, after string, lines []difference) {
	if len(lines) > 0 {
		x.Differ = append(x.Differ, compared{l.Say(what), l.Say("checklist." + before), l.Say("checklist." + after), lines})
	}
}

// labelled is a side with what it is called.
type labelled struct {
	side
	Called string
}

// breaks lets a long line end where a number does not: behind a semicolon, a comma or an "at".
func breaks(text string) template.HTML {
	return template.HTML(breaker.Replace(template.HTMLEscapeString(text)))
}

var breaker = strings.NewReplacer("&lt;", "&lt;", "&gt;", "&gt;", "&amp;", "&amp;", "&#39;", "&#39;", "&#34;", "&#34;", ";", ";<wbr>", "@", "@<wbr>")
