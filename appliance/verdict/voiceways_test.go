package verdict

import (
	"strings"
	"testing"

	"trunktester/appliance/catalogue"
	"trunktester/probes/facts"
)

// The line loses packets by ping both ways; what voice packets say of it is told beside, where it says enough.
func TestLineQualityTellsTheWay(t *testing.T) {
	stream := func(upSent, upLost, downSent, downLost, untold int) *facts.Voice {
		return &facts.Voice{Sent: upSent + untold, Untold: untold, Up: &facts.VoiceWay{Sent: upSent, Lost: upLost}, Down: &facts.VoiceWay{Sent: downSent, Lost: downLost}}
	}
	uncounted := stream(150, 9, 141, 0, 0)
	uncounted.Up, uncounted.Down = nil, nil
	const up, down = "only on the way to the provider: 9 of 150, and none of 141", "only on the way back from the provider: 9 of 150, and none of 150"
	for name, c := range map[string]struct {
		voice *facts.Voice
		want  string // "" for no word of it
	}{
		"lost to the provider":                   {stream(150, 9, 141, 0, 0), up},
		"lost on the way back":                   {stream(150, 0, 150, 9, 0), down},
		"lost both ways":                         {stream(150, 9, 141, 1, 0), ""},
		"none lost":                              {stream(150, 0, 150, 0, 0), ""},
		"the last ones lost, nobody knows where": {stream(148, 9, 139, 0, 2), ""},
		"the reflector did not count":            {uncounted, ""},
		"too few were sent":                      {stream(99, 9, 90, 0, 0), ""},
		"two lost prove nothing":                 {stream(100, 2, 98, 0, 0), ""},
		"less than two of a hundred":             {stream(1500, 29, 1471, 0, 0), ""},
		"no reflector":                           {nil, ""},
	} {
		s := healthy().with(func(s *site) {
			s.Facts.Quality.Far[0].Back, s.Facts.Quality.Far[1].Back = 94, 95
			s.Facts.Voice = c.voice
		})
		v := Judge(s.Input)
		spoken(t, append([]catalogue.Finding{v.Finding}, v.Also...)...)
		if v.Finding.Code != "2-7" || !strings.Contains(v.Finding.Text, c.want) || (c.want == "") == strings.Contains(v.Finding.Text, "Voice packets") {
			t.Errorf("%s: %s %s", name, v.Finding.Code, v.Finding.Text)
		}
	}
	// A stream alone is no verdict: one far end, and what it loses pings do not.
	if v := Judge(healthy().with(func(s *site) { s.Facts.Voice = stream(150, 30, 120, 0, 0) }).Input); v.Finding.Code != "ok" {
		t.Errorf("%s %s", v.Finding.Code, v.Finding.Text)
	}
}
