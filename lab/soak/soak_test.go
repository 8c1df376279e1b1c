// Package soak runs the real program in worlds that are drawn by chance, with none, one or two faults, and
// counts right and wrong verdicts in a confusion matrix; and in every fault with every persona, one at a time.
package soak

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"trunktester/lab"
	"trunktester/lab/visit"
)

var (
	count  = flag.Int("worlds", 24, "how many worlds are drawn")
	seed   = flag.Uint64("seed", 1, "the first world's seed; the next world has the next")
	atOnce = flag.Int("at-once", 8, "how many worlds run side by side")
	update = flag.Bool("update", false, "write docs/confusion.md, or docs/matrix.md")
)

func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", strconv.Itoa(*atOnce)); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// TestDrawnWorlds: no world that chance makes has a false green, a false red or another cause's name.
func TestDrawnWorlds(t *testing.T) {
	t.Parallel()
	trunklab := visit.Programs(t)
	var mu sync.Mutex
	var seen matrix
	done := 0
	t.Run("world", func(t *testing.T) {
		for i := range *count {
			w := lab.Draw(*seed + uint64(i))
			t.Run(w.Name, func(t *testing.T) {
				t.Parallel()
				got := visit.Run(t, trunklab, t.TempDir(), w)
				visit.Judge(t, w, got)
				visit.Conduct(t, w, got.FarEnd)
				v := got.Report.Verdict
				given := answer{v.Code, string(v.Severity)}
				mu.Lock()
				defer mu.Unlock()
				wanted := answer{w.Code, string(w.Severity)}
				if w.OrGreen && v.Code == "ok" {
					wanted = given
				}
				seen.add(wanted, given)
				if done++; done%20 == 0 {
					fmt.Printf("%d of %d worlds, %d wrong\n", done, *count, seen.wrong())
				}
				if t.Failed() {
					t.Logf("what was the case: %s\nagain: bin/trunklab -world %s -check", w.About, w.Name)
				}
			})
		}
	})
	t.Logf("%d worlds from seed %d:\n%s", seen.runs(), *seed, seen)
	if *update { // with what is wrong, if anything is
		text := fmt.Sprintf("# Drawn worlds: what was wanted and what was given\n\n"+
			"Made by `make soak N=%d SEED=%d UPDATE=1`: the real program ran once in each of %d worlds with none, one or two faults,\n"+
			"drawn by chance from lab/draw_kinds.go and lab/draw_faults.go. What is wanted was written down by hand.\n\n%s",
			*count, *seed, seen.runs(), seen)
		if err := os.WriteFile(filepath.Join("..", "..", "docs", "confusion.md"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
