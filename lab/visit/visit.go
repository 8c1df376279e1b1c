// Package visit runs the real programs in a world of the lab for a test, and holds what the box says against
// what the world's author wrote down. Tests of whole worlds share it.
package visit

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/report"
	"trunktester/lab"
	"trunktester/probes/facts"
)

// patience is for one world: the longest, a missing DHCP server, takes 15 to 20 s on an idle machine.
// A full run takes two minutes more.
const (
	patience     = 90 * time.Second
	fullPatience = patience + 2*time.Minute
)

// Outcome is what trunklab prints, and the box's report out of it.
type Outcome struct {
	Raw       json.RawMessage `json:"report"`
	Exit      int             `json:"exit"`
	Seconds   float64         `json:"seconds"`
	FarEnd    lab.FarEnd      `json:"far_end"`
	LateMS    float64         `json:"late_ms"`
	Witnesses []struct {
		Role    lab.Role `json:"role"`
		Program string   `json:"program"`
	} `json:"witnesses"`

	Report report.Report `json:"-"`
}

// Programs builds the real programs and returns the path of trunklab.
func Programs(t *testing.T) (trunklab string) {
	t.Helper()
	dir := t.TempDir()
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", dir, "trunktester/cmd/trunktester", "trunktester/cmd/trunklab").CombinedOutput()
	if err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return filepath.Join(dir, "trunklab")
}

// Cannot ends a test that this machine cannot run, because of why; CI forbids the skip.
func Cannot(t *testing.T, why string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(why)
	}
	t.Skip(why)
}

// unable is trunklab's exit status on a machine that has no namespaces for the lab, or lacks something else.
const unable = 3

// A busy machine makes the lab's line late. From that much on, on average, the world is not the one that its author
// wrote down, whatever the box says; it is built anew, so often.
const (
	tooLate = 4 // ms
	tries   = 4
)

// Run runs one check in one world, its temporary files in the folder. What the box said on the way is told
// when the test fails.
func Run(t *testing.T, trunklab, folder string, w lab.World, options ...string) (got Outcome) {
	t.Helper()
	for range tries {
		if got = run(t, trunklab, folder, w, options...); got.LateMS < tooLate {
			break
		}
		t.Logf("the machine was busy: the lab's line was late by %.1f ms on average", got.LateMS)
	}
	return got
}

func run(t *testing.T, trunklab, folder string, w lab.World, options ...string) (got Outcome) {
	t.Helper()
	longest := patience
	if w.Full {
		longest = fullPatience
	}
	ctx, cancel := context.WithTimeout(t.Context(), longest)
	defer cancel()
	cmd := exec.CommandContext(ctx, trunklab, append([]string{"-world", w.Name, "-check"}, options...)...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 5 * time.Second
	cmd.Env = append(os.Environ(), "TMPDIR="+folder)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("trunklab said:\n%s", &stderr)
		}
	})
	if err := cmd.Run(); err != nil {
		var ended *exec.ExitError
		if errors.As(err, &ended) && ended.ExitCode() == unable {
			Cannot(t, strings.TrimSpace(stderr.String()))
		}
		t.Fatalf("trunklab: %v", err)
	}
	if err := json.Unmarshal(stdout.Bytes(), &got); err != nil {
		t.Fatalf("%v in %s", err, &stdout)
	}
	r, err := report.Decode(got.Raw)
	if err != nil {
		t.Fatalf("report: %v", err)
	}
	got.Report = r
	return got
}

// Judge compares verdict, lights and exit status with what the world's author wrote down.
func Judge(t *testing.T, w lab.World, got Outcome) {
	t.Helper()
	v := got.Report.Verdict
	if w.OrGreen && v.Code == "ok" {
		w.Code, w.Severity, w.Lights, w.Says, w.Titled, w.Hints, w.Acts = "ok", catalogue.Green, "", "", "", "", nil
	}
	if v.Code != w.Code || v.Severity != w.Severity {
		t.Errorf("verdict %s %s, wanted %s %s: %s", v.Code, v.Severity, w.Code, w.Severity, v.Text)
	}
	if w.Acts != nil && !same(w.Acts, v.Acts) {
		t.Errorf("%s is for %v, wanted %v: %s", v.Code, v.Acts, w.Acts, v.Text)
	}
	for _, code := range w.Also {
		if !slices.ContainsFunc(got.Report.Also, func(f catalogue.Finding) bool { return f.Code == code }) {
			t.Errorf("%s is not told beside %s", code, v.Code)
		}
	}
	for _, f := range append(got.Report.Also, v) {
		if slices.Contains(w.Never, f.Code) {
			t.Errorf("%s is told: %s", f.Code, f.Text)
		}
	}
	if !strings.Contains(string(v.Text), w.Says) {
		t.Errorf("the text does not say %q: %s", w.Says, v.Text)
	}
	if !strings.Contains(v.Title, w.Titled) {
		t.Errorf("the title does not say %q: %s", w.Titled, v.Title)
	}
	if !strings.Contains(v.Hint, w.Hints) || w.Hints == "" && v.Hint != "" {
		t.Errorf("the hint does not say %q: %s", w.Hints, v.Hint)
	}
	for id, piece := range w.Saw {
		if !slices.ContainsFunc(got.Report.Steps, func(s facts.Step) bool { return s.ID == id && strings.Contains(s.Saw, piece) }) {
			t.Errorf("the step %s does not say %q", id, piece)
		}
	}
	if w.ALG != "" && got.Report.ALG != w.ALG {
		t.Errorf("a device that rewrites SIP is %s, wanted %s", got.Report.ALG, w.ALG)
	}
	want := map[catalogue.Severity]int{catalogue.Green: 0, catalogue.Amber: 1, catalogue.Red: 2, catalogue.Broken: 3}[w.Severity]
	if got.Exit != want {
		t.Errorf("exit status %d, wanted %d", got.Exit, want)
	}
	lights(t, w, got.Report.Row())
}

// same says whether both name the same people, in any order.
func same(a, b []catalogue.Actor) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}

// LongestLast are the indexes of worlds, those of full runs at the end. They take minutes, and package testing starts parallel
// subtests from the last one on: nobody waits for them when all others have ended.
func LongestLast(worlds []lab.World) (indexes []int) {
	for _, full := range []bool{false, true} {
		for i, w := range worlds {
			if w.Full == full {
				indexes = append(indexes, i)
			}
		}
	}
	return indexes
}
