package report

import (
	"net/netip"
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
		apart            []Apart
	}{
		{"nothing", nil, nil, nil, "", nil},
		{"one position compares with nothing", &path, nil, nil, "", nil},
		{"a running test is not compared", &good, &running, nil, "", nil},
		{"a box fault is not compared", &good, ptr(run(catalogue.Broken, 0)), nil, "", nil},
		{"LAN", &good, &path, nil, "between the router and the LAN socket", nil},
		{"LAN, PBX as well", &good, &path, &path, "between the router and the LAN socket", nil},
		{"PBX socket", &good, &amber, &path, "between the LAN socket and the PBX's own socket", nil},
		{"LAN not tried", &good, nil, &path, "between the router and the PBX's own socket", nil},
		{"everywhere", &path, &path, &path, "already at the router", nil},
		{"gone further in", &path, &good, nil, "comes and goes", nil},
		{"login is no matter of the socket", &login, &login, &login, "cabling between them is not the cause", nil},
		{"proved apart, and both work with a weakness", &amber, &amber, nil, "between the router and the LAN socket: 2-7 (The line is too poor for good calls)", []Apart{{"2-7", PositionRouter, PositionLAN}}},
		{"apart from a run that goes on", &amber, &running, &good, "cabling between them is not the cause", []Apart{{"2-7", PositionRouter, PositionLAN}}},
		{"different lines", ptr(from(good, "203.0.113.2")), ptr(from(path, "203.0.113.9")), nil, "use different lines", nil},
		{"the same line", ptr(from(good, "203.0.113.2")), ptr(from(path, "203.0.113.2")), nil, "between the router and the LAN socket", nil},
	} {
		at := map[Position]Report{}
		for p, r := range map[Position]*Report{PositionRouter: c.router, PositionLAN: c.lan, PositionPBX: c.pbx} {
			if r != nil {
				at[p] = *r
			}
		}
		got := Between(words.InEnglish(), at, c.apart)
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
		got := Between(words.InEnglish(), map[Position]Report{PositionRouter: c.router, PositionLAN: c.lan}, nil)
		if strings.Contains(string(got), "run again at both") != c.warned {
			t.Errorf("%v and %v: %q", c.router.Started, c.lan.Started, got)
		}
	}
}

// from is the same run by the line with that public address.
func from(r Report, public string) Report {
	r.Site.PublicIP = netip.MustParseAddr(public)
	return r
}

// How long ago another run was: both knew the time, or the power was on all the while. A box that never learnt the time
// begins at the same one after every power cut.
func TestAge(t *testing.T) {
	morning := time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)
	at := func(minute int, boot int, clock string) Report {
		return Report{Started: morning.Add(time.Duration(minute) * time.Minute), SinceBoot: float64(60 * boot), Clock: clock}
	}
	for _, c := range []struct {
		name  string
		a, b  Report
		age   time.Duration
		known bool
	}{
		{"both asked a time server", at(0, 1, "ntp"), at(90, 5, "sip"), 90 * time.Minute, true},
		{"the second has no way out, and kept its power", at(0, 1, "ntp"), at(10, 11, "none"), 10 * time.Minute, true},
		{"the second has no way out, and lost its power", at(0, 9, "ntp"), at(1, 1, "none"), 0, false},
		{"neither knew the time", at(0, 1, "none"), at(3, 4, "none"), 0, false},
	} {
		age, known := Age(c.a, c.b)
		if known != c.known || known && age != c.age {
			t.Errorf("%s: %s %v, want %s %v", c.name, age, known, c.age, c.known)
		}
	}
}

// Where the box seems to be: only what tells one position from another is a sign.
func TestPropose(t *testing.T) {
	site := func(id, port, router, public string) Report {
		r := Report{ID: id, Site: Site{GatewayMAC: Text(router)}}
		if port != "" {
			r.Site.LLDP = &Switch{Name: "sw-1", Port: Text(port)}
		}
		if public != "" {
			r.Site.PublicIP = netip.MustParseAddr(public)
		}
		return r
	}
	const edge, inner, one, two = "02:00:00:00:00:01", "02:00:00:00:00:02", "203.0.113.2", "203.0.113.9"
	for _, c := range []struct {
		name string
		now  Report
		at   map[Position]Report
		want Proposal
	}{
		{"nothing is known", site("n", "7", edge, one), nil, Proposal{}},
		{"the same switch port", site("n", "7", edge, one), map[Position]Report{PositionLAN: site("a", "7", edge, one), PositionPBX: site("b", "9", edge, one)}, Proposal{PositionLAN, "switch"}},
		{"the same switch port as at the only position", site("n", "7", edge, one), map[Position]Report{PositionLAN: site("a", "7", edge, one)}, Proposal{PositionLAN, "switch"}},
		{"another port of another switch", site("n", "8", edge, one), map[Position]Report{PositionLAN: site("a", "7", edge, one)}, Proposal{}},
		{"two positions on one port", site("n", "7", edge, one), map[Position]Report{PositionLAN: site("a", "7", edge, one), PositionPBX: site("b", "7", edge, one)}, Proposal{}},
		{"the only position has the same router, as every socket has", site("n", "", edge, one), map[Position]Report{PositionRouter: site("a", "", edge, one)}, Proposal{}},
		{"all positions have the same router", site("n", "", edge, one), map[Position]Report{PositionRouter: site("a", "", edge, one), PositionLAN: site("b", "", edge, one)}, Proposal{}},
		{"behind the second router", site("n", "", strings.ToUpper(inner), one), map[Position]Report{PositionRouter: site("a", "", edge, one), PositionLAN: site("b", "", inner, one)}, Proposal{PositionLAN, "router"}},
		{"behind the second router, where two positions are", site("n", "", inner, one), map[Position]Report{PositionRouter: site("a", "", edge, one), PositionLAN: site("b", "", inner, one), PositionPBX: site("c", "", inner, one)}, Proposal{}},
		{"behind the second router, but at another port than there", site("n", "8", inner, one), map[Position]Report{PositionRouter: site("a", "", edge, one), PositionLAN: site("b", "7", inner, one)}, Proposal{}},
		{"the second line", site("n", "", "", two), map[Position]Report{PositionRouter: site("a", "", "", one), PositionPBX: site("b", "", "", two)}, Proposal{PositionPBX, "public"}},
		{"nothing is known of the socket", site("n", "", "", ""), map[Position]Report{PositionRouter: site("a", "", "", ""), PositionPBX: site("b", "", inner, two)}, Proposal{}},
		{"the run itself", site("a", "7", edge, one), map[Position]Report{PositionRouter: site("a", "7", edge, one)}, Proposal{}},
	} {
		got, ok := Propose(c.now, c.at)
		if got != c.want || ok != (c.want != Proposal{}) {
			t.Errorf("%s: %+v %v, want %+v", c.name, got, ok, c.want)
		}
		if ok && !strings.Contains(got.Words(words.InEnglish(), c.now), got.At.Words(words.InEnglish())) {
			t.Errorf("%s: %s", c.name, got.Words(words.InEnglish(), c.now))
		}
	}
}

func ptr[T any](v T) *T { return &v }
