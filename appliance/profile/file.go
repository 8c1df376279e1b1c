package profile

import (
	"fmt"
	"io"
	"slices"

	"github.com/BurntSushi/toml"
)

// File is a profile as it is written: it is TOML, and nothing else is checked yet.
type File struct {
	Name   string         // what problems call it
	Tables map[string]any // as the TOML package decodes them
	places places
}

// Read reads a profile without checking it; name is what problems call it. Where r itself fails the error
// wraps that; any other error is Problems.
func Read(r io.Reader, name string) (*File, error) {
	b, err := io.ReadAll(io.LimitReader(r, sizeLimit+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	text, line, err := plain(b)
	if err != nil {
		return nil, Problems{{File: name, Line: line, Text: err.Error()}}
	}
	f := &File{Name: name, Tables: map[string]any{}, places: placesOf(text)}
	if _, err := toml.Decode(string(text), &f.Tables); err != nil {
		return nil, Problems{syntax(text, name, err)}
	}
	return f, nil
}

// Line is that of a key in dotted form ("trunk.port") or, where it is missing, of its table; 0 for neither.
func (f *File) Line(key string) int { return f.places.line(key) }

// check turns the file into a Profile, or gives all its Problems in the order of the lines.
func (f *File) check(readFile ReadFile) (*Profile, error) {
	c := &checker{name: f.Name, places: f.places, file: f.Tables, readFile: readFile, said: map[string]bool{}}
	p := c.profile(c.raw())
	if len(c.problems) > 0 {
		slices.SortStableFunc(c.problems, func(a, b Problem) int { return a.Line - b.Line })
		return nil, c.problems
	}
	return p, nil
}
