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

// Pieces are the templates that the page and the standalone report share: "lights" ([]Lamp), "finding"
// (a catalogue.Finding), "also", "checklist", "untested" and "facts" (a Report). The text of the network
// in them is cleaned and escaped. The caller may add its own templates.
func Pieces() (*template.Template, error) {
	return template.New("").Funcs(functions()).ParseFS(files, "html/*.html")
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

// HTML writes the report as one file that needs nothing else: no script, no picture, no font from
// elsewhere. pages are the addresses of the box's own page, if known; the first is printed as a QR code as well.
func (r Report) HTML(w io.Writer, pages ...string) error {
	t, err := Pieces()
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

func functions() template.FuncMap {
	return template.FuncMap{
		"line":     func(v any) string { return Line(fmt.Sprint(v)) },
		"clean":    func(s string) string { return strings.TrimRight(Clean(s), "\n") },
		"actors":   actors,
		"who":      func(a catalogue.Actor) string { return a.Who(words.InEnglish()) },
		"shown":    func(c catalogue.Cause) string { return c.Shown(words.InEnglish()) },
		"acting":   acting,
		"capital":  capital,
		"groups":   groups,
		"untested": untested,
		"answered": answered,
		"lamps":    func(r Report) []Lamp { return Lamps(r.Row()) },
		"severity": func(r Report) string { return string(r.Verdict.Severity) },
		"pill":     Pill,
		"spoken":   Spoken,
		"alg":      algWords,
		"when":     when,
		"time":     clockTime,
		"tel":      dialled,
		"slip":     scanned,
	}
}

func acting(as []catalogue.Actor) bool {
	return len(as) > 0 && !(len(as) == 1 && as[0] == catalogue.Nobody)
}

// Pill says in a few words how bad the verdict is.
func Pill(r Report) string {
	switch r.Verdict.Severity {
	case catalogue.Green:
		return "Works"
	case catalogue.Amber:
		if r.Verdict.Light == 0 {
			return "Only the line was tested"
		}
		return "Works, with a weakness"
	case catalogue.Red:
		return "Does not work"
	case catalogue.Broken:
		return "The box could not test"
	}
	return "Testing"
}

// Spoken is how the verdict is told over the phone: "Light 3, 2 flashes"; "" when no light counts.
func Spoken(r Report) string {
	for _, l := range r.Lights {
		switch {
		case l.Counting && l.Flashes == 1:
			return fmt.Sprintf("Light %d, 1 flash", l.Light)
		case l.Counting:
			return fmt.Sprintf("Light %d, %d flashes", l.Light, l.Flashes)
		}
	}
	return ""
}

func answered(r Report) []string {
	var told []string
	for _, q := range Questions() {
		if a := q.Answer(r.Answers); a != nil {
			told = append(told, q.Guide+" "+q.Text+" "+capital(yesNo(*a))+".")
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
func Lamps(row catalogue.Row) []Lamp {
	lamps := make([]Lamp, len(row))
	names := catalogue.LightNames()
	for i, l := range row {
		p := Lamp{Number: i + 1, Name: names[i], Colour: string(l.State), Words: string(l.State)}
		switch l.State {
		case catalogue.LightTesting:
			p.Colour, p.Rhythm, p.Words = "green", "slow", "testing"
		case catalogue.LightUntested, "":
			p.Colour, p.Words = "off", "not tested"
		case catalogue.LightGreen:
			p.Words = "fine"
		case catalogue.LightAmber, catalogue.LightRed: // steady: not the verdict, told further down
			p.Words = "noticed"
		}
		if l.Counting {
			p.Rhythm = fmt.Sprintf("count-%d", l.Flashes)
			p.Words = fmt.Sprintf("%d× %s", l.Flashes, l.State)
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
	Title, Mark, Class, Saw, Blocker string
}

func groups(r Report) []group {
	all := make([]group, len(r.Lights))
	lamps, questions := Lamps(r.Row()), catalogue.LightQuestions(words.InEnglish())
	for i := range all {
		all[i] = group{Lamp: lamps[i], Question: questions[i]}
	}
	for _, s := range r.Steps {
		if s.Light >= 1 && s.Light <= len(all) {
			all[s.Light-1].Steps = append(all[s.Light-1].Steps, show(r, s))
		}
	}
	return all
}

func show(r Report, s facts.Step) shown {
	v := shown{Step: s, Title: Title(s), Mark: Mark(s), Class: string(s.Outcome), Saw: Line(s.Saw), Blocker: r.titleOf(s.Blocker)}
	if r.Running() && !s.Done {
		v.Mark, v.Class, v.Saw = "still to come", "waiting", or(v.Saw, "still to come")
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

type skipped struct{ Title, Why string }

// untested are the steps that a finished run did not answer.
func untested(r Report) []skipped {
	var all []skipped
	for _, s := range r.Steps {
		if r.Running() && !s.Done {
			continue
		}
		switch s.Outcome {
		case facts.NotRun, facts.Broken:
			all = append(all, skipped{Title(s), or(Line(s.Saw), Mark(s))})
		case facts.Blocked:
			all = append(all, skipped{Title(s), or(Line(s.Saw), "“"+r.titleOf(s.Blocker)+"” did not pass.")})
		}
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
