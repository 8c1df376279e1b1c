package registrar

import (
	"html"
	"iter"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"trunktester/appliance/catalogue/words"
)

// slips are the values that a person may have entered in the place of want, each with the words for what became
// of it, the likeliest first. The words name the kind of slip and nothing of the value itself.
func slips(want string) iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for _, kind := range []struct {
			words string
			made  func(string) []string
		}{
			{words.Said("slip.space-end"), one(func(s string) string { return s + " " })},
			{words.Said("slip.space-beginning"), one(func(s string) string { return " " + s })},
			{words.Said("slip.spaces"), one(func(s string) string { return " " + s + " " })},
			{words.Said("slip.no-space"), trimmed},
			{words.Said("slip.line-end"), behind("\t", "\n", "\r\n", "\r")},
			{words.Said("slip.caps-lock"), one(swapped)},
			{words.Said("slip.small"), one(strings.ToLower)},
			{words.Said("slip.capital"), one(strings.ToUpper)},
			{words.Said("slip.wrong-case"), recased},
			{words.Said("slip.cut"), cut},
			{words.Said("slip.lacking"), lacking},
			{words.Said("slip.twice"), stuttering},
			{words.Said("slip.crossed"), crossed},
			{words.Said("slip.alike"), lookalikes},
			{words.Said("slip.web-codes"), webCodes},
			{words.Said("slip.curly"), typographic},
			{words.Said("slip.quoted"), quoted},
			{words.Said("slip.entered-twice"), one(func(s string) string { return s + s })},
			{words.Said("slip.charset"), otherCharset},
		} {
			for _, got := range kind.made(want) {
				if got != want && got != "" && !yield(kind.words, got) {
					return
				}
			}
		}
	}
}

func one(f func(string) string) func(string) []string {
	return func(s string) []string { return []string{f(s)} }
}

func trimmed(s string) []string {
	return []string{strings.TrimRightFunc(s, unicode.IsSpace), strings.TrimLeftFunc(s, unicode.IsSpace), strings.TrimSpace(s)}
}

func behind(ends ...string) func(string) []string {
	return func(s string) []string {
		var all []string
		for _, end := range ends {
			all = append(all, s+end)
		}
		return all
	}
}

func swapped(s string) string { return strings.Map(otherCase, s) }

func otherCase(r rune) rune {
	if unicode.IsUpper(r) {
		return unicode.ToLower(r)
	}
	return unicode.ToUpper(r)
}

func recased(s string) []string {
	return edited(s, func(before, after []rune, r rune) string {
		return string(before) + string(otherCase(r)) + string(after)
	})
}

// shortest is the length under which a beginning of the value is no sign of a slip.
const shortest = 4

// cut gives the beginnings of the value, the longest first: fields of PBXs are 8, 15, 16, 20 or 31 long.
func cut(s string) []string {
	r := []rune(s)
	var all []string
	for n := len(r) - 1; n >= shortest; n-- {
		all = append(all, string(r[:n]))
	}
	return all
}

func lacking(s string) []string {
	return edited(s, func(before, after []rune, _ rune) string { return string(before) + string(after) })
}

func stuttering(s string) []string {
	return edited(s, func(before, after []rune, r rune) string {
		return string(before) + string(r) + string(r) + string(after)
	})
}

func crossed(s string) []string {
	return edited(s, func(before, after []rune, r rune) string {
		if len(after) == 0 {
			return s
		}
		return string(before) + string(after[0]) + string(r) + string(after[1:])
	})
}

var alike = []string{"0Oo", "1lI|i", "5S", "8B", "2Z"}

// lookalikes exchanges one character, or all of its kind.
func lookalikes(s string) []string {
	var all []string
	for _, group := range alike {
		for _, from := range group {
			for _, to := range group {
				if from == to || !strings.ContainsRune(s, from) {
					continue
				}
				all = append(all, strings.ReplaceAll(s, string(from), string(to)))
				all = append(all, edited(s, func(before, after []rune, r rune) string {
					if r != from {
						return s
					}
					return string(before) + string(to) + string(after)
				})...)
			}
		}
	}
	return all
}

func webCodes(s string) []string {
	unescaped, err := url.QueryUnescape(s)
	if err != nil {
		unescaped = s
	}
	return []string{html.EscapeString(s), html.UnescapeString(s), strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s),
		url.QueryEscape(s), url.PathEscape(s), strings.ReplaceAll(s, " ", "+"), strings.ReplaceAll(s, "+", " "), unescaped}
}

func typographic(s string) []string {
	return []string{
		strings.NewReplacer("'", "’", `"`, "”", "-", "–").Replace(s),
		strings.NewReplacer("'", "‘", `"`, "“", "-", "—").Replace(s),
		strings.NewReplacer("’", "'", "‘", "'", "”", `"`, "“", `"`, "–", "-", "—", "-").Replace(s),
		strings.ReplaceAll(s, "...", "…"),
	}
}

func quoted(s string) []string {
	return []string{`"` + s + `"`, "'" + s + "'", "<" + s + ">", strings.Trim(s, `"'<>`)}
}

// otherCharset is the value in ISO 8859-1 where the file has UTF-8, and the other way round.
func otherCharset(s string) []string {
	narrow := make([]byte, 0, len(s))
	for _, r := range s {
		if r > 0xff {
			return nil
		}
		narrow = append(narrow, byte(r))
	}
	var wide strings.Builder
	for _, b := range []byte(s) {
		wide.WriteRune(rune(b))
	}
	return []string{string(narrow), wide.String()}
}

// longest is the length beyond which no edits are tried: no trunk's password is that long.
const longest = 128

// edited gives the value with each of its characters edited in turn.
func edited(s string, edit func(before, after []rune, r rune) string) []string {
	if !utf8.ValidString(s) || len(s) > longest {
		return nil
	}
	runes := []rune(s)
	all := make([]string, 0, len(runes))
	for i, r := range runes {
		all = append(all, edit(runes[:i:i], runes[i+1:], r))
	}
	return all
}
