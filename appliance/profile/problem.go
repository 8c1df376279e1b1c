package profile

import (
	"fmt"
	"regexp"
	"strings"
)

// Problem is one thing that is wrong with a profile. It never quotes a password.
type Problem struct {
	File string
	Line int // 0 where the problem is in no line
	Text string
}

func (p Problem) Error() string {
	if p.Line == 0 {
		return fmt.Sprintf("%s: %s", p.File, p.Text)
	}
	return fmt.Sprintf("%s line %d: %s", p.File, p.Line, p.Text)
}

// Problems are all that is wrong, in the order of the lines.
type Problems []Problem

func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, one := range p {
		lines[i] = one.Error()
	}
	return strings.Join(lines, "\n")
}

var (
	tableLine = regexp.MustCompile(`^\s*\[\s*([A-Za-z0-9_]+)\s*\]`)
	keyLine   = regexp.MustCompile(`^\s*["']?([A-Za-z0-9_-]+)["']?\s*=`)
)

// lineOf finds the line of a key ("trunk.port"), the line of its table where the key is missing, or 0.
func lineOf(text []byte, key string) int {
	table, name, _ := strings.Cut(key, ".")
	name, _, _ = strings.Cut(name, ".")
	current, found := "", 0
	for i, l := range strings.Split(string(text), "\n") {
		if m := tableLine.FindStringSubmatch(l); m != nil {
			if current = m[1]; current == table {
				found = i + 1
			}
			continue
		}
		if m := keyLine.FindStringSubmatch(l); m != nil && (current == table && m[1] == name || current == "" && m[1] == key) {
			return i + 1
		}
	}
	return found
}
