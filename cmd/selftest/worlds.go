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
		var tried selftest.World
		var err error
		if world.Home.ALG() && lab.ProbeALG() != nil {
			err = errNoHelper
		} else {
			tried, err = calmly(ctx, o, world)
		}
		switch {
		case errors.Is(err, errBusy), errors.Is(err, errNoHelper):
			tried = selftest.World{Name: name, Wanted: wanted(world), Untried: err.Error()}
		case err != nil:
			return result, fmt.Errorf("%s: %w", name, err)
		}
		fmt.Fprintf(progress, "%-9s  %-20s %s\n", tried.Word(), name, tried.Words())
		result.Worlds = append(result.Worlds, tried)
	}
	result.Finished = time.Now().UTC()
	return result, nil
}

// Why a network was not tried: on a machine that is too busy to play it, what the program says of it means nothing.
var (
	errBusy     = errors.New("this machine is too busy to play the line in time")
	errNoHelper = errors.New("this kernel has no SIP helper, so there is no SIP ALG to find")
)

// A line that is late by this much on average is another one than the world says.
const (
	tooLate = 4 // ms
	tries   = 3
)

// calmly tries a world until the machine was fast enough for it.
func calmly(ctx context.Context, o options, world lab.World) (selftest.World, error) {
	for range tries {
		tried, err := one(ctx, o, world)
		if err != nil || tried.Late < tooLate {
			return tried.World, err
		}
	}
	return selftest.World{}, errBusy
}

// attempt is one look at a world, as the copy in it prints it, and how late its line was on average.
type attempt struct {
	selftest.World
	Late float64 `json:"late_ms"`
}

// wanted is the answer that is right: code and severity.
func wanted(world lab.World) string { return world.Code + " " + string(world.Severity) }

// one has a copy of this program look at one world.
func one(ctx context.Context, o options, world lab.World) (attempt, error) {
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
		return attempt{}, fmt.Errorf("%w: %s", err, last)
	}
	var tried attempt
	if err := json.Unmarshal(stdout.Bytes(), &tried); err != nil {
		return attempt{}, fmt.Errorf("what the copy said: %w", err)
	}
	tried.Name, tried.Wanted = world.Name, wanted(world)
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
	return 0, json.NewEncoder(os.Stdout).Encode(attempt{selftest.World{
		Given: r.Verdict.Code + " " + string(r.Verdict.Severity), Lights: row(r), Version: r.Version, Seconds: checked.Seconds},
		float64(s.Lab.Wire.Late().Microseconds()) / 1000})
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
