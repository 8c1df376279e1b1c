// Command guards takes every guard out of the verdict and of the probes' judges, one after another, and runs their tests
// without it. A guard that no test misses has not earned its place. It prints which named test fails without which guard.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
)

func main() {
	folder := flag.String("package", "", "try only the package in this `folder`")
	files := flag.String("files", "", "of it only the files with these `names`, as in \"*judge.go,checkip.go\", and the tests beside them")
	every := flag.Bool("every", false, "and every condition of them, whatever hangs on it")
	atOnce := flag.Int("at-once", runtime.NumCPU(), "how many run side by side")
	out := flag.String("o", "", "write the table to this `file` as well")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	tell := func(r result) {
		fmt.Printf("%-32s %-60s %s\n", fmt.Sprintf("%s:%d", r.file, r.line), r.asks, r.fails)
	}
	var text string
	var results []result
	var err error
	if *folder == "" {
		text, results, err = document(ctx, *atOnce, tell)
	} else {
		s := set{folder: *folder, every: *every}
		if *files != "" {
			s.files = strings.Split(*files, ",")
		}
		results, err = try(ctx, s, *atOnce, tell)
		text = table(results)
	}
	if err == nil && *out != "" {
		err = os.WriteFile(*out, []byte(text), 0o644)
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
