package profile

import (
	"regexp"
	"strings"
)

const dotted = `((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'))*)`

var (
	headerLine = regexp.MustCompile(`^\s*\[\[?\s*` + dotted + `\s*\]\]?\s*(?:#.*)?$`)
	keyLine    = regexp.MustCompile(`^\s*` + dotted + `\s*=\s*(.*)$`)
	segment    = regexp.MustCompile(`[A-Za-z0-9_-]+|"[^"]*"|'[^']*'`)
)

// pathOf is the dotted name that a line sets or, as a header, opens; nil for any other line.
func pathOf(line string) (path []string, header bool) {
	m := headerLine.FindStringSubmatch(line)
	if header = m != nil; !header {
		m = keyLine.FindStringSubmatch(line)
	}
	if m == nil {
		return nil, false
	}
	for _, s := range segment.FindAllString(m[1], -1) {
		path = append(path, strings.Trim(s, `"'`))
	}
	return path, header
}

// depth is that of the deepest key, leds.light1.red.
const depth = 3

// places gives the first line that sets, opens or reaches into each dotted name.
type places map[string]int

func placesOf(text []byte) places {
	all := places{}
	var table []string
	until := ""
	for i, line := range strings.Split(string(text), "\n") {
		if until != "" { // inside a text of several lines
			if strings.Contains(line, until) {
				until = ""
			}
			continue
		}
		path, header := pathOf(line)
		switch {
		case path == nil:
			continue
		case header:
			table = path
		default:
			path = append(table[:len(table):len(table)], path...)
			until = open(keyLine.FindStringSubmatch(line)[2])
		}
		for n := range min(len(path), depth) {
			key := strings.Join(path[:n+1], ".")
			if all[key] == 0 {
				all[key] = i + 1
			}
		}
	}
	return all
}

// line is that of a key ("trunk.port") or, where it is missing, of what it would stand in; 0 for neither.
func (p places) line(key string) int {
	for {
		if line := p[key]; line > 0 {
			return line
		}
		i := strings.LastIndex(key, ".")
		if i < 0 {
			return 0
		}
		key = key[:i]
	}
}

// open is the mark that ends a text of several lines which value begins, or "".
func open(value string) string {
	for _, mark := range []string{`"""`, `'''`} {
		if rest, ok := strings.CutPrefix(value, mark); ok && !strings.Contains(rest, mark) {
			return mark
		}
	}
	return ""
}
