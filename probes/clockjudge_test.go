package probes

import (
	"net/netip"
	"testing"
	"time"

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
