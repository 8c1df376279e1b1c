package words

import (
	"cmp"
	"slices"
	"strings"
)

// This file says a text of a report again in another language. A report is English and is kept for years, so it is the
// text itself that is read: the sentences of the table [said], with whatever was filled in, are recognised by their
// English words. What is none of them stays English, and is marked so.

// saidTable is the table of the sentences that reports and notices are made of.
const saidTable = "said."

// readTables are the tables whose sentences stand in reports: those of [said], and what a finding says besides.
func readTables() []string { return []string{saidTable, "told.", "between.", "apart.", "hint."} }

// Said is a sentence of the table [said] in English, as it is kept: Said("why.late", "time", "5s").
func Said(key string, args ...any) string { return InEnglish().Say(saidTable+key, args...) }

// Part is a piece of a text: in the language that was asked for, or in English where nothing else is known.
type Part struct {
	Words   string
	English bool
}

// piece of a pattern: words, or a place that is filled in.
type piece struct {
	words string // between two places
	name  string // of a place
	ours  bool   // a place for words of the catalogue: [name]
}

type pattern struct {
	key    string
	pieces []piece
	weight int // bytes of its own words
}

// pieces takes a sentence of the catalogue apart.
func pieces(sentence string) []piece {
	var all []piece
	for {
		at := place.FindStringIndex(sentence)
		if at == nil {
			break
		}
		if at[0] > 0 {
			all = append(all, piece{words: sentence[:at[0]]})
		}
		all = append(all, piece{name: sentence[at[0]+1 : at[1]-1], ours: sentence[at[0]] == '['})
		sentence = sentence[at[1]:]
	}
	if sentence != "" {
		all = append(all, piece{words: sentence})
	}
	return all
}

// patterns are the English sentences of [said], those that say most first: "the router {a} answers" before "{a} answers".
func patterns(said map[string]string) []pattern {
	var all []pattern
	for key, sentence := range said {
		if !slices.ContainsFunc(readTables(), func(table string) bool { return strings.HasPrefix(key, table) }) {
			continue
		}
		p := pattern{key: key, pieces: pieces(sentence)}
		for _, piece := range p.pieces {
			p.weight += len(piece.words)
		}
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b pattern) int { return cmp.Or(b.weight-a.weight, strings.Compare(a.key, b.key)) })
	return all
}

// Read says a text of a report in this language.
func (l *Language) Read(english string) []Part {
	if english == "" {
		return nil
	}
	if !l.Foreign() {
		return []Part{{Words: english}}
	}
	return l.read(english)
}

func (l *Language) read(english string) []Part {
	r := reader{to: l, english: l.english, patience: 100_000}
	return merged(r.fill(english, 0))
}

// Of gives an English text of the catalogue in this language; ok is false for any other, or for a part of it.
func (l *Language) Of(english string) (said string, ok bool) {
	parts := l.read(english)
	if len(parts) != 1 || parts[0].English {
		return "", false
	}
	return parts[0].Words, true
}

// deepest is how far words stand within words: an advice within a sentence within a verdict.
const deepest = 4

type reader struct {
	to, english *Language
	patience    int // steps that are left: a text of the network must not keep the page busy
}

// read takes a text apart, sentence by sentence.
func (r *reader) read(text string, depth int) []Part {
	if key, ok := r.english.keys[text]; ok {
		return []Part{{Words: r.to.Say(key)}}
	}
	var all []Part
	for text != "" {
		parts, end := r.sentence(text, depth)
		if end == 0 {
			end = boundary(text)
			parts = []Part{{Words: text[:end], English: true}}
		}
		all = append(all, parts...)
		if text = text[end:]; text != "" {
			all = append(all, Part{Words: " "})
			text = text[1:]
		}
	}
	return all
}

// sentence reads what stands at the beginning of a text; end is 0 where it is nothing that is known.
func (r *reader) sentence(text string, depth int) (parts []Part, end int) {
	var partly []Part
	partlyEnd := 0
	for _, p := range r.english.patterns {
		if p.pieces[0].words != "" && !strings.HasPrefix(text, p.pieces[0].words) {
			continue
		}
		filled := map[string]string{}
		end, ok := r.match(p.pieces, text, 0, filled)
		if !ok {
			continue
		}
		parts, known := r.say(p.key, filled, depth)
		if known {
			return parts, end
		}
		if partlyEnd == 0 {
			partly, partlyEnd = parts, end
		}
	}
	return partly, partlyEnd
}

// match lays pieces over a text from a place on; filled gets what stands in the places.
func (r *reader) match(pieces []piece, text string, at int, filled map[string]string) (end int, ok bool) {
	if r.patience--; r.patience < 0 {
		return 0, false
	}
	if len(pieces) == 0 {
		return at, ends(text, at)
	}
	first, rest := pieces[0], pieces[1:]
	if first.name == "" {
		return r.follow(first.words, rest, text, at, filled)
	}
	if before, again := filled[first.name]; again {
		return r.follow(before, rest, text, at, filled)
	}
	last := at + boundary(text[at:]) // nothing that is filled in goes on beyond a sentence
	if i := strings.Index(text[at:last], between); i >= 0 && !first.ours {
		last = at + i
	}
	to := at
	if first.ours {
		to++
	}
	for ; to <= last; to++ {
		if len(rest) > 0 && rest[0].name == "" {
			skip := strings.Index(text[to:], rest[0].words)
			if skip < 0 || to+skip > last {
				return 0, false
			}
			to += skip
		} else if len(rest) == 0 {
			to = last
		}
		filled[first.name] = text[at:to]
		if end, ok := r.match(rest, text, to, filled); ok {
			return end, true
		}
		delete(filled, first.name)
	}
	return 0, false
}

func (r *reader) follow(words string, rest []piece, text string, at int, filled map[string]string) (int, bool) {
	if !strings.HasPrefix(text[at:], words) {
		return 0, false
	}
	return r.match(rest, text, at+len(words), filled)
}

// say fills a sentence of the language; known is false where words stay English.
func (r *reader) say(key string, filled map[string]string, depth int) (parts []Part, known bool) {
	known = true
	for _, p := range pieces(r.to.Say(key)) {
		switch {
		case p.name == "":
			parts = append(parts, Part{Words: p.words})
		case !p.ours:
			parts = append(parts, Part{Words: filled[p.name]})
		case depth == deepest:
			parts, known = append(parts, Part{filled[p.name], true}), false
		default:
			inner := r.fill(filled[p.name], depth+1)
			parts, known = append(parts, inner...), known && !english(inner)
		}
	}
	return parts, known
}

// fill says what stands in a place for words of the catalogue: one thing, or a list of them. An address or a number in
// such a place is in every language.
func (r *reader) fill(text string, depth int) (parts []Part) {
	whole := r.read(text, depth)
	items := strings.Split(text, between)
	switch {
	case !english(whole):
		return whole
	case !strings.Contains(text, " "):
		return []Part{{Words: text}}
	case len(items) == 1:
		return whole
	}
	for i, item := range items {
		if i > 0 {
			parts = append(parts, Part{Words: between})
		}
		parts = append(parts, r.read(item, depth)...)
	}
	return parts
}

// english says whether something stays English.
func english(parts []Part) bool {
	return slices.ContainsFunc(parts, func(p Part) bool { return p.English })
}

// between stands between words of the catalogue that are told as a list.
const between = "; "

// boundary is where the first sentence of a text ends.
func boundary(text string) int {
	for i := 1; i < len(text); i++ {
		if text[i] == ' ' && (text[i-1] == '.' || text[i-1] == '?') {
			return i
		}
	}
	return len(text)
}

// ends says whether a sentence may end there.
func ends(text string, at int) bool {
	return at == len(text) || at > 0 && text[at] == ' ' && (text[at-1] == '.' || text[at-1] == '?')
}

// merged joins neighbours of the same language.
func merged(parts []Part) []Part {
	var all []Part
	for _, p := range parts {
		if n := len(all) - 1; n >= 0 && (all[n].English == p.English || strings.TrimSpace(p.Words) == "") {
			all[n].Words += p.Words
			continue
		}
		all = append(all, p)
	}
	return all
}
