package report

import (
	"regexp"
	"strings"
	"unicode"
)

// escapes are the terminal sequences of ECMA-48: OSC and the like up to their end, CSI, and two-byte
// ones; in their 7-bit and their 8-bit form.
var escapes = regexp.MustCompile(
	"(?s)(?:\x1b[\\]PX^_]|[\u009d\u0090\u0098\u009e\u009f]).*?(?:\x07|\x1b\\\\|\u009c|$)" +
		"|(?:\x1b\\[|\u009b)[0-?]*[ -/]*[@-~]?" +
		"|\x1b[ -/]*[0-~]?")

// Clean makes text from the network harmless to look at: no terminal sequences, no control characters
// but tab and newline, nothing invisible and nothing that turns the direction of writing.
func Clean(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\r\n", "\n")
	s = escapes.ReplaceAllString(s, "")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r == '\r':
			return '\n'
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), unicode.Is(unicode.Zl, r), unicode.Is(unicode.Zp, r):
			return -1
		}
		return r
	}, s)
}

// Line is Clean on one line, so that what a device says cannot pass for a line of ours.
func Line(s string) string { return strings.Join(strings.Fields(Clean(s)), " ") }

// ascii writes what is common in our own texts in plain ASCII, and "?" for everything else.
func ascii(s string) string {
	s = punctuation.Replace(s)
	return strings.Map(func(r rune) rune {
		if r > unicode.MaxASCII {
			return '?'
		}
		return r
	}, s)
}

var punctuation = strings.NewReplacer("–", "-", "—", "-", "‘", "'", "’", "'", "“", `"`, "”", `"`, "…", "...",
	"→", "->", "×", "x", "·", "*", "≥", ">=", "≤", "<=", "µ", "u", "§", "section ", "£", "GBP ", "\u00a0", " ",
	"ä", "ae", "ö", "oe", "ü", "ue", "Ä", "Ae", "Ö", "Oe", "Ü", "Ue", "ß", "ss", "„", `"`)
