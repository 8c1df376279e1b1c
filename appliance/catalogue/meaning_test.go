package catalogue

import (
	"testing"

	"trunktester/appliance/catalogue/words"
)

// The card has no room for a sign that means two things, nor for one that means nothing.
func TestEverySignOfTheLightsHasItsOwnMeaning(t *testing.T) {
	said := map[string]string{}
	tell := func(sign, meaning string) {
		if meaning == "" {
			t.Errorf("%s means nothing", sign)
		}
		if other, ok := said[meaning]; ok {
			t.Errorf("%s and %s both mean %q", sign, other, meaning)
		}
		said[meaning] = sign
	}
	for _, s := range []LightState{LightGreen, LightTesting, LightUntested, LightRed} {
		tell("steady "+string(s), Light{State: s}.Meaning(words.InEnglish()))
	}
	for _, s := range []LightState{LightRed, LightAmber} {
		tell("counting "+string(s), Light{State: s, Counting: true, Flashes: 3}.Meaning(words.InEnglish()))
	}
	for _, w := range []Whole{WholeStarting, WholeLampTest, WholeDone, WholeRefused, WholeWriting, WholeBoxFault} {
		tell(string(w), w.Meaning(words.InEnglish()))
	}
	if m := WholeNone.Meaning(words.InEnglish()); m != "" {
		t.Errorf("no pattern means %q", m)
	}
}
