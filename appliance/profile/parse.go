package profile

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

// Parse reads a profile that needs no other file: password_file and a tls_ca that names a file are
// problems. name is the file's name, for the problems.
//
// The error is Problems, or wraps an error of r. The profile is nil with any error; a file that is not there
// is for the caller, who then uses Defaults.
func Parse(r io.Reader, name string) (*Profile, error) {
	return ParseWith(r, name, nil)
}

// ParseWith is Parse for a profile that may name other files. readFile gets their paths, relative ones
// joined to the folder of name.
func ParseWith(r io.Reader, name string, readFile func(path string) ([]byte, error)) (*Profile, error) {
	text, err := readText(r, name)
	if err != nil {
		return nil, err
	}
	var tables map[string]toml.Primitive
	md, err := toml.Decode(text, &tables)
	if err != nil {
		return nil, Problems{syntaxProblem(name, text, err)}
	}
	c := &checker{file: name, lines: linesOf(text)}
	written := c.raw(md, tables)
	p := c.profile(md, written, files{name, readFile})
	if err := c.err(); err != nil {
		return nil, err
	}
	return p, nil
}

// raw decodes the tables, and files tables and keys that do not exist.
func (c *checker) raw(md toml.MetaData, tables map[string]toml.Primitive) raw {
	var w raw
	into := map[string]any{
		"trunk": &w.Trunk, "expect": &w.Expect, "provider": &w.Provider, "pbx": &w.PBX, "line": &w.Line,
		"network": &w.Network, "internet": &w.Internet, "page": &w.Page, "kit": &w.Kit, "leds": &w.LEDs,
	}
	for _, name := range slices.Sorted(maps.Keys(tables)) {
		table := tables[name]
		switch target, known := into[name]; {
		case !known:
			c.unknownTop(name, c.lines.table(name) || md.Type(name) == "ArrayHash")
		case !c.lines.table(name):
			c.at(c.lines.of(name), "%s must be a table: write [%s] on a line of its own, and its keys below", name, name)
		default:
			if err := md.PrimitiveDecode(table, target); err != nil { // no value is refused by raw
				c.at(c.lines.of(name), "[%s] cannot be read: write its keys as in the example", name)
			}
		}
	}
	for _, pair := range []toml.Primitive{w.LEDs.Light1, w.LEDs.Light2, w.LEDs.Light3, w.LEDs.Light4, w.LEDs.Light5} {
		_ = md.PrimitiveDecode(pair, &rawPair{}) // marks its keys as known; a light that is no table is filed by leds
	}
	for _, key := range md.Undecoded() {
		if _, known := into[key[0]]; known && len(key) > 1 && c.lines.table(key[0]) && !c.full() {
			c.unknownKey(key)
		}
	}
	for _, key := range md.Keys() {
		if last := key[len(key)-1]; last != strings.ToLower(last) && knownPath(strings.ToLower(strings.Join(key, "."))) {
			c.at(c.lines.of(strings.Join(key, ".")), "key %s must be written in small letters: %s", quote(last), strings.ToLower(last))
		}
	}
	return w
}

// unknownTop files a table, or a key outside all tables, that does not exist.
func (c *checker) unknownTop(name string, table bool) {
	line := c.lines.of(name)
	if table {
		c.at(line, "unknown table %s%s", quote(name), meant(name, keysOf("")))
		return
	}
	if i := slices.IndexFunc(keysOf(""), func(t string) bool { return slices.Contains(keysOf(t), name) }); i >= 0 {
		c.at(line, "key %s stands outside its table; write [%s] on a line above it", quote(name), keysOf("")[i])
		return
	}
	c.at(line, "unknown key %s outside all tables; every key stands below a table such as [trunk]", quote(name))
}

// unknownKey files a key that its table does not have.
func (c *checker) unknownKey(key toml.Key) {
	path, name := strings.Join(key, "."), key[len(key)-1]
	table := strings.Join(key[:len(key)-1], ".")
	hint := meant(name, keysOf(table))
	if hint == "" {
		for _, other := range keysOf("") {
			if slices.Contains(keysOf(other), name) {
				hint = fmt.Sprintf("; it belongs below [%s]", other)
				break
			}
		}
	}
	c.at(c.lines.of(path), "unknown key %s in [%s]%s", quote(name), table, hint)
}
