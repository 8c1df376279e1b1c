package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"

	"trunktester/appliance/catalogue"
	"trunktester/lab"
)

// result is what -check prints.
type result struct {
	World   string          `json:"world"`
	Wanted  wanted          `json:"wanted"`
	Report  json.RawMessage `json:"report"` // verbatim; null when the program printed none
	Exit    int             `json:"exit"`
	Seconds float64         `json:"seconds"`
	FarEnd  lab.FarEnd      `json:"far_end"`
	LateMS  float64         `json:"late_ms"` // how late the lab's line is on average, because the machine is busy

	Witnesses []part `json:"witnesses"` // with -witness: who played which role
}

// part is a role and who played it.
type part struct {
	Role    lab.Role `json:"role"`
	Program string   `json:"program"` // "" for our own server
	Why     string   `json:"why"`     // our own server plays it; else ""
}

// wanted is what the world's author wrote down.
type wanted struct {
	Code     string             `json:"code"`
	Severity catalogue.Severity `json:"severity"`
	Lights   string             `json:"lights"` // "" where the code says enough
	Says     string             `json:"says"`
	OrGreen  bool               `json:"or_green"`
}

// check runs the program once in the world, with its PBX check where the PBX is pointed at the box, and prints
// one JSON object. Its exit status is 0 whatever the verdict: the object holds the program's.
func check(ctx context.Context, o options, world lab.World) (int, error) {
	s, err := open(ctx, o, world)
	if err != nil {
		return 0, err
	}
	defer s.close()
	args := append(command(world), "-interface", "eth0", "-json", "-state", s.state())
	if world.Full {
		args = append(args, "-full")
	}
	cmd := s.command(ctx, append(args, o.rest...)...)
	var stdout bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, os.Stderr
	began := time.Now()
	wait, err := s.lab.StartBox(cmd)
	if err != nil {
		return 0, err
	}
	err = wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return 0, fmt.Errorf("run %s: %w", s.program, err)
	}
	seconds := time.Since(began).Seconds()
	if err := s.lab.EndWitnesses(); err != nil {
		return 0, err
	}
	r := result{World: world.Name, Wanted: wanted{world.Code, world.Severity, world.Lights, world.Says, world.OrGreen},
		Exit: cmd.ProcessState.ExitCode(), Seconds: seconds, FarEnd: s.lab.FarEnd(), LateMS: float64(s.lab.Wire.Late().Microseconds()) / 1000,
		Witnesses: []part{}}
	if o.witness {
		for _, p := range world.Cast() {
			played := part{Role: p.Role, Program: p.Program}
			if p.Own != nil {
				played.Program, played.Why = "", p.Own.Error()
			}
			r.Witnesses = append(r.Witnesses, played)
		}
	}
	if json.Valid(stdout.Bytes()) {
		r.Report = stdout.Bytes()
	} else {
		fmt.Fprintf(os.Stderr, "trunklab: no report on stdout, but %q\n", stdout.String())
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	return 0, encoder.Encode(r)
}

// command is what the program does in the world. A PBX that is kept apart from the box is waited for longer than
// the minute after which it is called silent; another one has tried again by then.
func command(world lab.World) []string {
	switch {
	case world.PBX.AtBox && world.PBX.Isolated:
		return []string{"pbx-check", "-for", "62s"}
	case world.PBX.AtBox:
		return []string{"pbx-check", "-for", "15s"}
	}
	return []string{"check"}
}
