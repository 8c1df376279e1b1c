package profile

import (
	"errors"
	"strings"

	"github.com/BurntSushi/toml"
)

// syntaxProblem says in plain words why the text is not TOML. It quotes neither the line nor the library,
// since either may hold the password.
func syntaxProblem(file, text string, err error) Problem {
	var pe toml.ParseError
	if !errors.As(err, &pe) {
		return Problem{File: file, Text: "the file cannot be read as TOML; start again from the example"}
	}
	number := pe.Position.Line
	all := strings.Split(text, "\n")
	line := ""
	if number >= 1 && number <= len(all) {
		line = all[number-1]
	}
	return Problem{File: file, Line: number, Text: syntaxFault(line, pe.Message)}
}

// syntaxFault is the sentence for a line that the library refused.
func syntaxFault(line, message string) string {
	says := func(parts ...string) bool {
		for _, part := range parts {
			if strings.Contains(message, part) {
				return true
			}
		}
		return false
	}
	switch {
	case strings.ContainsAny(line, "“”„‟‘’‚‛«»"):
		return `curly quotes; replace them with straight ones: "`
	case strings.ContainsAny(line, "\u00a0\u2007\u202f\u200b\u2060"):
		return "an invisible special space; delete the spaces of this line and type them again"
	case says("already"):
		return "this key or table is written a second time; keep one of them"
	case says("escape", "hexadecimal digits"):
		return `a backslash (\) has a meaning of its own between double quotes; write it twice, or put the text between single quotes`
	case says("control characters"):
		return "an invisible control character; type this line again"
	case says("strings cannot contain newlines", `expected '"'`, `expected "'"`, `'"""'`, `"'''"`):
		return `a text that does not end; put a straight double quote at its end: "`
	case says("expected value", "Invalid", "invalid", "expected a digit", "floats must", "cannot use sign", "not a ", "out of range"):
		return `the value is not written right; text stands between double quotes, as in key = "value"`
	case says("table", "']'"):
		return "a table's name stands alone on its line between square brackets, as in [trunk]"
	case says("array terminator"):
		return `a list that does not end; write it as ["one", "two"]`
	default:
		return `this line is not written right; a line is key = "value", a comment begins with #`
	}
}
