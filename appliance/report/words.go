package report

import (
	"fmt"
	"strings"
	"time"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
)

// Mark is the outcome of a step as one word for a person.
func Mark(l *words.Language, s facts.Step) string {
	switch s.Outcome {
	case facts.Passed, facts.Failed, facts.Broken, facts.NotRun:
		return l.Say("mark." + string(s.Outcome))
	case facts.Blocked:
		return l.Say("mark.not-run")
	}
	return l.Say("mark.waiting")
}

// Title is what a step is called on a screen: the catalogue's title, else its ID in words (of another version's report).
func Title(l *words.Language, id string) string {
	if key := "step." + id; l.Has(key) {
		return l.Say(key)
	}
	words := strings.ReplaceAll(id, "-", " ")
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

// SaidOn is how a light is told over the phone: "light 3 flashes red 2 times".
func SaidOn(l *words.Language, on Light) string {
	colour := func() string { return l.Say("colour." + string(on.State)) }
	switch {
	case on.Counting && on.Flashes == 1:
		return l.Say("phone.once", "light", on.Light, "colour", colour())
	case on.Counting:
		return l.Say("phone.times", "light", on.Light, "colour", colour(), "n", on.Flashes)
	case on.State == catalogue.LightUntested:
		return l.Say("phone.untested", "light", on.Light)
	case on.State == catalogue.LightTesting:
		return l.Say("phone.testing", "light", on.Light)
	}
	return l.Say("phone.steady", "light", on.Light, "colour", colour())
}

// clockTime prints a time for a person; the box's clock may be unknown.
func clockTime(t time.Time) string { return at(t, "2006-01-02 15:04:05 UTC") }

func at(t time.Time, layout string) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format(layout)
}

func when(l *words.Language, r Report) string {
	at := clockTime(r.Started)
	if r.Clock == "none" {
		return l.Say("facts.no-clock", "time", at, "seconds", fmt.Sprintf("%.0f", r.SinceBoot))
	}
	return l.Say("facts.clock", "time", at, "source", strings.ToUpper(r.Clock))
}

// trunk says in one line what was tested.
func trunk(l *words.Language, t Trunk) string {
	switch {
	case t.Domain == "":
		return l.Say("facts.no-trunk")
	case t.Username == "":
		return l.Say("facts.no-user", "domain", Line(string(t.Domain)), "transport", t.Transport)
	}
	return l.Say("facts.user", "domain", Line(string(t.Domain)), "transport", t.Transport, "user", Line(string(t.Username)))
}

// socket says where on its switch the box is plugged in.
func socket(l *words.Language, s Switch) string {
	name, port := Line(string(s.Name)), Line(string(s.Port))
	if s.VLAN == nil {
		return l.Say("facts.port", "name", name, "port", port)
	}
	return l.Say("facts.voice-vlan", "name", name, "port", port, "vlan", *s.VLAN)
}
