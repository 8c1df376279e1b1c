package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"

	"trunktester/appliance/report"
	"trunktester/appliance/selftest"
	"trunktester/lab"
	"trunktester/lab/scene"
)

// worlds are a healthy line, the kernel's own SIP ALG, and a fault for each light.
func worlds() []string {
	return []string{"healthy", "router-silent", "no-internet", "dns-dead", "sip-alg-registers", "udp-blocked", "wrong-login", "pbx-not-registered"}
}

// patience is for one world: the slowest takes a quarter of a minute on a fast machine.
const patience = 2 * time.Minute

// all goes through the worlds one after another, each in a process of its own, since a process cannot leave its network.
func all(ctx context.Context, o options, progress io.Writer) (selftest.Result, error) {
	result := selftest.Result{Finished: time.Now().UTC()}
	if rules, err := rulesets(); err != nil {
		return result, err
	} else if len(rules) > 0 {
		return result, fmt.Errorf("this machine's own kernel filters or rewrites packets (table %s): it could be the ALG that is found", rules[0])
	}
	for _, name := range worlds() {
		world, ok := lab.Find(name)
		if !ok {
			return result, fmt.Errorf("there is no world %q", name)
		}
		if world.Home.ALG() && lab.ProbeALG() != nil {
			fmt.Fprintf(progress, "not tried  %-20s this kernel has no SIP helper\n", name)
			continue
		}
		tried, err := one(ctx, o, world)
		if err != nil {
			return result, fmt.Errorf("%s: %w", name, err)
		}
		word := "right"
		if !tried.Right {
			word = "WRONG"
		}
		fmt.Fprintf(progress, "%-9s  %-20s %s\n", word, name, tried.Words())
		result.Worlds = append(result.Worlds, tried)
	}
	result.Finished = time.Now().UTC()
	return result, nil
}

// one has a copy of this program look at one world.
func one(ctx context.Context, o options, world lab.World) (selftest.World, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, "/proc/self/exe", "-world", world.Name, "-program", o.program)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		last := bytes.TrimSpace(stderr.Bytes())
		if i := bytes.LastIndexByte(last, '\n'); i >= 0 {
			last = last[i+1:]
		}
		return selftest.World{}, fmt.Errorf("%w: %s", err, last)
	}
	var tried selftest.World
	if err := json.Unmarshal(stdout.Bytes(), &tried); err != nil {
		return tried, fmt.Errorf("what the copy said: %w", err)
	}
	tried.Name, tried.Wanted = world.Name, world.Code+" "+string(world.Severity)
	tried.Right = tried.Given == tried.Wanted && (world.Lights == "" || tried.Lights == world.Lights)
	return tried, nil
}

// inside is the copy in one world.
func inside(ctx context.Context, o options) (int, error) {
	if err := lab.Enter(); err != nil {
		return exitCannot, err
	}
	world, _ := lab.Find(o.world)
	s, err := scene.Open(ctx, world, o.program, lab.Options{Seed: 1})
	if err != nil {
		return exitCannot, err
	}
	defer s.Close()
	checked, err := s.Check(ctx, io.Discard)
	if err != nil {
		return exitCannot, err
	}
	if checked.Report == nil {
		return exitCannot, errors.New("trunktester gave no report")
	}
	r, err := report.Decode(checked.Report)
	if err != nil {
		return exitCannot, err
	}
	return 0, json.NewEncoder(os.Stdout).Encode(selftest.World{
		Given: r.Verdict.Code + " " + string(r.Verdict.Severity), Lights: row(r), Version: r.Version, Seconds: checked.Seconds})
}

// row is the lights, one letter each as in the lab's worlds.
func row(r report.Report) string {
	var letters []byte
	for _, l := range r.Row() {
		letter := l.State[0]
		if l.State == "untested" {
			letter = '-'
		}
		letters = append(letters, letter)
	}
	return string(letters)
}
