// Package witnessed runs the real program in every world of the lab once more, with programs that we did
// not write in the parts of the servers, so that the box and the lab cannot agree with each other and both be wrong.
package witnessed

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/report"
	"trunktester/lab"
	"trunktester/lab/serve"
	"trunktester/lab/witness"
)

var update = flag.Bool("update", false, "write docs/witnesses.md")

// atOnce is how many worlds run side by side, five outside programs in each.
const atOnce = 4

func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", strconv.Itoa(atOnce)); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// patience is for one world: the longest, a missing DHCP server, takes 20 s on an idle machine.
const patience = 90 * time.Second

// outcome is what trunklab prints.
type outcome struct {
	Report    json.RawMessage `json:"report"`
	Exit      int             `json:"exit"`
	FarEnd    lab.FarEnd      `json:"far_end"`
	Witnesses []struct {
		Role    lab.Role `json:"role"`
		Program string   `json:"program"`
	} `json:"witnesses"`
}

// need ends a test that this machine cannot run; CI forbids the skip.
func need(t *testing.T, why string) {
	t.Helper()
	if why == "" {
		return
	}
	if os.Getenv("CI") == "true" {
		t.Fatal(why)
	}
	t.Skip(why)
}

func missing() string {
	if packages := witness.Missing(); packages != nil {
		return (&lab.MissingWitnessesError{Packages: packages}).Error()
	}
	return ""
}

// programs builds the real programs.
func programs(t *testing.T) (trunklab string) {
	t.Helper()
	need(t, missing())
	dir := t.TempDir()
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", dir, "trunktester/cmd/trunktester", "trunktester/cmd/trunklab").CombinedOutput()
	if err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return filepath.Join(dir, "trunklab")
}

func TestWitnessedWorlds(t *testing.T) {
	trunklab := programs(t)
	t.Run("world", func(t *testing.T) {
		for _, w := range lab.Worlds() {
			t.Run(w.Name, func(t *testing.T) {
				t.Parallel()
				check(t, w, visit(t, trunklab, w))
			})
		}
	})
	if *update && !t.Failed() {
		writeTable(t)
	}
}

// visit runs one world, and sees to it that nothing of it is left.
func visit(t *testing.T, trunklab string, w lab.World) (got outcome) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, trunklab, "-world", w.Name, "-check", "-witness")
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 5 * time.Second
	folder := t.TempDir()
	cmd.Env = append(os.Environ(), "TMPDIR="+folder)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		if text := stderr.String(); strings.Contains(text, "CONFIG_") || strings.Contains(text, "does not let the lab") {
			need(t, strings.TrimSpace(text))
		}
		t.Fatalf("trunklab: %v\n%s", err, &stderr)
	}
	left := running(t, folder)
	for until := time.Now().Add(2 * time.Second); left != nil && time.Now().Before(until); left = running(t, folder) {
		time.Sleep(50 * time.Millisecond) // the kernel takes a moment to end a PID namespace on a busy machine
	}
	if left != nil {
		t.Errorf("still running: %q", left)
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) > 0 {
		t.Errorf("files left: %v, %v", left, err)
	}
	if err := json.Unmarshal(stdout.Bytes(), &got); err != nil {
		t.Fatalf("%v in %s\n%s", err, &stdout, &stderr)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the box said:\n%s", &stderr)
		}
	})
	return got
}

// check compares what the box said and did with what the world's author wrote down.
func check(t *testing.T, w lab.World, got outcome) {
	r, err := report.Decode(got.Report)
	if err != nil {
		t.Fatalf("report: %v", err)
	}
	v := r.Verdict
	if w.OrGreen && v.Code == "ok" {
		w.Code, w.Severity = "ok", catalogue.Green
	}
	if v.Code != w.Code || v.Severity != w.Severity {
		t.Errorf("verdict %s %s, wanted %s %s: %s", v.Code, v.Severity, w.Code, w.Severity, v.Text)
	}
	if want := map[catalogue.Severity]int{catalogue.Green: 0, catalogue.Amber: 1, catalogue.Red: 2}[w.Severity]; got.Exit != want {
		t.Errorf("exit status %d, wanted %d", got.Exit, want)
	}
	checkBudget(t, "on the box's cable", got.FarEnd.Count)
	// What was spaced on the cable may reach a busy server's log in a bunch: the log counts, the cable times.
	logged := got.FarEnd.Provider
	logged.MaxIn200ms = 0
	checkBudget(t, "by the provider", logged)
	played := map[lab.Role]string{}
	for _, p := range got.Witnesses {
		played[p.Role] = p.Program
	}
	for _, p := range w.Cast() {
		if want := p.Program; p.Own == nil && played[p.Role] != want {
			t.Errorf("%s played by %q, wanted %s", p.Role, played[p.Role], want)
		}
	}
}

// checkBudget is design section 7, retransmissions included.
func checkBudget(t *testing.T, where string, c serve.Count) {
	if c.Requests > 40 || c.WithCredentials > 2 || c.MaxIn200ms > 4 || c.Methods["INVITE"] > 0 {
		t.Errorf("counted %s: %d requests, %d with credentials, %d within 200 ms, %d INVITEs", where, c.Requests, c.WithCredentials, c.MaxIn200ms, c.Methods["INVITE"])
	}
	for agent := range c.UserAgents {
		if !strings.HasPrefix(agent, "trunktester/") {
			t.Errorf("counted %s: User-Agent %q", where, agent)
		}
	}
}
