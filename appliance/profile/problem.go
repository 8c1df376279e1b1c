package profile

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Problem is one thing that is wrong in a profile: where, and a plain sentence with the remedy. It never
// holds a password.
type Problem struct {
	File string
	Line int // 0: the file as a whole
	Text string
}

// Error is "trunk.toml line 12: " and the sentence.
func (p Problem) Error() string {
	if p.Line == 0 {
		return fmt.Sprintf("%s: %s", p.File, p.Text)
	}
	return fmt.Sprintf("%s line %d: %s", p.File, p.Line, p.Text)
}

// Problems are everything that is wrong in a profile, in the order of its lines. It is the type of every
// error of Parse but those of reading.
type Problems []Problem

// Error has a line for each problem.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap gives the problems to errors.As.
func (ps Problems) Unwrap() []error {
	errs := make([]error, len(ps))
	for i, p := range ps {
		errs[i] = p
	}
	return errs
}

// checker collects the problems of one file.
type checker struct {
	file     string
	lines    lines
	problems Problems
}

// fault files a problem of a key, such as "trunk.domain". The sentence goes on after the key's name.
func (c *checker) fault(path, format string, args ...any) {
	table, key, _ := strings.Cut(path, ".")
	c.at(c.lines.of(path), "[%s] %s %s", table, key, fmt.Sprintf(format, args...))
}

// at files a problem of a line.
func (c *checker) at(line int, format string, args ...any) {
	if c.full() {
		return
	}
	c.problems = append(c.problems, Problem{File: c.file, Line: line, Text: fmt.Sprintf(format, args...)})
}

// full says that there are more problems than anybody would read at once.
func (c *checker) full() bool {
	const enough = 20
	return len(c.problems) >= enough
}

// quote shows a value in a sentence, with nothing that could steer a terminal, and not at any length.
func quote(s string) string {
	const most = 60
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "…"
	}
	return strconv.Quote(s)
}

// err is nil without problems.
func (c *checker) err() error {
	if len(c.problems) == 0 {
		return nil
	}
	slices.SortStableFunc(c.problems, func(a, b Problem) int { return a.Line - b.Line })
	return c.problems
}
