package visit

import (
	"fmt"
	"strings"
	"testing"

	"trunktester/appliance/catalogue"
	"trunktester/lab"
)

// lights: the verdict's light counts its code in the verdict's colour, no other counts, light 1 is never
// off, and the whole row is as the world's author drew it.
func lights(t *testing.T, w lab.World, row catalogue.Row) {
	t.Helper()
	for i, l := range row {
		name := catalogue.LightNames()[i]
		counts := strings.HasPrefix(w.Code, fmt.Sprint(i+1)+"-")
		if l.Counting != counts {
			t.Errorf("light %s counting: %v", name, l.Counting)
		}
		if counts && (fmt.Sprint(l.Flashes) != w.Code[2:] || string(l.State) != string(w.Severity)) {
			t.Errorf("light %s is %s with %d flashes", name, l.State, l.Flashes)
		}
		if w.Code == "ok" && l.State != catalogue.LightGreen {
			t.Errorf("light %s is %s", name, l.State)
		}
		if want := drawn(w.Lights, i); want != "" && l.State != want {
			t.Errorf("light %s is %s, wanted %s", name, l.State, want)
		}
		if w.Lights != "" && w.Lights[i] == '?' && l.State == catalogue.LightRed {
			t.Errorf("light %s is %s, though nothing on it stops the trunk", name, l.State)
		}
	}
	if row[0].State == catalogue.LightUntested {
		t.Error("light LINE is off")
	}
}

func drawn(lights string, i int) catalogue.LightState {
	if lights == "" {
		return ""
	}
	return map[byte]catalogue.LightState{'g': catalogue.LightGreen, 'a': catalogue.LightAmber, 'r': catalogue.LightRed, '-': catalogue.LightUntested}[lights[i]]
}
