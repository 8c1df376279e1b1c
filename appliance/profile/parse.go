package profile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

// ReadFile reads a file that the profile names (password_file); a relative name is relative to the profile.
type ReadFile func(name string) ([]byte, error)

// Parse reads and checks a profile; name is what problems call it. The error is Problems: each with the
// line and a plain sentence.
func Parse(r io.Reader, name string, readFile ReadFile) (*Profile, error) {
	b, err := io.ReadAll(io.LimitReader(r, sizeLimit+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	if len(b) > sizeLimit {
		return nil, Problems{{File: name, Text: "the file is larger than 64 KiB, so it is no profile"}}
	}
	text, err := plain(b)
	if err != nil {
		return nil, Problems{{File: name, Text: err.Error()}}
	}
	var in raw
	meta, err := toml.Decode(string(text), &in)
	if err != nil {
		return nil, Problems{syntax(text, name, err)}
	}
	c := &checker{name: name, text: text, meta: meta, readFile: readFile}
	for _, key := range meta.Undecoded() {
		c.unknown(key)
	}
	p := c.profile(in)
	if len(c.problems) > 0 {
		slices.SortStableFunc(c.problems, func(a, b Problem) int { return a.Line - b.Line })
		return nil, c.problems
	}
	return p, nil
}

// syntax words an error of the TOML parser without quoting the line: it may hold the password.
func syntax(text []byte, name string, err error) Problem {
	p := Problem{File: name, Text: "this is not a line of a profile: write key = value, and put text in straight double quotes"}
	var bad toml.ParseError
	if !errors.As(err, &bad) {
		return p
	}
	p.Line = bad.Position.Line
	lines := bytes.Split(text, []byte("\n"))
	if p.Line < 1 || p.Line > len(lines) {
		return p
	}
	line := string(lines[p.Line-1])
	key := ""
	if m := keyLine.FindStringSubmatch(line); m != nil {
		key = m[1]
	}
	switch {
	case strings.ContainsAny(line, "“”„‘’"):
		p.Text = "there are curly quotes in this line: use straight double quotes, as in key = \"value\""
	case strings.Contains(bad.Message, "has already been defined") || strings.Contains(bad.Message, "already defined"):
		p.Text = fmt.Sprintf("%s stands twice: keep one of them", or(key, "this"))
	case strings.Contains(bad.Message, "incompatible types") || strings.Contains(bad.Message, "cannot decode"):
		p.Text = fmt.Sprintf("%s has the wrong kind of value: text goes in double quotes, numbers and true or false go without", or(key, "this"))
	}
	return p
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// known are the tables and their keys, for "did you mean".
func known() map[string][]string {
	return map[string][]string{
		"trunk": {"domain", "proxy", "port", "transport", "auth", "username", "auth_user", "password", "password_file", "realm", "tls_ca",
			"check_ip", "settings_changed"},
		"expect":   {"port", "nat", "rtp"},
		"provider": {"name", "phone", "portal", "networks", "shows_bindings", "stun", "reflector"},
		"pbx":      {"location", "address", "max_bindings"},
		"line":     {"kind", "edge"},
		"network":  {"mode", "address", "gateway", "dns", "vlan", "interface"},
		"internet": {"targets", "resolvers", "portal_check", "ntp", "sip_controls"},
		"page":     {"listen"},
		"kit":      {"name", "reseller", "support_until"},
		"leds":     {"active_low", "light1", "light2", "light3", "light4", "light5", "button"},
	}
}

// unknown reports a key that no profile has, with the nearest one that it has.
func (c *checker) unknown(key toml.Key) {
	if len(key) == 1 {
		tables := make([]string, 0, len(known()))
		for t := range known() {
			tables = append(tables, t)
		}
		c.problem(key.String(), "%q is not known here%s", key[0], nearest(key[0], tables))
		return
	}
	c.problem(key.String(), "unknown key %q in [%s]%s", key[len(key)-1], key[0], nearest(key[1], known()[key[0]]))
}

func nearest(word string, words []string) string {
	best, distance := "", 3
	slices.Sort(words)
	for _, w := range words {
		if d := edits(word, w); d < distance {
			best, distance = w, d
		}
	}
	if best == "" {
		return ": take it out"
	}
	return fmt.Sprintf("; did you mean %s?", best)
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
