package verdict

import (
	"testing"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
)

// Of a fault that begins further in a green tells, with another advice; a run that goes on says nothing yet.
func TestFurtherIn(t *testing.T) {
	apart := words.InEnglish().Say("advice.apart")
	dead := healthy().with(silentOutside, noPing, silentSIP("udp", "tcp", "tls"), from(3), ended("internet", facts.Failed))
	for _, c := range []struct {
		ticket string
		in     Input
		apart  bool // it tells of the fault, and that somebody of the site has to act
	}{
		{"well at the router, and dead at the PBX's socket", carried(healthy(), nil, dead, "router"), true},
		{"well at the router, and nobody was anywhere else", carried(healthy(), nil, nil, "router"), false},
	} {
		f := Judge(c.in).Finding
		if got := f.Advice == apart; f.Code != "ok" || got != c.apart || got != (len(f.Acts) == 1 && f.Acts[0] == catalogue.IT) {
			t.Errorf("%s: %s, %q by %v", c.ticket, f.Code, f.Advice, f.Acts)
		}
	}
	begun := healthy().with(from(1), func(s *site) { s.Steps = []facts.Step{{ID: "link", Light: 1}} })
	in := carried(begun, healthy(), dead, "router")
	if f := Judge(in).Finding; f.Code != "" || f.Text != "" {
		t.Errorf("a run that has only begun says %q %q", f.Code, f.Text)
	}
}
