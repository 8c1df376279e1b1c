package profile

import (
	"fmt"
	"strings"
)

// Problem is one thing that is wrong with a profile: where, what, and what to write instead. It quotes no
// value, since a password may stand in the wrong place.
type Problem struct {
	File string
	Line int // from 1; 0 where the problem is the whole file
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
