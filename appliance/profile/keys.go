package profile

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/BurntSushi/toml"
)

// keysOf lists the keys of a table, in the order of raw; the tables for "".
func keysOf(table string) []string {
	t := reflect.TypeFor[raw]()
	if table != "" {
		for _, name := range strings.Split(table, ".") {
			f, ok := fieldOf(t, name)
			if !ok {
				return nil
			}
			t = f
		}
	}
	var keys []string
	for i := range t.NumField() {
		if name := t.Field(i).Tag.Get("toml"); name != "" {
			keys = append(keys, name)
		}
	}
	return keys
}

// fieldOf is the type behind a key.
func fieldOf(t reflect.Type, key string) (reflect.Type, bool) {
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Tag.Get("toml") != key {
			continue
		}
		if f.Type == reflect.TypeFor[toml.Primitive]() {
			return reflect.TypeFor[rawPair](), true
		}
		return f.Type, true
	}
	return nil, false
}

// knownPath says whether a profile may have this table or key.
func knownPath(path string) bool {
	table, key := "", path
	if i := strings.LastIndex(path, "."); i >= 0 {
		table, key = path[:i], path[i+1:]
	}
	for _, k := range keysOf(table) {
		if k == key {
			return true
		}
	}
	return false
}

// meant is "; did you mean KEY?" for a slip of at most two letters, else "".
func meant(name string, keys []string) string {
	best, at := "", 3
	for _, k := range keys {
		if d := distance(strings.ToLower(name), k); d < at && d < len(k) {
			best, at = k, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %s?", best)
}

// distance is the number of letters to insert, delete, replace or swap with a neighbour (optimal string alignment).
func distance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}
