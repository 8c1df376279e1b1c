package kit

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"trunktester/appliance/profile"
)

// entry is one value of a profile, and where it comes from.
type entry struct {
	path  []string
	value any
	place string
}

// draft is a profile that is put together: what comes later replaces what came before.
type draft map[string]entry

// addFile adds every value of a profile.
func (d draft) addFile(f *profile.File) error { return d.addTable(f, nil, f.Tables) }

func (d draft) addTable(f *profile.File, path []string, table map[string]any) error {
	for _, name := range slices.Sorted(maps.Keys(table)) {
		here := append(path[:len(path):len(path)], name)
		key := strings.Join(here, ".")
		switch v := table[name].(type) {
		case map[string]any:
			if err := d.addTable(f, here, v); err != nil {
				return err
			}
		case []map[string]any:
			return profile.Problems{{File: f.Name, Line: f.Line(key), Text: "a table stands in double brackets: write its name in single ones, as in [trunk]"}}
		default:
			place := f.Name
			if line := f.Line(key); line > 0 {
				place = fmt.Sprintf("%s line %d", f.Name, line)
			}
			d[key] = entry{here, v, place}
		}
	}
	return nil
}

// addRow adds the cells of a row.
func (d draft) addRow(list string, row Row) {
	for _, c := range row.Cells {
		d[c.Column] = entry{strings.Split(c.Column, "."), c.Value, fmt.Sprintf("%s line %d, column %s", list, row.Line, c.Column)}
	}
}

var bare = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// text writes the draft as TOML, one value in a line, and gives for each line where its value comes from.
func (d draft) text() (text []byte, places []string, err error) {
	var b bytes.Buffer
	line := func(place, format string, args ...any) {
		fmt.Fprintf(&b, format+"\n", args...)
		places = append(places, place)
	}
	order := func(a, b entry) int {
		// What stands in no table goes before all tables.
		if top := (len(a.path) > 1) != (len(b.path) > 1); top {
			return len(a.path) - len(b.path)
		}
		return slices.Compare(a.path, b.path)
	}
	table := ""
	for _, e := range slices.SortedFunc(maps.Values(d), order) {
		if len(e.path) > 1 && e.path[0] != table {
			table = e.path[0]
			line("", "[%s]", quoted(table))
		}
		last := len(e.path) - 1
		value, err := toml.Marshal(map[string]any{"v": e.value})
		if err != nil || bytes.Count(value, []byte("\n")) != 1 || !bytes.HasPrefix(value, []byte("v = ")) {
			return nil, nil, profile.Problems{{File: e.place, Text: "this value is not possible in a profile: see trunk.toml.example"}}
		}
		var inner []string
		for _, name := range e.path[min(1, last):] {
			inner = append(inner, quoted(name))
		}
		line(e.place, "%s = %s", strings.Join(inner, "."), bytes.TrimSuffix(value[len("v = "):], []byte("\n")))
	}
	return b.Bytes(), places, nil
}

// quoted is a name as TOML writes it.
func quoted(name string) string {
	if bare.MatchString(name) {
		return name
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\r", `\r`, "\t", `\t`).Replace(name) + `"`
}

// parse checks the whole and words what is wrong with the places that the values come from; whole is the
// place of what is missing.
func (d draft) parse(whole string) (*profile.Profile, []byte, error) {
	text, places, err := d.text()
	if err != nil {
		return nil, nil, err
	}
	p, err := profile.Parse(bytes.NewReader(text), whole, nil)
	var problems profile.Problems
	if !errors.As(err, &problems) {
		return p, text, err
	}
	var faults Faults
	for _, one := range problems {
		place := whole
		if one.Line > 0 && one.Line <= len(places) && places[one.Line-1] != "" {
			place = places[one.Line-1]
		}
		faults = append(faults, profile.Problem{File: place, Text: one.Text})
	}
	return nil, nil, faults
}
