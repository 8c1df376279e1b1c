package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
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
// side, round after round; what is compared is the process after its first round and after its last.
const (
	testers = 20
	rounds  = 10

	manyRunsVar = "TRUNKTESTER_BENCH_FOLDER" // marks the copy of this program on the box; its value is the folder
)

// BenchmarkMemoryOfManyRuns measures whether memory stays flat.
func BenchmarkMemoryOfManyRuns(b *testing.B) {
	var first, last int64
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
			_, err = fmt.Sscan(out.String(), &first, &last)
		}
		x.Close()
		if err != nil {
			b.Fatalf("%v\n%s", err, &out)
		}
	}
	b.ReportMetric(ratio(last, first), "last/first")
	sheet.add(4, "Memory", "%d testers in one process, %d runs: resident memory is %s after the first %d runs and %s after the last, **%.2f times as much** (1 is flat).",
		testers, testers*rounds, mib(first), testers, mib(last), ratio(last, first))
}

// manyRuns runs the checklist again and again on the box, and prints the resident memory after the first
// round and after the last one.
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
	var sizes []int64
	for range rounds {
		if err := round(ctx, folder, *p); err != nil {
			return err
		}
		debug.FreeOSMemory()
		now, _, err := resident(os.Getpid())
		if err != nil {
			return err
		}
		sizes = append(sizes, now)
	}
	_, err = fmt.Fprintln(out, sizes[0], sizes[len(sizes)-1])
	return errors.Join(err, setup.Undo())
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
