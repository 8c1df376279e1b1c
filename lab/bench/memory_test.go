package bench

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"trunktester/appliance"
	"trunktester/appliance/profile"
	"trunktester/appliance/store"
	"trunktester/netsetup"
)

// Memory after many runs. A run takes seconds of waiting, so that several testers of one process run side by
// side, round after round; what is compared is the process after its first round, half way and after its last.
const (
	testers = 20
	rounds  = 10

	manyRunsVar = "TRUNKTESTER_BENCH_FOLDER" // marks the copy of this program on the box; its value is the folder
)

// BenchmarkMemoryOfManyRuns measures whether memory stays flat.
func BenchmarkMemoryOfManyRuns(b *testing.B) {
	var first, half, last size
	for b.Loop() {
		x := beginIn(b, "healthy")
		self, err := os.Executable()
		if err != nil {
			b.Fatal(err)
		}
		cmd := exec.CommandContext(b.Context(), self)
		cmd.Env = append(os.Environ(), manyRunsVar+"="+x.folder)
		var out strings.Builder
		cmd.Stdout, cmd.Stderr = &out, os.Stderr
		wait, err := x.StartBox(cmd)
		if err == nil {
			err = wait()
		}
		if err == nil {
			_, err = fmt.Sscan(out.String(), &first.resident, &first.heap, &first.goroutines, &half.resident, &half.heap, &half.goroutines,
				&last.resident, &last.heap, &last.goroutines)
		}
		x.Close()
		if err != nil {
			b.Fatalf("%v\n%s", err, &out)
		}
	}
	b.ReportMetric(ratio(last.resident, first.resident), "last/first")
	row := func(runs int, s size) string {
		return fmt.Sprintf("| %d | %s | %.2f | %.2f MiB | %d |\n", runs, mib(s.resident), ratio(s.resident, first.resident), float64(s.heap)/(1<<20), s.goroutines)
	}
	sheet.add(4, "Memory", "%d testers in one process, side by side: **%.2f times as much after %d runs as after %d**, and %.2f times as much as after %d (1 is flat).\n\n"+
		"| After runs | Resident | Ratio | Heap in use | Goroutines |\n|---|---|---|---|---|\n%s",
		testers, ratio(last.resident, first.resident), testers*rounds, testers, ratio(last.resident, half.resident), testers*rounds/2,
		row(testers, first)+row(testers*rounds/2, half)+row(testers*rounds, last))
}

// size is what a process holds, its garbage collected.
type size struct{ resident, heap, goroutines int64 }

func ownSize() (size, error) {
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	now, _, err := resident(os.Getpid())
	return size{now, int64(m.HeapAlloc), int64(runtime.NumGoroutine())}, err
}

// manyRuns runs the checklist again and again on the box, and prints its sizes.
func manyRuns(out io.Writer) error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	folder := os.Getenv(manyRunsVar)
	file, err := os.Open(filepath.Join(folder, "trunk.toml"))
	if err != nil {
		return err
	}
	defer file.Close()
	p, err := profile.Parse(file, "trunk.toml", os.ReadFile)
	if err != nil {
		return err
	}
	setup := netsetup.New(netsetup.Plan{Interface: "eth0", Mode: netsetup.DHCP})
	if _, _, err := setup.Up(); err != nil {
		return err
	}
	if _, err := setup.Acquire(ctx); err != nil {
		return err
	}
	for n := range rounds {
		if err := round(ctx, folder, *p); err != nil {
			return err
		}
		if n != 0 && n != rounds/2-1 && n != rounds-1 {
			continue
		}
		s, err := ownSize()
		if err != nil {
			return err
		}
		fmt.Fprintln(out, s.resident, s.heap, s.goroutines)
	}
	return setup.Undo()
}

// round is one run of every tester, its report kept as the box keeps it.
func round(ctx context.Context, folder string, p profile.Profile) error {
	var group errgroup.Group
	for n := range testers {
		group.Go(func() error {
			memory := store.Open(filepath.Join(folder, fmt.Sprint("state", n)))
			tester := &appliance.Tester{Profile: p, Store: memory, Patience: 15 * time.Second, Version: "bench", Log: slog.New(slog.DiscardHandler),
				Network: netsetup.New(netsetup.Plan{Interface: "eth0", Mode: netsetup.Configured})}
			seen := 0
			sight, err := tester.Run(ctx, appliance.Ask{Observe: func(appliance.Sight) { seen++ }})
			if err != nil {
				return err
			}
			if s := sight.Verdict; !s.Final || seen == 0 {
				return fmt.Errorf("a run that is not final, seen %d times", seen)
			}
			encoded, err := sight.Report.JSON()
			if err != nil {
				return err
			}
			return memory.Save(sight.Report.ID, store.Site{}, encoded)
		})
	}
	return group.Wait()
}
