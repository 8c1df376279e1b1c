// Package worlds runs the real program in every world of the lab, each in namespaces of its own, several at
// a time, and compares what it says with what the world's author wrote down.
package worlds

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"trunktester/lab"
	"trunktester/lab/visit"
)

var update = flag.Bool("update", false, "write docs/worlds.md")

// atOnce is how many worlds run side by side. They wait far more than they compute, but they wait for the kernel's one lock of
// all networks as well, and with twice as many a box stands still for seconds now and then.
const atOnce = 8

func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", strconv.Itoa(atOnce)); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

func TestWorlds(t *testing.T) {
	t.Parallel()
	trunklab := visit.Programs(t)
	worlds := lab.Worlds()
	rows := make([]string, len(worlds))
	t.Run("world", func(t *testing.T) {
		for _, i := range visit.LongestLast(worlds) {
			w := worlds[i]
			t.Run(w.Name, func(t *testing.T) {
				t.Parallel()
				got := visit.Run(t, trunklab, t.TempDir(), w)
				visit.Judge(t, w, got)
				visit.Conduct(t, w, got.FarEnd)
				v := got.Report.Verdict
				rows[i] = fmt.Sprintf("| %s | %s | %s %s | %s %s | %.1f |", w.Name, w.About, w.Code, w.Severity, v.Code, v.Severity, got.Seconds)
			})
		}
		for _, w := range lab.PBXChecks() { // after all others, as one of them takes a minute
			t.Run(w.Name, func(t *testing.T) {
				t.Parallel()
				pbxCheck(t, trunklab, w)
			})
		}
	})
	if *update && !t.Failed() {
		writeTable(t, rows)
	}
}

func writeTable(t *testing.T, rows []string) {
	t.Helper()
	var b strings.Builder
	b.WriteString("# Every world of the lab, and what the box says in it\n\n" +
		"Made by `make tables`: the real program ran once in each world, several at a time. What is wanted was written down by hand.\n\n" +
		"| World | What is the case | Wanted | Given | Seconds |\n|---|---|---|---|---|\n")
	for _, r := range rows {
		b.WriteString(r + "\n")
	}
	if err := os.WriteFile(filepath.Join("..", "..", "docs", "worlds.md"), []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}
