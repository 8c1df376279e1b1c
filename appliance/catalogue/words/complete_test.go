package words

import (
	"slices"
	"strings"
	"testing"
	"unicode"
)

// Every language says what English says: no sentence missing, left over, empty, with other things filled in, or
// left in English by mistake.
func TestEveryLanguageIsComplete(t *testing.T) {
	english := InEnglish()
	for _, l := range All() {
		for _, key := range english.Keys() {
			ours, theirs := english.said[key], l.said[key]
			if strings.TrimSpace(theirs) == "" || theirs != strings.TrimSpace(theirs) {
				t.Errorf("%s.toml: write %s: %q", l.Tag, key, ours)
				continue
			}
			if a, b := filled(ours), filled(theirs); !slices.Equal(a, b) {
				t.Errorf("%s.toml: %s has %v, English has %v", l.Tag, key, b, a)
			}
			if l != english && ours == theirs && strings.ContainsFunc(ours, unicode.IsLetter) {
				t.Errorf("%s.toml: %s is still English: %q", l.Tag, key, ours)
			}
			if a, b := strings.Count(ours, "*"), strings.Count(theirs, "*"); a != b {
				t.Errorf("%s.toml: %s has %d asterisks, English has %d", l.Tag, key, b, a)
			}
			if last := ours[len(ours)-1]; (last == '.' || last == '?') && !strings.HasSuffix(theirs, string(last)) {
				t.Errorf("%s.toml: %s does not end in %q: %q", l.Tag, key, last, theirs)
			}
		}
		for _, key := range l.Keys() {
			if _, ok := english.said[key]; !ok {
				t.Errorf("%s.toml: %s is left over: take it out", l.Tag, key)
			}
		}
	}
}

func filled(sentence string) []string {
	all := place.FindAllString(sentence, -1)
	slices.Sort(all)
	return all
}

// What is one sentence in English is one in every language: a report's sentence is found by its English words.
func TestTheSameIsSaidTheSame(t *testing.T) {
	english := InEnglish()
	for _, l := range All() {
		for _, key := range english.Keys() {
			if said, _ := l.Of(english.said[key]); said != l.said[key] {
				t.Errorf("%s.toml: %s is %q, and elsewhere %q for the same English", l.Tag, key, l.said[key], said)
			}
		}
	}
}

// hardest are the bounds of LIX, the words of a sentence plus the share of words of more than six letters (Björnsson
// 1968): under 40 is what newspapers for everybody write. German joins words, and counts a few more.
var hardest = map[string]float64{"en": 35, "de": 40}

// Somebody of twelve can read what a code is and what to do.
func TestItIsPlain(t *testing.T) {
	for _, l := range All() {
		most, ok := hardest[l.Tag]
		if !ok {
			t.Errorf("%s.toml: set the bound of its reading age", l.Tag)
		}
		sentences, count, long := 0, 0, 0
		for _, key := range l.Keys() {
			if !strings.HasSuffix(key, ".what") && !strings.HasSuffix(key, ".advice") && !strings.HasSuffix(key, ".help") && !strings.HasSuffix(key, ".text") {
				continue
			}
			for s := range strings.FieldsFuncSeq(l.said[key], func(r rune) bool { return strings.ContainsRune(".:;?", r) }) {
				all := strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && r != '\'' })
				if len(all) > 36 {
					t.Errorf("%s.toml: %s has a sentence of %d words: %q", l.Tag, key, len(all), s)
				}
				for _, w := range all {
					if len([]rune(w)) > 6 {
						long++
					}
				}
				sentences, count = sentences+1, count+len(all)
			}
		}
		lix := float64(count)/float64(sentences) + 100*float64(long)/float64(count)
		t.Logf("%s: LIX %.1f", l.Name, lix)
		if lix > most {
			t.Errorf("%s.toml: LIX %.1f, at most %.0f: shorter sentences, shorter words", l.Tag, lix, most)
		}
	}
}
