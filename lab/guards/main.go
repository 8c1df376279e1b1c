// Command guards takes every guard out of the verdict, one after another, and runs the verdict's tests without it. A guard
// that no test misses has not earned its place. It prints which named test fails without which guard.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"syscall"
)

func main() {
	folder := flag.String("package", "appliance/verdict", "the `folder` of the package")
	atOnce := flag.Int("at-once", runtime.NumCPU(), "how many run side by side")
	out := flag.String("o", "", "write the table to this `file` as well")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	results, err := try(ctx, *folder, *atOnce, func(r result) {
		fmt.Printf("%-32s %-60s %s\n", fmt.Sprintf("%s:%d", r.file, r.line), r.asks, r.fails)
	})
	if err == nil && *out != "" {
		err = os.WriteFile(*out, []byte(table(results)), 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "guards:", err)
		os.Exit(1)
	}
	missed := 0
	for _, r := range results {
		if r.fails == "" {
			missed++
			fmt.Fprintf(os.Stderr, "guards: %s:%d: no test misses %s\n", r.file, r.line, r.asks)
		}
	}
	if missed > 0 {
		os.Exit(1)
	}
}
