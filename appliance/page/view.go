package page

import (
	"embed"
	"fmt"
	"html/template"
	"slices"
	"strings"
	"time"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/catalogue/words"
	"trunktester/appliance/report"
)

//go:embed assets
var assets embed.FS

//go:embed assets/live.js
var liveJS []byte

//go:embed assets/icon.svg
var icon []byte

// style is the report's style sheet, the page's own, and the rhythms of the lights.
func style() []byte {
	own, err := assets.ReadFile("assets/page.css")
	if err != nil {
		panic(err) // it is embedded
	}
	return []byte(report.Style() + string(own) + rhythms())
}

// templates are the page's in one language.
func templates(l *words.Language) (*template.Template, error) {
	t, err := report.Pieces(l, func(r report.Report) string { return "/report.html?run=" + r.ID })
	if err != nil {
		return nil, fmt.Errorf("parse the report's templates: %w", err)
	}
	t.Funcs(template.FuncMap{
		"languages": func() []choice { return choices(l) },
		"about":     func(d time.Duration) string { return about(l, d) },
		"list":      func(items []string) string { return strings.Join(items, ", ") },
	})
	if t, err = t.ParseFS(assets, "assets/*.html"); err != nil {
		return nil, fmt.Errorf("parse the page's templates: %w", err)
	}
	return t, nil
}

// view is what page.html shows.
type view struct {
	State
	Lamps   []report.Lamp
	Tone    catalogue.Severity // colour of the verdict, "" while there is none
	Pill    string
	Spoken  string
	Head    string // headline where the verdict has none to give
	Text    report.Phrase
	Done    int // steps that have ended
	Places  []place
	Between string
	Propose *proposal // where the box seems to be; nil: nobody can say, or somebody said
	Ask     []ask
	Version string
	Start   string
	Support string
}

// Moving says that the page changes by itself soon: without a script it is loaded again.
func (v view) Moving() bool { return v.Running || v.Consenting || v.PBX.Open() || v.PBX.Look > 0 }

type place struct {
	Position report.Position
	Words    string
	Here     bool
	Run      *report.Report // nil: not tested here
	Pill     string
	Lamps    []report.Lamp
}

type proposal struct {
	report.Proposal
	Asked, Yes string
}

type ask struct {
	report.Question
	Asked, Where string // the question, and where to look
	Said         string // as in Options, what was typed, or ""
	Choices      []option
	Picture      string // that says what the words cannot; "" for none, or where an earlier question has it
}

// picture is what helps to see what a question asks for.
func picture(question string) string {
	switch question {
	case "router_lights_ok":
		return "lights"
	case "microfilters_ok":
		return "filter"
	case "portal_shows_pbx", "portal_port", "portal_nat":
		return "registrations"
	}
	return ""
}

type option struct {
	Value, Words string
	Chosen       bool
}

func (s *Server) look(l *words.Language, st State) view {
	v := view{State: st, Lamps: lamps(l, st.Whole, st.Row), Version: s.opt.Version, Start: s.opt.Start, Between: report.Between(l, st.Places, st.Apart)}
	if st.Report.Between != "" {
		v.Report.Between = report.Text(v.Between)
	}
	if !st.Help.SupportUntil.IsZero() {
		v.Support = st.Help.SupportUntil.Format("2 January 2006")
	}
	for _, step := range st.Report.Steps {
		if step.Done {
			v.Done++
		}
	}
	switch {
	case st.Whole != catalogue.WholeNone:
		say := string(st.Whole)
		if st.Whole == catalogue.WholeLampTest {
			say = string(catalogue.WholeStarting)
		}
		v.head(l, say)
		if st.Whole == catalogue.WholeRefused && st.Refused != "" {
			v.Text = report.Here(l, st.Refused)
		}
		if st.Whole == catalogue.WholeRefused || st.Whole == catalogue.WholeBoxFault {
			v.Tone = catalogue.Broken
		}
	case st.Running || st.Report.Verdict.Code == "":
		v.head(l, "testing")
		if st.Report.ID == "" && !st.Running {
			v.head(l, "waiting")
		}
	default:
		v.Tone, v.Pill, v.Spoken = st.Report.Verdict.Severity, report.Pill(l, st.Report), report.Spoken(l, st.Report)
	}
	for _, p := range report.Positions() {
		here := place{Position: p, Words: l.Say("place." + string(p)), Here: st.Position == p}
		if r, ok := st.Places[p]; ok {
			here.Run, here.Pill, here.Lamps = &r, report.Pill(l, r), report.Lamps(l, r.Row())
		}
		v.Places = append(v.Places, here)
	}
	if p, ok := report.Propose(st.Report, st.Places); ok && st.Position == report.PositionUnknown && st.Report.Position == report.PositionUnknown && !st.Running {
		v.Propose = &proposal{p, p.Words(l, st.Report), l.Say("propose.yes", "place", p.At.Words(l))}
	}
	v.Ask = asks(l, st)
	return v
}

// head is what stands in the place of a verdict.
func (v *view) head(l *words.Language, what string) {
	v.Pill, v.Head, v.Text = l.Say("pill."+what), l.Say("head."+what), report.Plain(l.Say("text."+what))
}

// asks are the questions whose answer would change what the run says, and those that were answered before.
func asks(l *words.Language, st State) []ask {
	if st.Running || st.Report.Verdict.Code == "" {
		return nil
	}
	var all []ask
	drawn := map[string]bool{}
	for _, q := range report.Questions() {
		a := ask{Question: q, Asked: q.Text(l), Where: q.Help(l), Said: q.Answer(st.Answers)}
		if a.Said == "" && !slices.Contains(st.Asks, q.Name) {
			continue
		}
		for _, o := range q.Options {
			a.Choices = append(a.Choices, option{o, q.Option(l, o), a.Said == o})
		}
		if len(q.Options) > 0 {
			a.Choices = append(a.Choices, option{"", l.Say("question.unsure"), a.Said == ""})
		}
		if p := picture(q.Name); !drawn[p] {
			a.Picture, drawn[p] = p, true
		}
		all = append(all, a)
	}
	return all
}

// about is a time to wait for a person, in steps of five seconds.
func about(l *words.Language, d time.Duration) string {
	d = max(5*time.Second, d.Round(5*time.Second))
	if d >= time.Minute {
		return l.Say("page.minutes", "n", fmt.Sprintf("%d:%02d", int(d.Minutes()), int(d.Seconds())%60))
	}
	return l.Say("page.seconds", "n", int(d.Seconds()))
}

// lamps draws the row as it shines now.
func lamps(l *words.Language, whole catalogue.Whole, row catalogue.Row) []report.Lamp {
	all := report.Lamps(l, row)
	for i := range all {
		p := &all[i]
		switch whole {
		case catalogue.WholeStarting, catalogue.WholeLampTest:
			p.Colour, p.Rhythm, p.Words = "amber", "", l.Say("lamp.starting")
		case catalogue.WholeWriting:
			p.Colour, p.Rhythm, p.Words = "amber", "slow", l.Say("lamp.writing")
		case catalogue.WholeDone:
			p.Colour, p.Rhythm, p.Words = "green", "count-3", l.Say("lamp.done")
		case catalogue.WholeRefused:
			p.Colour, p.Rhythm, p.Words = "red", "count-3", l.Say("lamp.refused")
		case catalogue.WholeBoxFault:
			p.Colour, p.Rhythm, p.Words = "red", "first", l.Say("lamp.box")
			p.Second, p.SecondRhythm = "amber", "second"
		}
	}
	return all
}
