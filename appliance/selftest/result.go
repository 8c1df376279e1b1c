// Package selftest is what a box keeps of its self-test: in which small networks the real program was tried, and what it
// said there. It is pure.
package selftest

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"trunktester/appliance/catalogue/words"
)

// Result is one whole self-test.
type Result struct {
	Finished time.Time `json:"finished"` // by the box's own clock
	Worlds   []World   `json:"worlds"`
}

// World is one network and what was said in it.
type World struct {
	Name    string  `json:"name"`
	Wanted  string  `json:"wanted"` // code and severity: "3-2 amber"
	Right   bool    `json:"right"`
	Given   string  `json:"given"`
	Lights  string  `json:"lights"`  // a letter for each light: g, a, r, - for untested
	Version string  `json:"version"` // of the program that was tried
	Seconds float64 `json:"seconds"`
	Untried string  `json:"untried"` // why it was not tried; "" where it was
}

// Right tells whether the program was right everywhere. What was not tried is not right.
func (r Result) Right() bool { return len(r.Worlds) > 0 && r.Wrong() == nil && r.Untried() == nil }

// Wrong are the networks in which the program said something else than what was the case.
func (r Result) Wrong() []string {
	return r.named(func(w World) bool { return !w.Right && w.Untried == "" })
}

// Untried are the networks that could not be made.
func (r Result) Untried() []string { return r.named(func(w World) bool { return w.Untried != "" }) }

func (r Result) named(is func(World) bool) (names []string) {
	for _, w := range r.Worlds {
		if is(w) {
			names = append(names, w.Name)
		}
	}
	return names
}

// Words says for people how the self-test ended.
func (r Result) Words() string {
	if len(r.Worlds) == 0 {
		return words.Said("notice.selftest-none")
	}
	wrong, untried := r.Wrong(), r.Untried()
	text := words.Said("notice.selftest-result", "all", len(r.Worlds), "right", len(r.Worlds)-len(wrong)-len(untried))
	if wrong != nil {
		text += "; " + words.Said("notice.selftest-wrong", "names", strings.Join(wrong, ", "))
	}
	if untried != nil {
		text += "; " + words.Said("notice.selftest-untried", "names", strings.Join(untried, ", "))
	}
	return text
}

// Word is how it ended in a network: "right", "WRONG" or "not tried".
func (w World) Word() string {
	switch {
	case w.Untried != "":
		return words.Said("told.untried")
	case w.Right:
		return words.Said("told.right")
	}
	return words.Said("told.wrong")
}

// Words is one line about a network.
func (w World) Words() string {
	switch {
	case w.Untried != "":
		return w.Untried
	case w.Right:
		return fmt.Sprintf("%s (%.0f s)", w.Given, w.Seconds)
	}
	return words.Said("told.world", "given", w.Given, "wanted", w.Wanted, "lights", w.Lights)
}

// Decode reads what Encode wrote.
func Decode(b []byte) (Result, error) {
	var r Result
	if err := json.Unmarshal(b, &r); err != nil {
		return Result{}, fmt.Errorf("result of the self-test: %w", err)
	}
	return r, nil
}

// Encode is the result as it is kept.
func (r Result) Encode() ([]byte, error) { return json.Marshal(r) }
