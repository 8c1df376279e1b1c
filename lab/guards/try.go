package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"time"
)

// patience is for one run of the tests: without its guard a loop may never end.
const patience = 20 * time.Second

// numberFrom is the environment variable with the number of the guard to take out, from 1; none without it.
const numberFrom = "GUARD_TAKEN_OUT"

// result is one guard, and the test that fails without it; "" for none.
type result struct {
	guard
	fails string
}

// try runs the tests of a set without each of its guards. They are built once, with a switch around every guard.
func try(ctx context.Context, s set, atOnce int, tell func(result)) ([]result, error) {
	files, err := guardsOf(s)
	if err != nil {
		return nil, err
	}
	tests, err := s.tests(files)
	if err != nil {
		return nil, err
	}
	work, err := os.MkdirTemp("", "guards-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(work) //nolint:errcheck // a temporary folder
	program, err := build(ctx, work, s.folder, files)
	if err != nil {
		return nil, err
	}
	if fails, err := run(ctx, program, s.folder, tests, 0); err != nil || fails != "" {
		return nil, fmt.Errorf("the tests of %s fail with every guard in its place (%s, %v): mend them first", s.folder, fails, err)
	}
	var all []result
	for _, f := range files {
		for _, g := range f.guards {
			all = append(all, result{guard: g})
		}
	}
	errs := make([]error, len(all))
	slots := make(chan struct{}, atOnce)
	var running sync.WaitGroup
	for i := range all {
		slots <- struct{}{}
		running.Go(func() {
			defer func() { <-slots }()
			if all[i].fails, errs[i] = run(ctx, program, s.folder, tests, i+1); errs[i] == nil {
				tell(all[i])
			}
		})
	}
	running.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

// build makes the test program with the switches in it.
func build(ctx context.Context, work, folder string, files []file) (string, error) {
	folder, err := filepath.Abs(folder)
	if err != nil {
		return "", err
	}
	replace := map[string]string{}
	put := func(as string, content []byte) error {
		path := filepath.Join(work, filepath.Base(as))
		replace[as] = path
		return os.WriteFile(path, content, 0o600)
	}
	n := 1
	for _, f := range files {
		if err := put(filepath.Join(folder, filepath.Base(f.path)), f.switched(n)); err != nil {
			return "", err
		}
		n += len(f.guards)
	}
	source := fmt.Sprintf("package %s\n\nimport (\n\t\"os\"\n\t\"strconv\"\n)\n\nvar %s, _ = strconv.Atoi(os.Getenv(%q))\n", filepath.Base(folder), switchName, numberFrom)
	if err := put(filepath.Join(folder, "guard_taken_out.go"), []byte(source)); err != nil {
		return "", err
	}
	overlay := filepath.Join(work, "overlay.json")
	list, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(overlay, list, 0o600); err != nil {
		return "", err
	}
	program := filepath.Join(work, "tried.test")
	cmd := exec.CommandContext(ctx, "go", "test", "-c", "-vet=off", "-overlay", overlay, "-o", program, ".")
	cmd.Dir = folder
	if said, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go test -c %s: %w\n%s", folder, err, said)
	}
	return program, nil
}

var failing = regexp.MustCompile(`--- FAIL: (\S+)`)

// run runs the tests with one guard taken out, and gives the first named test that fails; "" for none.
func run(ctx context.Context, program, folder, tests string, n int) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, "-test.failfast", "-test.run", tests)
	cmd.Dir = folder
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d", numberFrom, n))
	said, err := cmd.CombinedOutput()
	switch exit, failed := err.(*exec.ExitError); {
	case ctx.Err() == context.DeadlineExceeded:
		return "the tests do not end", nil
	case err == nil:
		return "", nil
	case !failed || !exit.Exited():
		return "", fmt.Errorf("%s: %w", program, err)
	}
	var name []byte
	for _, m := range failing.FindAllSubmatch(said, -1) {
		if name == nil || bytes.HasPrefix(m[1], append(name, '/')) {
			name = m[1]
		}
	}
	if name == nil {
		return "", fmt.Errorf("the tests fail, and name none: %s", said)
	}
	return string(name), nil
}
