// Command guards takes every guard out of the verdict, one after another, and runs the verdict's tests without it. A guard
// that no test misses has not earned its place. It prints which named test fails without which guard.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"sync"
	"syscall"
	"time"
)

// patience is for one run of the tests.
const patience = 3 * time.Minute

func main() {
	folder := flag.String("package", "appliance/verdict", "the `folder` of the package")
	atOnce := flag.Int("at-once", 2, "how many run side by side")
	out := flag.String("o", "", "write the table to this `file` as well")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	missed, table, err := check(ctx, *folder, *atOnce)
	if err == nil && *out != "" {
		err = os.WriteFile(*out, []byte(table), 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "guards:", err)
		os.Exit(1)
	}
	if missed > 0 {
		fmt.Fprintf(os.Stderr, "guards: %d are missed by no test\n", missed)
		os.Exit(1)
	}
}

// check tries the package without each of its guards.
func check(ctx context.Context, folder string, atOnce int) (missed int, table string, err error) {
	found, err := guardsOf(folder)
	if err != nil {
		return 0, "", err
	}
	work, err := os.MkdirTemp("", "guards-")
	if err != nil {
		return 0, "", err
	}
	defer os.RemoveAll(work) //nolint:errcheck // a temporary folder
	results := make([]string, len(found))
	slots := make(chan struct{}, atOnce)
	var all sync.WaitGroup
	for i, g := range found {
		all.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			results[i] = without(ctx, work, i, folder, g)
			fmt.Printf("%3d of %d  %-28s %s\n", i+1, len(found), g.place(), results[i])
		})
	}
	all.Wait()
	table = "| Guard | What it asks | Without it fails |\n|---|---|---|\n"
	for i, g := range found {
		if results[i] == "" {
			missed++
		}
		table += fmt.Sprintf("| %s | `%s` | %s |\n", g.place(), g.asks, results[i])
	}
	return missed, table, ctx.Err()
}

var failing = regexp.MustCompile(`--- FAIL: (\S+/\S+|\S+)`)

// without runs the tests with one guard taken out, and gives the first named test that fails; "" for none.
func without(ctx context.Context, work string, n int, folder string, g guard) string {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	changed := filepath.Join(work, fmt.Sprintf("%d.go", n))
	overlay := filepath.Join(work, fmt.Sprintf("%d.json", n))
	path, err := filepath.Abs(g.file)
	if err != nil {
		return "error: " + err.Error()
	}
	replace, _ := json.Marshal(map[string]map[string]string{"Replace": {path: changed}})
	if err := os.WriteFile(changed, g.without, 0o644); err != nil {
		return "error: " + err.Error()
	}
	if err := os.WriteFile(overlay, replace, 0o644); err != nil {
		return "error: " + err.Error()
	}
	said, err := exec.CommandContext(ctx, "go", "test", "-count=1", "-vet=off", "-overlay", overlay, "./"+folder).CombinedOutput()
	if err == nil {
		return ""
	}
	name := ""
	for _, m := range failing.FindAllSubmatch(said, -1) {
		if len(m[1]) > len(name) && (name == "" || !regexp.MustCompile(`/`).MatchString(name)) {
			name = string(m[1])
		}
	}
	if name == "" {
		return "does not build, or stops"
	}
	return name
}
