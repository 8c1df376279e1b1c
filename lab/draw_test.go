package lab

import (
	"slices"
	"strings"
	"testing"

	"trunktester/appliance/catalogue"
)

// Two faults of light 3 are drawn as often as their answers are written down for them, and the answer is that one.
func TestPairingsAreDrawn(t *testing.T) {
	words := map[string]string{}
	for _, f := range drawnFaults() {
		words[f.name] = f.words
	}
	drawn := map[string]bool{}
	for seed := range uint64(3000) {
		w := Draw(seed)
		for _, p := range pairings() {
			if !has(w, words[p.first]) || !has(w, words[p.second]) {
				continue
			}
			drawn[p.first+" "+p.second] = true
			if w.Code != p.code || w.Severity != catalogue.Red || !slices.Equal(w.Also, p.also) {
				t.Errorf("%s: %s %s %v: %s", w.Name, w.Code, w.Severity, w.Also, w.About)
			}
		}
	}
	for _, p := range pairings() {
		if words[p.first] == "" || words[p.second] == "" || !drawn[p.first+" "+p.second] {
			t.Errorf("%s and %s are never drawn", p.first, p.second)
		}
	}
}

// An ALG hurts no TLS trunk: the verdict is what it is without it, and the code is told beside where it can be seen.
func TestRewriterIsToldBesideATLSTrunk(t *testing.T) {
	i := slices.IndexFunc(drawnFaults(), func(f drawnFault) bool { return f.name == "alg-tls" })
	alone, with := drawnFaults()[i], func(name string) []drawnFault {
		j := slices.IndexFunc(drawnFaults(), func(f drawnFault) bool { return f.name == name })
		both := []drawnFault{drawnFaults()[i], drawnFaults()[j]}
		slices.SortFunc(both, func(a, b drawnFault) int { return strings.Compare(a.code, b.code) })
		return both
	}
	for name, c := range map[string]struct {
		chosen []drawnFault
		code   string
		also   []string
	}{
		"alone":                  {[]drawnFault{alone}, "ok", []string{"3-2"}},
		"the PBX is off":         {with("pbx-off"), "5-1", []string{"3-2"}},
		"a bad certificate":      {with("expired"), "4-8", []string{"3-2"}},
		"the provider refuses":   {with("refused"), "4-4", nil},
		"the line is dead":       {with("line-dead"), "2-1", nil},
		"two DHCP servers":       {with("two-dhcp"), "1-5", []string{"3-2"}},
		"a line that loses some": {with("loss"), "2-7", nil},
	} {
		s := plain("x")
		s.wanted(c.chosen)
		if s.Code != c.code || !slices.Equal(s.Also, c.also) {
			t.Errorf("%s: %s, beside it %v", name, s.Code, s.Also)
		}
	}
}

// has reports whether one of the phrases of which a world's description is made is this one.
func has(w World, phrase string) bool { return slices.Contains(strings.Split(w.About, "; "), phrase) }
