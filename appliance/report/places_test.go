package report

import (
	"strings"
	"testing"
	"time"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/catalogue/words"
)

func TestBetween(t *testing.T) {
	run := func(severity catalogue.Severity, light int) Report {
		return Report{Finished: time.Unix(1, 0), Verdict: catalogue.Finding{Code: "x", Severity: severity, Light: light}}
	}
	good, amber, path, login := run(catalogue.Green, 0), run(catalogue.Amber, 2), run(catalogue.Red, 3), run(catalogue.Red, 4)
	running := path
	running.Finished = time.Time{}
	for _, c := range []struct {
		name             string
		router, lan, pbx *Report
		want             string
	}{
		{"nothing", nil, nil, nil, ""},
		{"one position compares with nothing", &path, nil, nil, ""},
		{"a running test is not compared", &good, &running, nil, ""},
		{"a box fault is not compared", &good, ptr(run(catalogue.Broken, 0)), nil, ""},
		{"LAN", &good, &path, nil, "between the router and the LAN socket"},
		{"LAN, PBX as well", &good, &path, &path, "between the router and the LAN socket"},
		{"PBX socket", &good, &amber, &path, "between the LAN socket and the PBX's own socket"},
		{"LAN not tried", &good, nil, &path, "between the router and the PBX's own socket"},
		{"everywhere", &path, &path, &path, "already at the router"},
		{"gone further in", &path, &good, nil, "comes and goes"},
		{"login is no matter of the socket", &login, &login, &login, "cabling between them is not the cause"},
	} {
		at := map[Position]Report{}
		for p, r := range map[Position]*Report{PositionRouter: c.router, PositionLAN: c.lan, PositionPBX: c.pbx} {
			if r != nil {
				at[p] = *r
			}
		}
		got := Between(words.InEnglish(), at)
		if (c.want == "") != (got == "") || !strings.Contains(string(got), c.want) {
			t.Errorf("%s: %q, want %q in it", c.name, got, c.want)
		}
	}
}

// A line may change within hours.
func TestRunsFarApart(t *testing.T) {
	morning := time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)
	at := func(d time.Duration, clock string, light int) Report {
		return Report{Started: morning.Add(d), Finished: morning.Add(d), Clock: clock, Verdict: catalogue.Finding{Code: "x", Severity: catalogue.Red, Light: light}}
	}
	for _, c := range []struct {
		router, lan Report
		warned      bool
	}{
		{at(0, "ntp", 4), at(10*time.Minute, "ntp", 3), false},
		{at(0, "ntp", 4), at(3*time.Hour, "ntp", 3), true},
		{at(3*time.Hour, "ntp", 4), at(0, "http", 3), true},
		{at(0, "none", 4), at(3*time.Hour, "ntp", 3), false},
	} {
		got := Between(words.InEnglish(), map[Position]Report{PositionRouter: c.router, PositionLAN: c.lan})
		if strings.Contains(string(got), "run again at both") != c.warned {
			t.Errorf("%v and %v: %q", c.router.Started, c.lan.Started, got)
		}
	}
}

func ptr[T any](v T) *T { return &v }
