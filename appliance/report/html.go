package report

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"
	"time"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
)

//go:embed html
var files embed.FS

// Pieces are the templates that the page and the standalone report share, in a language: "lights" ([]Lamp),
// "finding" (a catalogue.Finding), "also", "checklist", "untested" and "facts" (a Report). The text of the network
// in them is cleaned and escaped. Where whole gives the URL of the
// report with everything in it, what tests that passed sent and received is left out here, and of others what was sent
// and received after the first piece of evidence; nil leaves nothing out. The caller may add its own templates.
func Pieces(l *words.Language, whole func(Report) string) (*template.Template, error) {
	return template.New("").Funcs(functions(l, whole)).ParseFS(files, "html/*.html")
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

// HTML writes the report in a language as one file that needs nothing else: no script, no picture, no font from
// elsewhere. pages are the addresses of the box's own page, if known; the first is printed as a QR code as well.
func (r Report) HTML(w io.Writer, l *words.Language, pages ...string) error {
	t, err := Pieces(l, nil)
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

func functions(l *words.Language, whole func(Report) string) template.FuncMap {
	return template.FuncMap{
		"tag":      func() string { return l.Tag },
		"say":      l.Say,
		"rich":     func(key string, args ...any) template.HTML { return rich(l, key, args...) },
		"here":     func(english any) Phrase { return Here(l, fmt.Sprint(english)) },
		"english":  func() template.HTMLAttr { return inEnglish(l) },
		"short":    func(f catalogue.Finding) Phrase { return inShort(l, f) },
		"proof":    func(f catalogue.Finding) Phrase { return proof(l, f) },
		"read":     func(r Report) string { return Read(l, r) },
		"aside":    func(called string, s side) labelled { return labelled{s, called} },
		"breaks":   breaks,
		"general":  func(f catalogue.Finding) string { return general(l, f) },
		"line":     func(v any) string { return Line(fmt.Sprint(v)) },
		"clean":    func(s string) string { return strings.TrimRight(Clean(s), "\n") },
		"actors":   func(as []catalogue.Actor) string { return actors(l, as) },
		"acting":   acting,
		"who":      func(a catalogue.Actor) string { return capital(a.Who(l)) },
		"shown":    func(c catalogue.Cause) string { return c.Shown(l) },
		"groups":   func(r Report) []group { return groups(l, r, whole) },
		"answered": func(r Report) []string { return answered(l, r) },
		"lamps":    func(r Report) []Lamp { return Lamps(l, r.Row()) },
		"severity": func(r Report) string { return string(r.Verdict.Severity) },
		"pill":     func(r Report) string { return Pill(l, r) },
		"spoken":   func(r Report) string { return Spoken(l, r) },
		"alg":      func(word string) string { return algWords(l, word) },
		"position": func(p Position) string { return p.Words(l) },
		"trunk":    func(t Trunk) string { return trunk(l, t) },
		"socket":   func(s Switch) string { return socket(l, s) },
		"when":     func(r Report) string { return when(l, r) },
		"day":      func(t time.Time) string { return at(t, time.DateOnly) },
		"clock":    func(t time.Time) string { return at(t, time.TimeOnly) },
		"tel":      dialled,
		"slip":     scanned,
		"plots":    func(r Report) []plot { return plots(l, r) },
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

func answered(l *words.Language, r Report) []string {
	var told []string
	for _, q := range Questions() {
		if a := q.Said(l, r.Answers); a != "" {
			told = append(told, q.Guide+" "+q.Text(l)+" "+capital(a)+".")
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
		case light.State == catalogue.LightRed: // steady: not the verdict, told further down
			p.Words = l.Say("lamp.also-red")
		default:
			p.Words = l.Say("lamp.also-amber")
		}
		lamps[i] = p
	}
	return lamps
}

// group is a light of the checklist. As long as it is tested all of its lines are open, in their order; then those that
// passed are folded, and those that something before them stopped.
type group struct {
	Lamp                  Lamp
	Question              string
	Steps                 int
	Open, Passed, Blocked []shown
	Count, Stopped        string // what the folds are called
}

// shown is a step as the checklist shows it.
type shown struct {
	facts.Step
	Title, Mark, Class, Blocker string
	Saw                         Phrase
	Exhibits                    []exhibit
	Elsewhere                   string // URL of the bytes that are left out here, "" where none are
}

func groups(l *words.Language, r Report, whole func(Report) string) []group {
	all := make([]group, len(r.Lights))
	lamps, questions := Lamps(l, r.Row()), catalogue.LightQuestions(l)
	for i := range all {
		g := group{Lamp: lamps[i], Question: questions[i]}
		steps := slices.DeleteFunc(slices.Clone(r.Steps), func(s facts.Step) bool { return s.Light != i+1 })
		going := r.Running() && slices.ContainsFunc(steps, func(s facts.Step) bool { return !s.Done })
		for _, s := range steps {
			line := show(l, r, s)
			line.Exhibits = exhibits(l, s)
			if whole != nil && leaveOut(line.Exhibits, s.Outcome) {
				line.Elsewhere = whole(r) + "#more-" + s.ID
			}
			switch {
			case !going && s.Outcome == facts.Passed && !found(r, s):
				g.Passed = append(g.Passed, line)
			case !going && s.Outcome == facts.Blocked:
				g.Blocked = append(g.Blocked, line)
			default:
				g.Open = append(g.Open, line)
			}
		}
		slices.SortStableFunc(g.Open, func(a, b shown) int { return urgent(b, going) - urgent(a, going) })
		g.Steps, g.Count, g.Stopped = len(steps), counted(l, "checklist.passed", len(g.Passed)), counted(l, "checklist.stopped", len(g.Blocked))
		all[i] = g
	}
	return all
}

// found reports whether a test that passed is what a finding rests on: one measures, and what it measured may be bad. It
// is not, where another test of the same light and item of the guide failed.
func found(r Report, s facts.Step) bool {
	shares := func(a, b []string) bool {
		return slices.ContainsFunc(a, func(item string) bool { return slices.Contains(b, item) })
	}
	return slices.ContainsFunc(append([]catalogue.Finding{r.Verdict}, r.Also...), func(f catalogue.Finding) bool {
		return f.Light == s.Light && f.Severity != catalogue.Green && shares(f.Guide, s.Guide) &&
			!slices.ContainsFunc(r.Steps, func(other facts.Step) bool {
				return other.Light == f.Light && other.Outcome == facts.Failed && shares(f.Guide, other.Guide)
			})
	})
}

// urgent puts what failed before what was not tested, as soon as nothing moves any more.
func urgent(s shown, going bool) int {
	if !going && (s.Outcome == facts.Failed || s.Outcome == facts.Broken) {
		return 1
	}
	return 0
}

// counted says how many, by the key of one or of several.
func counted(l *words.Language, key string, n int) string {
	if n == 1 {
		return l.Say(key + "-one")
	}
	return l.Say(key, "n", n)
}

func show(l *words.Language, r Report, s facts.Step) shown {
	v := shown{Step: s, Title: Title(l, s.ID), Mark: Mark(l, s), Class: string(s.Outcome), Saw: begun(Here(l, s.Saw)), Blocker: titleOf(l, s.Blocker)}
	if r.Running() && !s.Done {
		v.Mark, v.Class = l.Say("mark.later"), "waiting"
		if s.Saw == "" {
			v.Saw = Plain(v.Mark)
		}
	}
	return v
}

// begun gives a sentence its capital, unless it begins with a name or an address.
func begun(p Phrase) Phrase {
	p.Words = template.HTML(begunText(string(p.Words)))
	return p
}

func begunText(text string) string {
	if first, _, _ := strings.Cut(text, " "); !strings.ContainsFunc(first, func(r rune) bool { return r < 'a' || r > 'z' }) {
		return capital(text)
	}
	return text
}

// titleOf names the step that stood in the way, if one did.
func titleOf(l *words.Language, id string) string {
	if id == "" {
		return ""
	}
	return Line(Title(l, id))
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
