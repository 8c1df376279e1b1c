package appliance

import (
	"slices"

	"trunktester/appliance/report"
)

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
		f.keep(last.Sight)
	}
	f.box.change(func(*State) {}) // the page shows the places
	return nil
}
