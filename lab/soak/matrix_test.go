package soak

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// answer is a verdict: its code and its colour.
type answer struct{ code, severity string }

func (a answer) String() string { return a.code + " " + a.severity }

func compare(a, b answer) int {
	return cmp.Or(cmp.Compare(a.code, b.code), cmp.Compare(a.severity, b.severity))
}

// matrix counts which answer was given where which was wanted.
type matrix struct{ counts map[answer]map[answer]int }

func (m *matrix) add(wanted, given answer) {
	if m.counts == nil {
		m.counts = map[answer]map[answer]int{}
	}
	if m.counts[wanted] == nil {
		m.counts[wanted] = map[answer]int{}
	}
	m.counts[wanted][given]++
}

func (m *matrix) runs() (n int) {
	for wanted := range m.counts {
		for _, some := range m.counts[wanted] {
			n += some
		}
	}
	return n
}

func (m *matrix) wrong() (n int) {
	for wanted := range m.counts {
		n += m.wrongOf(wanted)
	}
	return n
}

func (m *matrix) wrongOf(wanted answer) (n int) {
	for given, some := range m.counts[wanted] {
		if given != wanted {
			n += some
		}
	}
	return n
}

// String is the matrix as a table: a row for each wanted answer, with every wrong one by name.
func (m matrix) String() string {
	var b strings.Builder
	b.WriteString("| Wanted | Runs | Right | Wrong | Given instead |\n|---|---|---|---|---|\n")
	for _, wanted := range slices.SortedFunc(maps.Keys(m.counts), compare) {
		var instead []string
		for _, given := range slices.SortedFunc(maps.Keys(m.counts[wanted]), compare) {
			if given != wanted {
				instead = append(instead, fmt.Sprintf("%s: %d", given, m.counts[wanted][given]))
			}
		}
		right, wrong := m.counts[wanted][wanted], m.wrongOf(wanted)
		fmt.Fprintf(&b, "| %s | %d | %d | %d | %s |\n", wanted, right+wrong, right, wrong, strings.Join(instead, ", "))
	}
	fmt.Fprintf(&b, "| all | %d | %d | %d | |\n", m.runs(), m.runs()-m.wrong(), m.wrong())
	return b.String()
}

func TestMatrix(t *testing.T) {
	var m matrix
	ok, alg := answer{"ok", "green"}, answer{"3-2", "amber"}
	m.add(ok, ok)
	m.add(ok, alg)
	m.add(alg, alg)
	want := "| 3-2 amber | 1 | 1 | 0 |  |\n| ok green | 2 | 1 | 1 | 3-2 amber: 1 |\n| all | 3 | 2 | 1 | |\n"
	if got := m.String(); !strings.HasSuffix(got, want) {
		t.Errorf("got\n%s\nwant at its end\n%s", got, want)
	}
}
