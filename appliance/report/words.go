package report

import (
	"fmt"
	"strings"
	"time"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
)

// Mark is the outcome of a step as one word for a person, in English.
func Mark(s facts.Step) string { return mark(words.InEnglish(), s) }

func mark(l *words.Language, s facts.Step) string {
	switch s.Outcome {
	case facts.Passed, facts.Failed, facts.Broken, facts.NotRun:
		return l.Say("mark." + string(s.Outcome))
	case facts.Blocked:
		return l.Say("mark.not-run")
	}
	return l.Say("mark.waiting")
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
