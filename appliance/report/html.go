package report

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"strings"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
)

//go:embed html
var files embed.FS

// Pieces are the templates that the page and the standalone report share, in a language: "lights" ([]Lamp),
// "finding" (a catalogue.Finding), "also", "checklist", "untested" and "facts" (a Report). The text of the network
// in them is cleaned and escaped. The caller may add its own templates.
func Pieces(l *words.Language) (*template.Template, error) {
	return template.New("").Funcs(functions(l)).ParseFS(files, "html/*.html")
}

// Style is the style sheet of the pieces.
func Style() string {
	b, err := files.ReadFile("html/style.css")
	if err != nil {
		panic(err) // it is embedded
	}
	return string(b)
}

// StyleHash allows the standalone report's own style in a Content-Security-Policy.
func StyleHash() string {
	sum := sha256.Sum256([]byte(Style()))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// HTML writes the report, in English, as one file that needs nothing else: no script, no picture, no font from
// elsewhere. pages are the addresses of the box's own page, if known; the first is printed as a QR code as well.
func (r Report) HTML(w io.Writer, pages ...string) error {
	t, err := Pieces(words.InEnglish())
	if err != nil {
		return fmt.Errorf("parse the report's templates: %w", err)
	}
	var code *square
	if len(pages) > 0 {
		if code, err = qrCode(pages[0]); err != nil {
			return err
		}
	}
	data := struct {
		Report Report
		Style  template.CSS
		Pages  []string
		QR     *square
	}{r, template.CSS(Style()), pages, code}
	if err := t.ExecuteTemplate(w, "report.html", data); err != nil {
		return fmt.Errorf("write report %s as HTML: %w", r.ID, err)
	}
	return nil
}

func functions(l *words.Language) template.FuncMap {
	return template.FuncMap{
		"say":      l.Say,
		"rich":     func(key string, args ...any) template.HTML { return rich(l, key, args...) },
		"here":     func(english any) Phrase { return Here(l, fmt.Sprint(english)) },
		"english":  func() template.HTMLAttr { return inEnglish(l) },
		"own":      func() template.HTMLAttr { return own(l) },
		"general":  func(f catalogue.Finding) string { return general(l, f) },
		"line":     func(v any) string { return Line(fmt.Sprint(v)) },
		"clean":    func(s string) string { return strings.TrimRight(Clean(s), "\n") },
		"actors":   func(as []catalogue.Actor) string { return actors(l, as) },
		"acting":   acting,
		"who":      func(a catalogue.Actor) string { return capital(a.Who(l)) },
		"shown":    func(c catalogue.Cause) string { return c.Shown(l) },
		"groups":   func(r Report) []group { return groups(l, r) },
		"untested": func(r Report) []skipped { return untested(l, r) },
		"answered": answered,
		"lamps":    func(r Report) []Lamp { return Lamps(l, r.Row()) },
		"severity": func(r Report) string { return string(r.Verdict.Severity) },
		"pill":     func(r Report) string { return Pill(l, r) },
		"spoken":   func(r Report) string { return Spoken(l, r) },
		"alg":      func(word string) string { return algWords(l, word) },
		"position": func(p Position) string { return p.Words(l) },
		"trunk":    func(t Trunk) string { return trunk(l, t) },
		"socket":   func(s Switch) string { return socket(l, s) },
		"when":     func(r Report) string { return when(l, r) },
		"time":     clockTime,
		"tel":      dialled,
		"slip":     scanned,
	}
}

func acting(as []catalogue.Actor) bool {
	return len(as) > 0 && !(len(as) == 1 && as[0] == catalogue.Nobody)
}

// Pill says in a few words how bad the verdict is.
func Pill(l *words.Language, r Report) string {
	switch v := r.Verdict; {
	case v.Severity == "":
		return l.Say("pill.testing")
	case v.Severity == catalogue.Amber && v.Light == 0:
		return l.Say("pill.line")
	default:
		return l.Say("pill." + string(v.Severity))
	}
}

// Spoken is how the verdict is told over the phone: "Light 3, 2 flashes"; "" when no light counts.
func Spoken(l *words.Language, r Report) string {
	for _, on := range r.Lights {
		switch {
		case on.Counting && on.Flashes == 1:
			return l.Say("spoken.flash", "light", on.Light)
		case on.Counting:
			return l.Say("spoken.flashes", "light", on.Light, "n", on.Flashes)
		}
	}
	return ""
}

func answered(r Report) []string {
	var told []string
	for _, q := range Questions() {
		if a := q.Said(words.InEnglish(), r.Answers); a != "" {
			told = append(told, q.Guide+" "+q.Text(words.InEnglish())+" "+capital(a)+".")
		}
	}
	return told
}

func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// Lamp is one light as it is drawn.
type Lamp struct {
	Number               int
	Name                 string
	Colour               string // "green", "amber", "red" or "off"
	Rhythm               string // class of its animation: "count-3", "slow"; "" for steady
	Second, SecondRhythm string // a second colour, for the box fault
	Words                string // the same in words
}

// Lamps draws a row.
func Lamps(l *words.Language, row catalogue.Row) []Lamp {
	lamps := make([]Lamp, len(row))
	names := catalogue.LightNames()
	for i, light := range row {
		p := Lamp{Number: i + 1, Name: names[i], Colour: string(light.State)}
		switch {
		case light.Counting:
			p.Rhythm = fmt.Sprintf("count-%d", light.Flashes)
			p.Words = l.Say("lamp."+string(light.State), "n", light.Flashes)
		case light.State == catalogue.LightTesting:
			p.Colour, p.Rhythm, p.Words = "green", "slow", l.Say("lamp.testing")
		case light.State == catalogue.LightUntested || light.State == "":
			p.Colour, p.Words = "off", l.Say("lamp.untested")
		case light.State == catalogue.LightGreen:
			p.Words = l.Say("lamp.green")
		default: // steady amber or red: not the verdict, told further down
			p.Words = l.Say("lamp.noticed")
		}
		lamps[i] = p
	}
	return lamps
}

type group struct {
	Lamp     Lamp
	Question string
	Steps    []shown
}

// shown is a step as the checklist shows it.
type shown struct {
	facts.Step
	Title, Mark, Class, Blocker string
	Saw                         Phrase
}

func groups(l *words.Language, r Report) []group {
	all := make([]group, len(r.Lights))
	lamps, questions := Lamps(l, r.Row()), catalogue.LightQuestions(l)
	for i := range all {
		all[i] = group{Lamp: lamps[i], Question: questions[i]}
	}
	for _, s := range r.Steps {
		if s.Light >= 1 && s.Light <= len(all) {
			all[s.Light-1].Steps = append(all[s.Light-1].Steps, show(l, r, s))
		}
	}
	return all
}

func show(l *words.Language, r Report, s facts.Step) shown {
	v := shown{Step: s, Title: Title(s), Mark: mark(l, s), Class: string(s.Outcome), Saw: Here(l, s.Saw), Blocker: r.titleOf(s.Blocker)}
	if r.Running() && !s.Done {
		v.Mark, v.Class = l.Say("mark.later"), "waiting"
		if s.Saw == "" {
			v.Saw = Phrase{Words: v.Mark}
		}
	}
	return v
}

// titleOf names a step by its ID.
func (r Report) titleOf(id string) string {
	for _, s := range r.Steps {
		if s.ID == id {
			return Title(s)
		}
	}
	return Line(id)
}

type skipped struct {
	Title string
	Why   Phrase
}

// untested are the steps that a finished run did not answer.
func untested(l *words.Language, r Report) []skipped {
	var all []skipped
	for _, s := range r.Steps {
		if r.Running() && !s.Done {
			continue
		}
		why := Here(l, s.Saw)
		switch s.Outcome {
		default:
			continue
		case facts.NotRun, facts.Broken:
			if s.Saw == "" {
				why = Phrase{Words: mark(l, s)}
			}
		case facts.Blocked:
			if s.Saw == "" {
				why = Phrase{Words: l.Say("checklist.unpassed", "step", r.titleOf(s.Blocker))}
			}
		}
		all = append(all, skipped{Title(s), why})
	}
	return all
}

// dialled is a telephone number as a tel: link takes it.
func dialled(number string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r == '+' {
			return r
		}
		return -1
	}, number)
}
