package appliance

import (
	"slices"

	"trunktester/appliance/report"
	"trunktester/appliance/verdict"
	"trunktester/probes/facts"
)

// verdictOf is what the verdict on a run rests on.
func verdictOf(in report.Input) verdict.Input {
	return verdict.Input{Profile: &in.Profile, Facts: in.Facts, Steps: in.Steps, Answers: in.Answers, Sockets: sockets(in)}
}

// sockets are those of this site that a run is compared with, and its own: none when nobody told where it is. A run
// that is known to be old is left out, since the line may have changed, and so is one that may be of another site.
func sockets(in report.Input) []verdict.Socket {
	if in.Position == report.PositionUnknown || len(in.Places) == 0 {
		return nil
	}
	now := report.Build(in)
	var all []verdict.Socket
	for _, p := range report.Positions() {
		r, ok := in.Places[p]
		switch {
		case p == in.Position:
			all = append(all, verdict.Socket{Name: string(p), Facts: in.Facts, Steps: in.Steps, Answers: in.Answers, Here: true})
		case ok:
			age, known := report.Age(now, r)
			if known && !report.Fresh(age) || !known && !site(now).Same(site(r)) {
				continue
			}
			all = append(all, verdict.Socket{Name: string(p), Facts: r.Facts, Steps: r.Steps, Answers: r.Answers, Undated: !known})
		}
	}
	return all
}

// Beside is the same run compared with those at other positions of the site.
func (s Sight) Beside(places map[report.Position]report.Report) Sight {
	if s.Report.ID == "" || len(places) == 0 && len(s.input.Places) == 0 {
		return s
	}
	s.input.Places = places
	return s.again(s.input, s.Asked)
}

// compare finds the faults that lie between two of the places.
func (f *Front) compare(places map[report.Position]report.Report) []report.Apart {
	var all []verdict.Socket
	for _, p := range report.Positions() {
		if r, ok := places[p]; ok && !r.Running() {
			all = append(all, verdict.Socket{Name: string(p), Facts: r.Facts, Steps: r.Steps, Answers: r.Answers})
		}
	}
	var found []report.Apart
	for _, a := range verdict.Compare(&f.profile, all) {
		found = append(found, report.Apart{Code: a.Code, Near: report.Position(a.Near), Far: report.Position(a.Far)})
	}
	return found
}

// compared are the last runs at each position of the site where a run was made, that run among them.
func (f *Front) compared(now report.Report) map[report.Position]report.Report {
	places := map[report.Position]report.Report{}
	if now.Position != report.PositionUnknown {
		places[now.Position] = now
	}
	for _, e := range f.store.History(site(now)) {
		p := report.Position(e.Site.Position)
		if _, newer := places[p]; newer || e.ID == now.ID || !slices.Contains(report.Positions(), p) {
			continue
		}
		if b, err := f.store.Report(e.ID); err == nil {
			if r, err := report.Decode(b); err == nil {
				places[p] = r
			}
		}
	}
	return places
}

// NewSite begins a new history, with the last run, and without a PBX check of the site before.
func (f *Front) NewSite() error {
	if err := f.store.NewHistory(); err != nil {
		return err
	}
	f.box.forgetPBX()
	if last := f.box.State(); !last.Running && last.Sight.Verdict.Final {
		last.Sight.Asked = true
		last.Sight = last.Sight.Beside(nil).Answered(facts.Answers{}) // they were of the site before
		f.box.change(func(s *State) {
			f.box.answers = facts.Answers{}
			if s.Sight.Report.ID == last.Sight.Report.ID {
				s.Sight = last.Sight
			}
		})
		f.keep(last.Sight)
	}
	f.box.change(func(*State) {}) // the page shows the places
	return nil
}
