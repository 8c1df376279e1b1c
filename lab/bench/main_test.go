// Package bench measures the real program in the lab, as ratios within one run: against the same checks by
// hand, against the round trips that the protocols ask for, and against the targets of the design.
// Nothing here asserts a time; a wrong verdict fails. "make bench" runs it.
package bench

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"trunktester/lab"
)

var (
	update  = flag.Bool("update", false, "write docs/speed.md")
	program = flag.String("program", "../../bin/trunktester", "the `binary` that is measured")
)

func TestMain(m *testing.M) {
	if os.Getenv(manyRunsVar) != "" { // the copy of this program that stands on the lab's box
		if err := manyRuns(os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	flag.Parse()
	if flag.Lookup("test.bench").Value.String() == "" {
		os.Exit(m.Run())
	}
	if err := lab.Enter(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	text := sheet.text()
	fmt.Print("\n", text)
	if code == 0 && *update {
		if err := os.WriteFile(filepath.Join("..", "..", "docs", "speed.md"), []byte(text), 0o644); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}
