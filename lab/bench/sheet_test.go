package bench

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"
)

// Targets of design section 13.
const (
	lampTarget    = 300 * time.Millisecond
	carrierTarget = time.Second
	healthyTarget = 5 * time.Second
	faultTarget   = 15 * time.Second
	memoryTarget  = 32 << 20 // bytes
	sizeTarget    = 16 << 20 // bytes
)

// sheet is what this run found, in the order in which it is printed.
var sheet results

type results struct {
	targets  []string // rows of the first table
	sections []section
}

type section struct {
	order int
	text  string
}

// against adds a row: what was measured and how it compares with its target.
func (r *results) against(what, measured, target string, ratio float64) {
	verdict := "kept"
	if ratio > 1 {
		verdict = "**exceeded**"
	}
	r.targets = append(r.targets, fmt.Sprintf("| %s | %s | %s | %.2f | %s |", what, measured, target, ratio, verdict))
}

// add adds a section; the lower order stands first.
func (r *results) add(order int, title, format string, values ...any) {
	r.sections = append(r.sections, section{order, "## " + title + "\n\n" + fmt.Sprintf(format, values...)})
}

func (r *results) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Speed\n\nMade by `make bench UPDATE=1`: the real program in the lab, one run on one machine (%d processors, %s/%s). What counts are the ratios;\n"+
		"seconds differ from machine to machine. A ratio to a target above 1 is a target missed.\n", runtime.NumCPU(), runtime.GOOS, runtime.GOARCH)
	if len(r.targets) > 0 {
		b.WriteString("\n| What | Measured | Target | Ratio | |\n|---|---|---|---|---|\n" + strings.Join(r.targets, "\n") + "\n")
	}
	slices.SortFunc(r.sections, func(a, b section) int { return a.order - b.order })
	for _, s := range r.sections {
		b.WriteString("\n" + strings.TrimRight(s.text, "\n") + "\n")
	}
	return b.String()
}

func ms(d time.Duration) string { return fmt.Sprintf("%.0f ms", float64(d)/1e6) }

func mib(bytes int64) string { return fmt.Sprintf("%.1f MiB", float64(bytes)/(1<<20)) }

func ratio[T time.Duration | int64](a, b T) float64 { return float64(a) / float64(b) }

func median(ds []time.Duration) time.Duration {
	ds = slices.Sorted(slices.Values(ds))
	return ds[len(ds)/2]
}
