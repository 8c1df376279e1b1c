package soak

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"testing"

	"trunktester/lab"
	"trunktester/lab/visit"
)

var (
	whole = flag.Bool("matrix", false, "all cells of the matrix, and not a sample")
	only  = flag.String("cells", "", "the cells whose names match this regular expression, and not a sample")
)

// sampled is how many cells a usual test runs.
const sampled = 10

// sampleVar is the environment variable from which the sample is chosen: the same number chooses the same cells.
const sampleVar = "MATRIX_SAMPLE"

// TestMatrixCells: every fault of the table, with every persona of routers, transports, names and providers, has
// its code, severity and lights, and names who must act.
func TestMatrixCells(t *testing.T) {
	t.Parallel()
	cells := chosen(t)
	trunklab := visit.Programs(t)
	var mu sync.Mutex
	results := map[string]result{}
	t.Run("cell", func(t *testing.T) {
		for _, c := range cells {
			t.Run(c.Name, func(t *testing.T) {
				t.Parallel()
				t.Cleanup(func() { // whatever ended it
					mu.Lock()
					defer mu.Unlock()
					r := results[c.Name]
					r.wrong = t.Failed()
					results[c.Name] = r
					if len(results)%20 == 0 {
						fmt.Printf("%d of %d cells, %d wrong\n", len(results), len(cells), wrong(results))
					}
				})
				got := visit.Run(t, trunklab, t.TempDir(), c.World)
				visit.Judge(t, c.World, got)
				visit.Conduct(t, c.World, got.FarEnd)
				v := got.Report.Verdict
				mu.Lock()
				results[c.Name] = result{given: answer{v.Code, string(v.Severity)}}
				mu.Unlock()
				if t.Failed() {
					t.Logf("what was the case: %s\nagain: bin/trunklab -world %s -check", c.About, c.Name)
				}
			})
		}
	})
	t.Logf("%d cells, %d wrong", len(results), wrong(results))
	if *update {
		if err := os.WriteFile(filepath.Join("..", "..", "docs", "matrix.md"), []byte(page(t, results)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// chosen are the cells that this test runs.
func chosen(t *testing.T) []lab.Cell {
	t.Helper()
	if !*whole && *only == "" {
		return sample(t)
	}
	match, err := regexp.Compile(*only)
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(lab.Matrix(), func(c lab.Cell) bool { return c.Why != "" || !match.MatchString(c.Name) })
}

// sample is a handful of cells of different codes; from number to number it goes through all of them.
func sample(t *testing.T) []lab.Cell {
	t.Helper()
	number, err := strconv.ParseUint(os.Getenv(sampleVar), 10, 64)
	if err != nil && os.Getenv(sampleVar) != "" {
		t.Fatalf("%s: %v", sampleVar, err)
	}
	t.Logf("%s=%d", sampleVar, number)
	return lab.Sample(number, sampled)
}

// result is what became of a cell.
type result struct {
	given answer // zero: the world could not be run to its end
	wrong bool
}

func wrong(results map[string]result) (n int) {
	for _, r := range results {
		if r.wrong {
			n++
		}
	}
	return n
}
