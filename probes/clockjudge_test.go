package probes

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/beevik/ntp"

	"trunktester/probes/facts"
)

func TestClockFromSIP(t *testing.T) {
	t.Parallel()
	at := time.Date(1970, 1, 1, 0, 1, 0, 0, time.UTC)
	date := time.Date(2026, 11, 5, 12, 0, 0, 0, time.UTC)
	early := time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC)
	exchange := func(d *time.Time) facts.Exchange {
		return facts.Exchange{Method: "OPTIONS", At: at, Reply: &facts.Reply{Date: d, RTT: facts.Duration(40 * time.Millisecond)}}
	}
	known := dnsGiven()
	known.UDP = &facts.Path{Targets: []facts.Attempt{{Exchanges: []facts.Exchange{{}, exchange(nil), exchange(&early)}}}}
	known.TLS = &facts.Path{Targets: []facts.Attempt{{
		Target: netip.MustParseAddrPort("198.51.100.5:5061"), Exchanges: []facts.Exchange{exchange(&date)},
	}}}
	r := Clock{}.Look(t.Context(), known)
	f := dnsFiled(t, r).Clock
	want := date.Add(time.Second / 2).Sub(at.Add(20 * time.Millisecond))
	if r.Outcome != facts.Passed || f.Source != "sip" || f.Server != "198.51.100.5:5061" || time.Duration(f.Offset) != want {
		t.Errorf("%s: %+v, want offset %s", r.Outcome, f, want)
	}
}

// A server that is not synchronised, or tells a time that cannot be, tells none.
func TestClockSane(t *testing.T) {
	now := time.Date(2026, 11, 5, 12, 0, 0, 0, time.UTC)
	response := func(change func(*ntp.Response)) *ntp.Response {
		r := &ntp.Response{Time: now, ReferenceTime: now.Add(-time.Minute), Stratum: 2, Version: 4}
		change(r)
		return r
	}
	for ticket, c := range map[string]struct {
		response *ntp.Response
		why      string
	}{
		"a good one":                   {response(func(*ntp.Response) {}), ""},
		"it asks to be left alone":     {response(func(r *ntp.Response) { r.Stratum, r.KissCode = 0, "RATE" }), "RATE"},
		"it has lost its own servers":  {response(func(r *ntp.Response) { r.Stratum = 16 }), "stratum"},
		"it was set two days ago":      {response(func(r *ntp.Response) { r.ReferenceTime = now.Add(-48 * time.Hour) }), "fresh"},
		"it lives before this program": {response(func(r *ntp.Response) { r.Time, r.ReferenceTime = now.AddDate(-20, 0, 0), now.AddDate(-20, 0, 0) }), "2006-11-05 12:00:00 cannot be"},
		"it lives in the next century": {response(func(r *ntp.Response) { r.Time, r.ReferenceTime = now.AddDate(80, 0, 0), now.AddDate(80, 0, 0) }), "2106-11-05 12:00:00 cannot be"},
	} {
		if err := clockSane(c.response); (err == nil) != (c.why == "") || err != nil && !strings.Contains(err.Error(), c.why) {
			t.Errorf("%s: %v", ticket, err)
		}
	}
}
