package main

import (
	"context"
	"encoding/json"
	"os"

	"trunktester/appliance/catalogue"
	"trunktester/lab"
	"trunktester/lab/scene"
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
	s, err := scene.Open(ctx, world, o.program, lab.Options{Seed: o.seed, Witnesses: o.witness})
	if err != nil {
		return 0, err
	}
	defer s.Close()
	c, err := s.Check(ctx, os.Stderr, o.rest...)
	if err != nil {
		return 0, err
	}
	r := result{World: world.Name, Wanted: wanted{world.Code, world.Severity, world.Lights, world.Says, world.OrGreen},
		Report: c.Report, Exit: c.Exit, Seconds: c.Seconds, FarEnd: s.Lab.FarEnd(), LateMS: float64(s.Lab.Wire.Late().Microseconds()) / 1000,
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
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	return 0, encoder.Encode(r)
}
