package profile

import (
	"errors"
	"strings"

	"github.com/BurntSushi/toml"
)

// lines finds the lines of keys in a document that parses. The library tells positions only in its
// errors, so each key is decoded into something that refuses it.
type lines struct {
	md     toml.MetaData
	tables map[string]toml.Primitive
}

// linesOf reads a document for its lines; they are all 0 if it does not parse.
func linesOf(text string) lines {
	var l lines
	md, err := toml.Decode(text, &l.tables)
	if err != nil {
		return lines{}
	}
	l.md = md
	return l
}

// of is the line of a key such as "leds.light1.red", of the nearest table above it where the key is not written, 0
// where there is none.
func (l lines) of(path string) int {
	line, tables := 0, l.tables
	for key := range strings.SplitSeq(path, ".") {
		p, ok := tables[key]
		if !ok {
			return line
		}
		if at := l.refusedAt(p); at > 0 {
			line = at
		}
		tables = l.below(p)
	}
	return line
}

// table says whether a key is written, and is a table.
func (l lines) table(path string) bool {
	tables := l.tables
	for key := range strings.SplitSeq(path, ".") {
		p, ok := tables[key]
		if tables = l.below(p); !ok || tables == nil {
			return false
		}
	}
	return true
}

// below are the keys of a table, nil of anything else.
func (l lines) below(p toml.Primitive) map[string]toml.Primitive {
	var keys map[string]toml.Primitive
	if l.md.PrimitiveDecode(p, &keys) != nil {
		return nil
	}
	return keys
}

// refusedAt is the line at which p is refused.
func (l lines) refusedAt(p toml.Primitive) int {
	var refused toml.ParseError
	if err := l.md.PrimitiveDecode(p, &refuser{}); errors.As(err, &refused) {
		return refused.Position.Line
	}
	return 0
}

// refuser cannot be decoded into.
type refuser struct{}

func (*refuser) UnmarshalTOML(any) error { return errors.New("here") }
