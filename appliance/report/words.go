package report

import (
	"fmt"
	"strings"
	"time"

	"trunktester/appliance/catalogue"
	"trunktester/probes/facts"
)

// Mark is the outcome of a step as one word for a person.
func Mark(s facts.Step) string {
	switch s.Outcome {
	case facts.Passed:
		return "OK"
	case facts.Failed:
		return "FAULT"
	case facts.Blocked, facts.NotRun:
		return "not tested"
	case facts.Broken:
		return "box could not look"
	}
	return "waiting"
}

// Title is what a step is called on a screen: its own title, else its ID in words (a report that was
// read back has no titles).
func Title(s facts.Step) string {
	if s.Title != "" {
		return s.Title
	}
	words := strings.ReplaceAll(s.ID, "-", " ")
	for _, short := range []string{"sip", "udp", "tcp", "tls", "alg", "nat", "dns", "dhcp", "pbx", "ip", "rtp", "mtu", "vlan"} {
		words = upperWord(words, short)
	}
	if words == "" {
		return "Step"
	}
	return strings.ToUpper(words[:1]) + words[1:]
}

func upperWord(s, word string) string {
	fields := strings.Fields(s)
	for i, f := range fields {
		if f == word {
			fields[i] = strings.ToUpper(f)
		}
	}
	return strings.Join(fields, " ")
}

// SaidOn is how the verdict's code is read over the phone: "light 3 flashes red 2 times".
func SaidOn(l Light) string {
	switch {
	case l.Counting && l.Flashes == 1:
		return fmt.Sprintf("light %d flashes %s once", l.Light, l.State)
	case l.Counting:
		return fmt.Sprintf("light %d flashes %s %d times", l.Light, l.State, l.Flashes)
	case l.State == catalogue.LightUntested:
		return fmt.Sprintf("light %d is off: not tested", l.Light)
	case l.State == catalogue.LightTesting:
		return fmt.Sprintf("light %d blinks slowly: testing", l.Light)
	}
	return fmt.Sprintf("light %d is steady %s", l.Light, l.State)
}

// clockTime prints a time for a person; the box's clock may be unknown.
func clockTime(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format("2006-01-02 15:04:05 UTC")
}

func when(r Report) string {
	at := clockTime(r.Started)
	if r.Clock == "none" {
		return fmt.Sprintf("%s by the box's own clock, which was not checked; %.0f s after power-on", at, r.SinceBoot)
	}
	return fmt.Sprintf("%s (clock checked by %s)", at, strings.ToUpper(r.Clock))
}
