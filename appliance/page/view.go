package page

import (
	"embed"
	"fmt"
	"html/template"
	"slices"
	"time"

	"trunktester/appliance/catalogue"
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

func templates() (*template.Template, error) {
	t, err := report.Pieces()
	if err != nil {
		return nil, fmt.Errorf("parse the report's templates: %w", err)
	}
	t.Funcs(template.FuncMap{"about": about})
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
	Text    string
	Done    int // steps that have ended
	Places  []place
	Between string
	Ask     []ask
	Version string
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

type ask struct {
	report.Question
	Said string // "yes", "no" or ""
}

func (s *Server) look(st State) view {
	v := view{State: st, Lamps: lamps(st.Whole, st.Row), Version: s.opt.Version, Between: string(report.Between(st.Places))}
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
		v.Pill, v.Head, v.Text = wholeWords(st.Whole, st.Refused)
		if st.Whole == catalogue.WholeRefused || st.Whole == catalogue.WholeBoxFault {
			v.Tone = catalogue.Broken
		}
	case st.Running || st.Report.Verdict.Code == "":
		v.Pill, v.Head = "Testing", "The line is being tested"
		v.Text = "This takes a few seconds. Light by light, from left to right."
		if st.Report.ID == "" && !st.Running {
			v.Pill, v.Head, v.Text = "Waiting", "No test has been run yet", "Plug the cable into the router, or press “Run again”."
		}
	default:
		v.Tone, v.Pill, v.Spoken = st.Report.Verdict.Severity, report.Pill(st.Report), report.Spoken(st.Report)
	}
	for _, p := range report.Positions() {
		here := place{Position: p, Words: p.Words(), Here: st.Position == p}
		if r, ok := st.Places[p]; ok {
			here.Run, here.Pill, here.Lamps = &r, report.Pill(r), report.Lamps(r.Row())
		}
		v.Places = append(v.Places, here)
	}
	v.Ask = asks(st)
	return v
}

// asks are the questions that the findings raise, and those that were answered before.
func asks(st State) []ask {
	if st.Running || st.Report.Verdict.Code == "" {
		return nil
	}
	raised := slices.Clone(st.Report.Verdict.Guide)
	for _, f := range st.Report.Also {
		raised = append(raised, f.Guide...)
	}
	var all []ask
	for _, q := range report.Questions() {
		a := ask{Question: q}
		if said := q.Answer(st.Report.Answers); said != nil {
			a.Said = map[bool]string{true: "yes", false: "no"}[*said]
		}
		if a.Said != "" || slices.Contains(raised, q.Guide) {
			all = append(all, a)
		}
	}
	return all
}

// about is a time to wait for a person, in steps of five seconds.
func about(d time.Duration) string {
	d = max(5*time.Second, d.Round(5*time.Second))
	if d >= time.Minute {
		return fmt.Sprintf("%d:%02d minutes", int(d.Minutes()), int(d.Seconds())%60)
	}
	return fmt.Sprintf("%d seconds", int(d.Seconds()))
}

// lamps draws the row as it shines now.
func lamps(whole catalogue.Whole, row catalogue.Row) []report.Lamp {
	all := report.Lamps(row)
	for i := range all {
		l := &all[i]
		switch whole {
		case catalogue.WholeStarting, catalogue.WholeLampTest:
			l.Colour, l.Rhythm, l.Words = "amber", "", "starting"
		case catalogue.WholeWriting:
			l.Colour, l.Rhythm, l.Words = "amber", "slow", "writing"
		case catalogue.WholeDone:
			l.Colour, l.Rhythm, l.Words = "green", "count-3", "done"
		case catalogue.WholeRefused:
			l.Colour, l.Rhythm, l.Words = "red", "count-3", "refused"
		case catalogue.WholeBoxFault:
			l.Colour, l.Rhythm, l.Words = "red", "first", "box fault"
			l.Second, l.SecondRhythm = "amber", "second"
		}
	}
	return all
}

func wholeWords(w catalogue.Whole, why string) (pill, head, text string) {
	switch w {
	case catalogue.WholeStarting, catalogue.WholeLampTest:
		return "Starting", "The box is starting", "All five lights shine amber for a moment."
	case catalogue.WholeWriting:
		return "Writing", "Do not unplug the box", "It is writing to its card."
	case catalogue.WholeDone:
		return "Done", "Done", "The box has taken in what it was given."
	case catalogue.WholeRefused:
		if why == "" {
			why = "See trunk-ERROR.txt beside the file."
		}
		return "Refused", "The file was refused", why
	}
	return "Box fault", "The box itself has a fault", "This says nothing about the line. Unplug the box, wait ten seconds, and plug it in again. If this comes back, the box must be exchanged."
}
