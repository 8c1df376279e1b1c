package appliance

import (
	"slices"
	"strings"
	"time"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/report"
	"trunktester/appliance/store"
)

// This file spares the card. With the cable out, or any other fault, the box tests again and again, every few
// seconds: a card would be worn out by the same report.

const (
	// sameEvery is how often an answer that stays the same is written to the card: each run of a box that is
	// left alone is, those in between are not.
	sameEvery = patrol
	// writesAnHour are the most that the box writes without being asked, however often the answer changes (a
	// loose plug): more than a site's history holds would only push out what was there.
	writesAnHour = 20
)

// answer is what a run says, without its times and measurements.
type answer struct {
	position report.Position
	site     store.Site
	row      catalogue.Row
	codes    string // of all findings
}

func answerOf(s Sight) answer {
	var codes []string
	for _, f := range append([]catalogue.Finding{s.Verdict.Finding}, s.Verdict.Also...) {
		codes = append(codes, f.Code)
	}
	return answer{s.Report.Position, site(s.Report), s.Verdict.Row, strings.Join(codes, " ")}
}

// thrift decides which reports are worth a write to the card. The zero thrift has seen none.
type thrift struct {
	last answer      // that was written
	at   time.Time   // when; zero: never
	own  []time.Time // the newest writes that nobody asked for, oldest first
}

// worth says whether a report is to be written now, and takes it for written then. One that a person asked for
// always is; else a new answer at once, and the same one every sameEvery, but no more than writesAnHour.
func (t *thrift) worth(a answer, asked bool, now time.Time) bool {
	if !asked {
		if !t.at.IsZero() && a == t.last && now.Sub(t.at) < sameEvery {
			return false
		}
		t.own = slices.DeleteFunc(t.own, func(at time.Time) bool { return now.Sub(at) >= time.Hour })
		if len(t.own) >= writesAnHour {
			return false
		}
		t.own = append(t.own, now)
	}
	t.last, t.at = a, now
	return true
}
