package probes

import (
	"cmp"
	"slices"

	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
)

func lifetimeSaw(l facts.Lifetime) string {
	if l.Under == 0 && l.AtLeast == 0 {
		return words.Said("saw.lifetime-unknown")
	}
	sentence, how := "saw.lifetime-forgets", words.Said("verdict.mapping-between", "least", l.AtLeast, "most", l.Under)
	switch {
	case l.Under == 0:
		sentence, how = "saw.lifetime-keeps", words.Said("saw.lifetime-least", "time", l.AtLeast)
	case l.AtLeast == 0:
		how = words.Said("verdict.mapping-within", "most", l.Under)
	}
	if unit, n := l.Measured(); unit != "" {
		how = words.Said("measured."+unit, "what", how, "n", n)
	}
	return words.Said(sentence, "how", how)
}

func gone(i *facts.Idle) bool { return i != nil && !i.Alive }

// bracket reads the tries: the mapping lived after the one, and was gone after the other. A silence that a longer
// one outlived was a lost packet; under is 0 unless two found the mapping gone.
func bracket(tries []facts.Idle) (atLeast, under facts.Duration) {
	tries = slices.SortedFunc(slices.Values(tries), func(a, b facts.Idle) int { return cmp.Compare(a.For, b.For) })
	last := -1
	for i, t := range tries {
		if t.Alive {
			last, atLeast = i, t.For
		}
	}
	if len(tries)-last > 2 {
		under = tries[last+1].For
	}
	return atLeast, under
}
