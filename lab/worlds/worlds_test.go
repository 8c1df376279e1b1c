// Package worlds runs the real program in every world of the lab, each in namespaces of its own, several at
// a time, and compares what it says with what the world's author wrote down.
package worlds

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
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
)

var update = flag.Bool("update", false, "write docs/worlds.md")

// atOnce is how many worlds run side by side: they wait far more than they compute.
const atOnce = 4

func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", strconv.Itoa(atOnce)); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// patience is for one world: the longest, a missing DHCP server, takes 15 s on an idle machine.
const patience = 90 * time.Second

// outcome is what trunklab prints.
type outcome struct {
	Report  json.RawMessage `json:"report"`
	Exit    int             `json:"exit"`
	Seconds float64         `json:"seconds"`
	FarEnd  lab.FarEnd      `json:"far_end"`
}

// programs builds the real programs.
func programs(t *testing.T) (trunklab string) {
	t.Helper()
	dir := t.TempDir()
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", dir, "trunktester/cmd/trunktester", "trunktester/cmd/trunklab").CombinedOutput()
	if err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return filepath.Join(dir, "trunklab")
}

func TestWorlds(t *testing.T) {
	trunklab := programs(t)
	worlds := lab.Worlds()
	rows := make([]string, len(worlds))
	t.Run("world", func(t *testing.T) {
		for i, w := range worlds {
			t.Run(w.Name, func(t *testing.T) {
				t.Parallel()
				rows[i] = visit(t, trunklab, w)
			})
		}
	})
	if *update && !t.Failed() {
		writeTable(t, rows)
	}
}

// visit runs one world and checks everything that the box says and does in it.
func visit(t *testing.T, trunklab string, w lab.World) (row string) {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, trunklab, "-world", w.Name, "-check")
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 5 * time.Second
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		if cmd.ProcessState.ExitCode() == 3 {
			cannot(t, strings.TrimSpace(stderr.String()))
		}
		t.Fatalf("trunklab: %v\n%s", err, &stderr)
	}
	var got outcome
	if err := json.Unmarshal(stdout.Bytes(), &got); err != nil {
		t.Fatalf("%v in %s\n%s", err, &stdout, &stderr)
	}
	r, err := report.Decode(got.Report)
	if err != nil {
		t.Fatalf("report: %v\n%s", err, &stderr)
	}
	v := r.Verdict
	if w.OrGreen && v.Code == "ok" {
		w.Code, w.Severity, w.Lights = "ok", catalogue.Green, ""
	}
	if v.Code != w.Code || v.Severity != w.Severity {
		t.Errorf("verdict %s %s, wanted %s %s: %s\n%s", v.Code, v.Severity, w.Code, w.Severity, v.Text, &stderr)
	}
	if !strings.Contains(string(v.Text), w.Says) {
		t.Errorf("the text does not say %q: %s", w.Says, v.Text)
	}
	if want := map[catalogue.Severity]int{catalogue.Green: 0, catalogue.Amber: 1, catalogue.Red: 2, catalogue.Broken: 3}[w.Severity]; got.Exit != want {
		t.Errorf("exit status %d, wanted %d", got.Exit, want)
	}
	checkLights(t, w, r.Row())
	checkConduct(t, got.FarEnd)
	return fmt.Sprintf("| %s | %s | %s %s | %s %s | %.1f |", w.Name, w.About, w.Code, w.Severity, v.Code, v.Severity, got.Seconds)
}

// cannot ends a test that this machine has no namespaces for.
func cannot(t *testing.T, why string) {
	if os.Getenv("CI") == "true" {
		t.Fatal(why)
	}
	t.Skip(why)
}

// checkLights: the verdict's light counts its code in the verdict's colour, no other counts, light 1 is
// never off, and the whole row is as the world's author drew it.
func checkLights(t *testing.T, w lab.World, row catalogue.Row) {
	for i, l := range row {
		name := catalogue.LightNames()[i]
		counts := strings.HasPrefix(w.Code, fmt.Sprint(i+1)+"-")
		if l.Counting != counts {
			t.Errorf("light %s counting: %v", name, l.Counting)
		}
		if counts && (fmt.Sprint(l.Flashes) != w.Code[2:] || string(l.State) != string(w.Severity)) {
			t.Errorf("light %s is %s with %d flashes", name, l.State, l.Flashes)
		}
		if w.Code == "ok" && l.State != catalogue.LightGreen {
			t.Errorf("light %s is %s", name, l.State)
		}
		if want := drawn(w.Lights, i); want != "" && l.State != want {
			t.Errorf("light %s is %s, wanted %s", name, l.State, want)
		}
	}
	if row[0].State == catalogue.LightUntested {
		t.Error("light LINE is off")
	}
}

func drawn(lights string, i int) catalogue.LightState {
	if lights == "" {
		return ""
	}
	return map[byte]catalogue.LightState{'g': catalogue.LightGreen, 'a': catalogue.LightAmber, 'r': catalogue.LightRed, '-': catalogue.LightUntested}[lights[i]]
}

// checkConduct: the budget of design section 7, counted by the registrar, retransmissions included.
func checkConduct(t *testing.T, f lab.FarEnd) {
	if f.Requests > 40 || f.WithCredentials > 2 || f.MaxIn200ms > 4 || f.Invites > 0 {
		t.Errorf("conduct: %d requests, %d with credentials, %d within 200 ms, %d INVITEs", f.Requests, f.WithCredentials, f.MaxIn200ms, f.Invites)
	}
}

func writeTable(t *testing.T, rows []string) {
	var b strings.Builder
	b.WriteString("# Every world of the lab, and what the box says in it\n\n" +
		"Made by `make tables`: the real program ran once in each world, four at a time. What is wanted was written down by hand.\n\n" +
		"| World | What is the case | Wanted | Given | Seconds |\n|---|---|---|---|---|\n")
	for _, r := range rows {
		b.WriteString(r + "\n")
	}
	if err := os.WriteFile(filepath.Join("..", "..", "docs", "worlds.md"), []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}
