package soak

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"trunktester/lab"
)

// page is docs/matrix.md: the matrix as it was run, its legend, and right and wrong verdicts by code.
func page(t *testing.T, results map[string]result) string {
	t.Helper()
	var b strings.Builder
	cells := lab.Matrix()
	fmt.Fprintf(&b, "# Every fault with every kind of router, transport, name and provider\n\n"+
		"Made by `make matrix UPDATE=1`: the real program ran once in each cell. Code, severity, lights and who must act were written\n"+
		"by hand, from the fault that was put into the world. ✓: all of them were right; a code: what was said instead; – and a word:\n"+
		"there is no such world, and why; blank: not run.\n\n")
	grid(&b, cells, results)
	ran, bad := len(results), wrong(results)
	fmt.Fprintf(&b, "\n%d of %d cells were run: %d right, %d wrong.\n", ran, len(possible(cells)), ran-bad, bad)
	legend(&b)
	codes(t, &b, cells, results)
	return b.String()
}

func possible(cells []lab.Cell) []lab.Cell {
	return slices.DeleteFunc(slices.Clone(cells), func(c lab.Cell) bool { return c.Why != "" })
}

// grid has a row for each fault, a column for each persona.
func grid(b *strings.Builder, cells []lab.Cell, results map[string]result) {
	b.WriteString("| Code | Fault |")
	for _, p := range lab.Personas() {
		b.WriteString(" " + p.Name + " |")
	}
	b.WriteString("\n|---|---|" + strings.Repeat("---|", len(lab.Personas())))
	row := ""
	for _, c := range cells {
		if c.Fault != row {
			row = c.Fault
			fmt.Fprintf(b, "\n| %s | %s |", c.Row, c.Fault)
		}
		r, ran := results[c.Name]
		b.WriteString(" " + mark(c, r, ran) + " |")
	}
	b.WriteString("\n")
}

func mark(c lab.Cell, r result, ran bool) string {
	wanted := answer{c.Code, string(c.Severity)}
	switch {
	case c.Why != "":
		return "– " + c.Why
	case !ran:
		return ""
	case !r.wrong:
		return "✓"
	case r.given == answer{}:
		return "not ended"
	case r.given == wanted:
		return "✗ its lights, or who must act"
	}
	return "✗ " + r.given.String()
}

func legend(b *strings.Builder) {
	b.WriteString("\n| Column | What differs from the first |\n|---|---|\n")
	for _, p := range lab.Personas() {
		fmt.Fprintf(b, "| %s | %s |\n", p.Name, p.Words)
	}
	b.WriteString("\n| Code | Row | What is the case |\n|---|---|---|\n")
	for _, f := range lab.Faults() {
		fmt.Fprintf(b, "| %s | %s | %s |\n", f.Code, f.Name, f.Words)
	}
	b.WriteString("\n| Word | Why there is no such world |\n|---|---|\n")
	for _, word := range slices.Sorted(maps.Keys(lab.Words())) {
		fmt.Fprintf(b, "| %s | %s |\n", word, lab.Words()[word])
	}
}

// tally counts the worlds of a code, how often the program ran in them, and how often it was wrong.
type tally struct{ worlds, runs, wrong int }

// codes counts by code, over these cells, docs/worlds.md and docs/confusion.md.
func codes(t *testing.T, b *strings.Builder, cells []lab.Cell, results map[string]result) {
	t.Helper()
	all := map[string]*tally{}
	count := func(code string, worlds, runs, wrong int) {
		if all[code] == nil {
			all[code] = &tally{}
		}
		all[code].worlds += worlds
		all[code].runs += runs
		all[code].wrong += wrong
	}
	for _, c := range cells {
		if r, ran := results[c.Name]; ran {
			count(c.Code, 1, 1, map[bool]int{true: 1}[r.wrong])
		}
	}
	for _, row := range tableOf(t, "worlds.md", 5) { // world, what is the case, wanted, given, seconds
		code, _, _ := strings.Cut(row[2], " ")
		count(code, 1, 1, map[bool]int{true: 1}[row[2] != row[3]])
	}
	for _, row := range tableOf(t, "confusion.md", 5) { // wanted, runs, right, wrong, given instead
		code, _, wanted := strings.Cut(row[0], " ")
		if runs, err := strconv.Atoi(row[1]); wanted && err == nil {
			bad, err := strconv.Atoi(row[3])
			if err != nil {
				t.Fatalf("docs/confusion.md: %v", err)
			}
			count(code, runs, runs, bad)
		}
	}
	b.WriteString("\n## By code\n\nThese cells, the hand-written worlds of [worlds.md](worlds.md) and the drawn ones of [confusion.md](confusion.md), as they stand there.\n\n" +
		"| Code | Worlds | Runs | Right | Wrong |\n|---|---|---|---|---|\n")
	var sum tally
	for _, code := range slices.SortedFunc(maps.Keys(all), func(x, y string) int { return cmp.Or(cmp.Compare(len(x), len(y)), cmp.Compare(x, y)) }) {
		n := all[code]
		fmt.Fprintf(b, "| %s | %d | %d | %d | %d |\n", code, n.worlds, n.runs, n.runs-n.wrong, n.wrong)
		sum.worlds, sum.runs, sum.wrong = sum.worlds+n.worlds, sum.runs+n.runs, sum.wrong+n.wrong
	}
	fmt.Fprintf(b, "| all | %d | %d | %d | %d |\n", sum.worlds, sum.runs, sum.runs-sum.wrong, sum.wrong)
}

// tableOf gives the rows of so many columns of a table in docs, without its head.
func tableOf(t *testing.T, name string, columns int) (rows [][]string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", name))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		fields := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if len(fields) != columns || strings.HasPrefix(line, "|---") {
			continue
		}
		for i := range fields {
			fields[i] = strings.TrimSpace(fields[i])
		}
		rows = append(rows, fields)
	}
	if len(rows) < 2 {
		t.Fatalf("docs/%s has no table of %d columns", name, columns)
	}
	return rows[1:]
}
