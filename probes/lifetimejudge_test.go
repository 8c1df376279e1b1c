package probes

import (
	"testing"
	"time"

	"trunktester/probes/facts"
)

// A mapping is gone only where two neighbouring silences found it so: one alone may be a lost packet.
func TestBracket(t *testing.T) {
	tries := func(all ...int) (found []facts.Idle) { // seconds; negative: gone
		for _, s := range all {
			found = append(found, facts.Idle{For: facts.Duration(time.Duration(max(s, -s)) * time.Second), Alive: s > 0})
		}
		return found
	}
	for ticket, c := range map[string]struct {
		tries          []facts.Idle
		atLeast, under int // seconds
	}{
		"it lived through all":              {tries(15, 25, 40), 40, 0},
		"it was gone after 40 s and 55 s":   {tries(15, 25, -40, -55), 25, 40},
		"it was gone after 55 s alone":      {tries(15, 25, 40, -55), 40, 0},
		"the answer after 25 s was lost":    {tries(15, -25, 40, -55, -70), 40, 55},
		"it was gone after the first two":   {tries(-15, -25), 0, 15},
		"it was gone after the first alone": {tries(-15), 0, 0},
		"in another order":                  {tries(-55, 25, -40, 15), 25, 40},
		"nothing was told":                  {nil, 0, 0},
	} {
		atLeast, under := bracket(c.tries)
		if atLeast != facts.Duration(c.atLeast)*second || under != facts.Duration(c.under)*second {
			t.Errorf("%s: at least %s, under %s", ticket, atLeast, under)
		}
	}
	if gone(nil) || gone(&facts.Idle{Alive: true}) || !gone(&facts.Idle{}) {
		t.Error("what was not told is not gone")
	}
}

func TestLifetimeSaw(t *testing.T) {
	for want, l := range map[string]facts.Lifetime{
		"How long the router keeps an idle UDP mapping could not be told.":                                      {},
		"The router keeps an idle UDP mapping for 100 s at least.":                                              {AtLeast: 100 * second},
		"The router forgets an idle UDP mapping within 15 s.":                                                   {Under: 15 * second},
		"The router forgets an idle UDP mapping after 25 s to 40 s.":                                            {AtLeast: 25 * second, Under: 40 * second},
		"The router forgets an idle UDP mapping after 25 s to 40 s (measured on this line at least 5 min ago).": {AtLeast: 25 * second, Under: 40 * second, Ago: facts.Duration(5 * time.Minute)},
	} {
		saw := lifetimeSaw(l)
		if saw != want {
			t.Errorf("%s, want %s", saw, want)
		}
		spoken(t, saw)
	}
}
