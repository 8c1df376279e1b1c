package profile

import (
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// raw fills the raw struct from the decoded file and reports every key that is unknown or has the wrong
// kind of value. Names are matched exactly and all problems found, neither of which toml.Decode does.
func (c *checker) raw() raw {
	var in raw
	tables := fields(reflect.ValueOf(&in).Elem())
	for _, name := range slices.Sorted(maps.Keys(c.file)) {
		table, isTable := c.file[name].(map[string]any)
		field, ok := tables[name]
		switch {
		case ok && isTable:
			c.fill(name, "["+name+"]", table, field)
		case ok:
			c.problem(name, "%s must be a table: write [%s], in single brackets, on a line of its own and its keys below it", name, name)
		case isTable:
			c.problem(name, "%s", unknownTable(name))
		default:
			text, _ := unknownKey(name, "above the first [table]", allKeys())
			c.problem(name, "%s", text)
		}
	}
	return in
}

// fill sets the fields of one table; label is what problems call it.
func (c *checker) fill(path, label string, table map[string]any, into reflect.Value) {
	keys := fields(into)
	for _, name := range slices.Sorted(maps.Keys(table)) {
		key := path + "." + name
		field, ok := keys[name]
		if !ok {
			text, meant := unknownKey(name, "in "+label, slices.Collect(maps.Keys(keys)))
			c.problem(key, "%s", text)
			c.said[path+"."+meant] = true // so that it is not missing as well
			continue
		}
		if sub, ok := table[name].(map[string]any); ok && field.Kind() == reflect.Struct {
			c.fill(key, label+" "+name, sub, field)
			continue
		}
		if remedy := set(field, name, table[name]); remedy != "" {
			c.problem(key, "%s %s", name, remedy)
			delete(table, name)
		}
	}
}

// set stores a value in a field of the same kind, or says what should have been written.
func set(field reflect.Value, name string, value any) (remedy string) {
	kind := field.Type()
	if kind.Kind() == reflect.Pointer {
		kind = kind.Elem()
	}
	v := reflect.ValueOf(value)
	if kind.Kind() == reflect.Slice {
		all, ok := list(value)
		if !ok {
			return fmt.Sprintf("must be a list of texts: write %s = [\"...\", \"...\"]", name)
		}
		v = reflect.ValueOf(all)
	}
	if !v.IsValid() || v.Type() != kind {
		switch kind.Kind() {
		case reflect.String:
			return fmt.Sprintf("must be text in double quotes: write %s = \"...\"", name)
		case reflect.Int64:
			return "must be a whole number: write it without quotes"
		case reflect.Bool:
			return "must be true or false: write it without quotes"
		}
		return fmt.Sprintf("must name its two lines: write %s = { red = 5, green = 6 }", name)
	}
	if s, ok := value.(string); ok && name != "tls_ca" && strings.ContainsFunc(s, unicode.IsControl) {
		return "holds a tab, a line break or the like: take it out, and put text with a backslash in single quotes"
	}
	if field.Kind() == reflect.Pointer {
		p := reflect.New(kind)
		p.Elem().Set(v)
		v = p
	}
	field.Set(v)
	return ""
}

func list(value any) ([]string, bool) {
	many, ok := value.([]any)
	all := make([]string, len(many))
	for i, one := range many {
		s, text := one.(string)
		all[i], ok = s, ok && text
	}
	return all, ok
}

// fields are the fields of a struct by their names in the file.
func fields(v reflect.Value) map[string]reflect.Value {
	all := map[string]reflect.Value{}
	for i := range v.NumField() {
		all[v.Type().Field(i).Tag.Get("toml")] = v.Field(i)
	}
	return all
}

// known are the tables and their keys, as raw has them.
func known() map[string][]string {
	all := map[string][]string{}
	for name, table := range fields(reflect.ValueOf(raw{})) {
		all[name] = slices.Sorted(maps.Keys(fields(table)))
	}
	return all
}

func allKeys() []string {
	var all []string
	for _, keys := range known() {
		all = append(all, keys...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func unknownTable(name string) string {
	if near := nearest(name, slices.Collect(maps.Keys(known()))); near != "" && plainName.MatchString(name) {
		return fmt.Sprintf("unknown table [%s]; did you mean [%s]?", name, near)
	}
	return "this table is not known: take it out, with its keys"
}

var (
	plainName    = regexp.MustCompile(`^[A-Za-z0-9_-]{1,32}$`)
	passwordLike = regexp.MustCompile(`(?i)pas|pw|secret`)
)

// unknownKey is the problem with a key and, where it is near one, the key that was meant. It names the
// unknown key only where that is safe: a slip of the pen beside "password" may hold one.
func unknownKey(name, where string, near []string) (text, meant string) {
	if homes := homes(name); len(homes) > 0 {
		return fmt.Sprintf("%s does not belong %s: move it below [%s]", name, where, strings.Join(homes, "] or [")), ""
	}
	text, meant = fmt.Sprintf("unknown key %q %s", name, where), nearest(name, near)
	if !plainName.MatchString(name) || passwordLike.MatchString(name) {
		text = "unknown key " + where
		if passwordLike.MatchString(name) && meant == "" {
			meant = "password"
		}
	}
	if meant == "" {
		return text + ": take it out", ""
	}
	return fmt.Sprintf("%s; did you mean %s?", text, meant), meant
}

// homes are the tables that have the key.
func homes(key string) []string {
	var all []string
	for table, keys := range known() {
		if slices.Contains(keys, key) {
			all = append(all, table)
		}
	}
	slices.Sort(all)
	return all
}

// nearest is the word at most two edits and half its letters away, or "".
func nearest(word string, words []string) string {
	best, distance := "", 3
	for _, w := range slices.Sorted(slices.Values(words)) {
		if d := edits(strings.ToLower(word), w); d < distance && d <= len(w)/2 {
			best, distance = w, d
		}
	}
	return best
}

// edits is the Levenshtein distance.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			before, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, before+cost)
		}
	}
	return row[len(b)]
}
