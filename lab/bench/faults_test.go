package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"trunktester/appliance/catalogue"
	"trunktester/lab"
)

// atOnce is how many worlds run side by side.
const atOnce = 4

// decided is one fault as the program told it.
type decided struct {
	world lab.World
	took  time.Duration
	last  step // the step that ended last
	err   error
}

// BenchmarkFaults measures how long the program takes to the final verdict in every world with a fault.
func BenchmarkFaults(b *testing.B) {
	var all []decided
	for b.Loop() {
		all = decide(b)
	}
	if len(all) == 0 {
		b.Fatal("no world has a fault")
	}
	slices.SortStableFunc(all, func(a, b decided) int { return cmp.Compare(b.took, a.took) })
	var rows, above []string
	right := 0
	for _, d := range all {
		if d.err == nil {
			right++
		}
		r := ratio(d.took, faultTarget)
		if r > 1 {
			above = append(above, fmt.Sprintf("%s (%.3f)", d.world.Name, r))
		}
		rows = append(rows, fmt.Sprintf("| %s | %s | %.2f | %.2f | %s, %.1f s |", d.world.Name, d.world.Code, d.took.Seconds(), r, d.last.id, d.last.took.Seconds()))
	}
	worst := all[0]
	sheet.against("Any single fault: final verdict; the slowest is "+worst.world.Name, ms(worst.took), ms(faultTarget), ratio(worst.took, faultTarget))
	b.ReportMetric(ratio(worst.took, faultTarget), "worst/target")
	sum := "None takes longer than the target."
	if len(above) > 0 {
		sum = "Above the target: " + strings.Join(above, ", ") + "."
	}
	sheet.add(3, "Every fault", "%d worlds with a fault, %d at a time, once each; the verdict was the right one in %d of them. %s\n\n"+
		"| World | Code | Seconds to the verdict | Ratio to %.0f s | Last step, and how long it took |\n|---|---|---|---|---|\n%s",
		len(all), atOnce, right, sum, faultTarget.Seconds(), strings.Join(rows, "\n"))
}

// decide runs the program once in every world with a fault that this kernel can simulate.
func decide(b *testing.B) []decided {
	noALG := lab.ProbeALG()
	var all []decided
	var mu sync.Mutex
	var running sync.WaitGroup
	slots := make(chan struct{}, atOnce)
	for _, w := range lab.Worlds() {
		if w.Severity == catalogue.Green || w.Code == "no-trunk" || w.Home.ALG() && noALG != nil {
			continue
		}
		folder := b.TempDir()
		slots <- struct{}{}
		running.Go(func() {
			defer func() { <-slots }()
			d := decideIn(b.Context(), folder, w)
			mu.Lock()
			defer mu.Unlock()
			all = append(all, d)
		})
	}
	running.Wait()
	for _, d := range all {
		if d.err != nil {
			b.Errorf("world %s: %v", d.world.Name, d.err)
		}
	}
	return all
}

func decideIn(ctx context.Context, folder string, w lab.World) (d decided) {
	d.world = w
	x, err := begin(ctx, folder, w)
	if err != nil {
		d.err = err
		return d
	}
	defer x.Close()
	c, err := x.check(ctx, "state")
	if err != nil {
		d.err = err
		return d
	}
	d.took = c.took
	for _, s := range c.steps {
		if s.ended.After(d.last.ended) {
			d.last = s
		}
	}
	if v := c.report.Verdict; (v.Code != w.Code || v.Severity != w.Severity) && !(w.OrGreen && v.Code == "ok") {
		d.err = errors.New("verdict " + v.Code + " " + string(v.Severity) + ", wanted " + w.Code + " " + string(w.Severity) + ": " + string(v.Text))
	}
	return d
}
