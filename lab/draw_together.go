package lab

import (
	"math/rand/v2"
	"slices"
)

// pairedOneIn is in how many worlds with two faults these are a pairing: chance alone would hardly ever make one.
const pairedOneIn = 6

// pairing is two faults of light 3 at once, by their names, and what must then be said. It is written by hand from what is put
// into the world: a port that is blocked stops the trunk, whatever is rewritten on another.
type pairing struct {
	first, second string
	code          string   // red
	also          []string // told beside; what nothing passes through cannot be seen
}

func pairings() []pairing {
	return []pairing{
		{"alg", "udp-dropped", "3-3", nil},
		{"alg", "udp-refused", "3-3", nil},
		{"device-both-ways", "udp-dropped", "3-3", nil},
		{"alg", "tcp-dropped", "3-4", []string{"3-2"}}, // a TCP trunk: UDP shows the ALG
		{"alg", "tcp-reset", "3-4", []string{"3-2"}},
		{"alg-tls", "tcp-dropped", "3-4", []string{"3-2"}},
		{"alg-tls", "tcp-reset", "3-4", []string{"3-2"}},
		{"sip-dropped", "alg", "3-1", nil},
		{"sip-refused", "alg", "3-1", nil},
		{"sip-dropped", "alg-tls", "3-1", nil},
		{"sip-refused", "alg-tls", "3-1", nil},
	}
}

// together finds what must be said of two faults of light 3, in any order; ok is false where they are no pairing.
func together(a, b drawnFault) (p pairing, ok bool) {
	for _, p := range pairings() {
		if p.first == a.name && p.second == b.name || p.first == b.name && p.second == a.name {
			return p, true
		}
	}
	return pairing{}, false
}

// paired gives the places of two faults that are a pairing in this world; none where none is.
func paired(chance *rand.Rand, s sketch, all []drawnFault) []int {
	named := func(name string) int { return slices.IndexFunc(all, func(f drawnFault) bool { return f.name == name }) }
	for _, i := range chance.Perm(len(pairings())) {
		a, b := named(pairings()[i].first), named(pairings()[i].second)
		if all[a].whyNot(s) == "" && all[b].whyNot(s) == "" {
			return []int{a, b}
		}
	}
	return nil
}
