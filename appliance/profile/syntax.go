package profile

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

// syntax words an error of the TOML parser. It quotes neither the line nor the parser, since either may
// hold the password; the only names in it are those of known keys and tables.
func syntax(text []byte, name string, err error) Problem {
	p := Problem{File: name, Line: 1, Text: "this is not a line of a profile: write key = value, and put text in straight double quotes"}
	var bad toml.ParseError
	if !errors.As(err, &bad) {
		return p
	}
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	p.Line = min(max(bad.Position.Line, 1), len(lines))
	if above := p.Line - 1; above > 0 && unclosed.MatchString(lines[above-1]) {
		p.Line = above // the parser looks for the bracket as far as the next line
	}
	line := lines[p.Line-1]
	switch {
	case unclosed.MatchString(line):
		p.Text = "a bracket is missing in this line: write the name of a table as in [trunk]"
	case strings.ContainsAny(line, "“”„‟‘’‚‛«»"):
		p.Text = "there are curly quotes in this line: use straight double quotes, as in key = \"value\""
	case strings.ContainsAny(line, "\u00a0\u200b\u2060\ufeff"):
		p.Text = "there is an invisible character in this line, as web pages and mails have them: type the line again by hand"
	case strings.Contains(bad.Message, "already"):
		p.Text = twice(line)
	case strings.Contains(bad.Message, "escape") || strings.Contains(bad.Message, "hexadecimal digits after"):
		p.Text = "a backslash has a meaning of its own in double quotes: put this text in single quotes, as in key = 'value'"
	case strings.Contains(bad.Message, "array terminator"),
		bad.Message == "unexpected EOF; expected value" && !strings.HasSuffix(strings.TrimSpace(line), "="):
		p.Text = "a list is not in order, here or above: it begins with [ and ends with ], with commas between"
	case strings.Contains(bad.Message, `"""`), strings.Contains(bad.Message, "'''"):
		p.Text = "a text of several lines is not closed: end it with the same three quotes that it begins with"
	case strings.Contains(bad.Message, "cannot contain newlines") || strings.Contains(bad.Message, `expected '"`):
		p.Text = "a quote is missing in this line: text begins and ends with a double quote, as in key = \"value\""
	}
	return p
}

var unclosed = regexp.MustCompile(`^\s*\[+[^\[\]=]*$`)

func twice(line string) string {
	path, header := pathOf(line)
	last := ""
	if len(path) > 0 {
		last = path[len(path)-1]
	}
	switch {
	case header && known()[last] != nil:
		return fmt.Sprintf("[%s] stands twice: keep one of them, with all its keys below it", last)
	case !header && slices.Contains(allKeys(), last):
		return fmt.Sprintf("%s stands twice: keep one of them", last)
	}
	return "this stands twice: keep one of them"
}
