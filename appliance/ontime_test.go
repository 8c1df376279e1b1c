package appliance

import (
	"errors"
	"testing"
	"time"

	"trunktester/appliance/profile"
	"trunktester/appliance/report"
	"trunktester/probes/facts"
)

// A run that begins in 1970 and learns the time on the way is reported at its true time.
func TestTheFirstRunAfterPowerOnIsDatedRight(t *testing.T) {
	year := time.Date(2026, 11, 25, 7, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		off   time.Duration
		moved time.Duration
	}{
		"1970":                    {year.Sub(time.Unix(0, 0)), year.Sub(time.Unix(0, 0))},
		"a clock that is right":   {300 * time.Millisecond, 0},
		"a laptop an hour behind": {time.Hour, time.Hour},
		"nobody told the time":    {0, 0},
	} {
		began := time.Unix(10, 0).UTC()
		in := report.Input{ID: "RUN1", Profile: profile.Default(), Started: began, Finished: began.Add(4 * time.Second),
			Requests: []facts.Request{{SentAt: began.Add(time.Second)}}}
		if c.off != 0 {
			now := began.Add(c.off)
			in.Facts.Clock = &facts.Clock{Source: "ntp", Offset: facts.Duration(c.off), Now: &now}
		}
		s := judged(onTime(in))
		for range 2 { // judging again moves nothing
			r := s.Report
			if got := r.Started.Sub(began); got != c.moved {
				t.Errorf("%s: the start is moved by %s", name, got)
			}
			if got := r.Finished.Sub(r.Started); got != 4*time.Second {
				t.Errorf("%s: the run took %s", name, got)
			}
			if got := r.Requests[0].SentAt.Sub(r.Started); got != time.Second {
				t.Errorf("%s: sent after %s", name, got)
			}
			s = s.Answered(facts.Answers{})
		}
	}
}

// The clock may be set once for each run, and never for what is only judged again: the offset is from before.
func TestTheTimeIsToldOnceForEachRun(t *testing.T) {
	b := newHeld(nil, 0)
	told := 0
	b.Timed = func(facts.Clock) { told++ }
	now := time.Unix(1795600000, 0)
	in := report.Input{ID: "RUN1", Profile: profile.Default()}
	in.Facts.Clock = &facts.Clock{Source: "ntp", Offset: facts.Duration(time.Hour), Now: &now}
	b.end(judged(onTime(in)), nil, false)
	b.SetAnswers(facts.Answers{})
	if told != 1 {
		t.Errorf("told %d times", told)
	}
	b.end(Sight{}, errors.New("no run"), false)
	b.end(Sight{}, nil, true)
	if told != 1 {
		t.Errorf("a run that did not ask tells: %d", told)
	}
}
