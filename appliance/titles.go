package appliance

import "trunktester/appliance/report"

// decoded is a kept report, whose steps have the titles of the checklist again: they are not part of the format.
func decoded(b []byte) (report.Report, error) {
	r, err := report.Decode(b)
	if err != nil {
		return r, err
	}
	titles := titles()
	for i, s := range r.Steps {
		r.Steps[i].Title = titles[s.ID]
	}
	return r, nil
}

// titles are those of the checklist's steps, by ID.
func titles() map[string]string {
	all := map[string]string{}
	for _, s := range checklist(parts{}) {
		all[s.ID] = s.Title
	}
	return all
}
