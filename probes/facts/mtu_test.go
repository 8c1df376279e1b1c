package facts

import "testing"

func TestMTUPath(t *testing.T) {
	for ticket, c := range map[string]struct {
		asked  []MTUPair
		path   int
		passed bool
	}{
		"nobody told":                        {[]MTUPair{{Small: Answered, Large: Silent}}, 0, false},
		"one device told":                    {[]MTUPair{{Large: Silent}, {Large: Refused, Told: 1492}}, 1492, false},
		"two told: the smaller one holds":    {[]MTUPair{{Told: 1492}, {Told: 1400}, {Large: Silent}}, 1400, false},
		"two told, the smaller one first":    {[]MTUPair{{Told: 1400}, {Told: 1492}}, 1400, false},
		"a large packet was answered by one": {[]MTUPair{{Large: Silent}, {Large: Answered}}, 0, true},
	} {
		m := MTU{Asked: c.asked}
		if m.Path() != c.path || m.Passed() != c.passed {
			t.Errorf("%s: %d bytes, passed %v", ticket, m.Path(), m.Passed())
		}
	}
}
