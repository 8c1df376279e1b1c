package profile

import (
	"fmt"
	"io"
	"slices"

	"github.com/BurntSushi/toml"
)

// ReadFile reads a file that the profile names (password_file); a relative name is relative to the profile.
type ReadFile func(name string) ([]byte, error)

// Parse reads and checks a profile; name is what problems call it, and a nil readFile means that
// password_file cannot be used. Where r itself fails the error wraps that; any other error is Problems.
func Parse(r io.Reader, name string, readFile ReadFile) (*Profile, error) {
	b, err := io.ReadAll(io.LimitReader(r, sizeLimit+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	text, line, err := plain(b)
	if err != nil {
		return nil, Problems{{File: name, Line: line, Text: err.Error()}}
	}
	file := map[string]any{}
	if _, err := toml.Decode(string(text), &file); err != nil {
		return nil, Problems{syntax(text, name, err)}
	}
	c := &checker{name: name, places: placesOf(text), file: file, readFile: readFile, said: map[string]bool{}}
	p := c.profile(c.raw())
	if len(c.problems) > 0 {
		slices.SortStableFunc(c.problems, func(a, b Problem) int { return a.Line - b.Line })
		return nil, c.problems
	}
	return p, nil
}
