package facts

import "testing"

// One way loses packets only where it is known that the other lost none.
func TestOneWay(t *testing.T) {
	way := func(lost int) *VoiceWay { return &VoiceWay{Sent: 150, Lost: lost} }
	for ticket, c := range map[string]struct {
		voice Voice
		want  string
	}{
		"nothing was lost":                 {Voice{Up: way(0), Down: way(0)}, ""},
		"lost on the way up":               {Voice{Up: way(5), Down: way(0)}, OnlyUp},
		"lost on the way down":             {Voice{Up: way(0), Down: way(5)}, OnlyDown},
		"lost both ways":                   {Voice{Up: way(5), Down: way(5)}, ""},
		"nobody knows of the last ones":    {Voice{Up: way(5), Down: way(0), Untold: 1}, ""},
		"the reflector did not count":      {Voice{Down: way(5)}, ""},
		"nothing is known of the way back": {Voice{Up: way(5)}, ""},
	} {
		if got := c.voice.OneWay(); got != c.want {
			t.Errorf("%s: %q", ticket, got)
		}
	}
}
