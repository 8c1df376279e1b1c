package report

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
)

func course(slots ...facts.EchoSlot) []facts.EchoSlot { return slots }

func slot(sent, back int, avg, top float64) facts.EchoSlot {
	ms := func(n float64) facts.Duration { return facts.Duration(n * float64(time.Millisecond)) }
	return facts.EchoSlot{Sent: sent, Back: back, Avg: ms(avg), Max: ms(top)}
}

// The provider's line shows a stall in which everything was lost; the router's, on the same scale, does not.
func TestPlots(t *testing.T) {
	router, provider := netip.MustParseAddr("192.168.1.1"), netip.MustParseAddr("198.51.100.5")
	r := Report{Facts: facts.Facts{
		Name: &facts.Name{Targets: []facts.Target{{Addr: netip.AddrPortFrom(provider, 5060)}}},
		Quality: &facts.Quality{
			Gateway: &facts.Echo{Addr: router, Sent: 15, Back: 15, Avg: facts.Duration(400 * time.Microsecond), Max: facts.Duration(time.Millisecond),
				Course: course(slot(5, 5, 0.4, 1), slot(5, 5, 0.4, 1), slot(5, 5, 0.4, 1))},
			Far: []facts.Echo{{Addr: provider, Sent: 15, Back: 8, Avg: facts.Duration(21 * time.Millisecond), Max: facts.Duration(90 * time.Millisecond),
				Course: course(slot(5, 5, 20, 50), slot(5, 0, 0, 0), slot(5, 3, 50, 90))}, {Addr: netip.MustParseAddr("1.1.1.1")}},
		}}}
	all := plots(words.InEnglish(), r)
	if len(all) != 2 || all[0].Name != "Router 192.168.1.1" || all[1].Name != "Provider 198.51.100.5" || all[0].Top != "100 ms" || all[1].Top != all[0].Top {
		t.Fatalf("%+v", all)
	}
	if want := "Provider 198.51.100.5: round trip 21 ms, at most 90 ms; 7 of 15 lost."; all[1].Says != want {
		t.Errorf("%q, want %q", all[1].Says, want)
	}
	if all[0].Lost != "" || strings.Count(all[1].Lost, "M") != 2 || strings.Count(all[1].Mark, "M") != 2 {
		t.Errorf("loss: %q, %q", all[0].Lost, all[1].Lost)
	}
	if want := "M50 40.0M250 25.0"; all[1].Avg != want {
		t.Errorf("the line is %q, want %q: it must not go on over what was lost", all[1].Avg, want)
	}
	if got := plots(words.InEnglish(), Report{}); got != nil {
		t.Errorf("without a measurement: %+v", got)
	}
}

func TestRounder(t *testing.T) {
	n, want := 1.0, []float64{2, 5, 10, 20, 50, 100, 200, 500, 1000}
	for _, w := range want {
		if n = rounder(n); n < w*0.999 || n > w*1.001 {
			t.Fatalf("%g, want %g", n, w)
		}
	}
}
