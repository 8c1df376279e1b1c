package words

import (
	"fmt"
	"strings"
	"testing"
	"unicode"
)

// sample fills a sentence: with things that the box found, and with words of the catalogue in the same language.
func sample(l *Language, key string) string {
	var args []any
	for i, p := range pieces(InEnglish().said[key]) {
		switch {
		case p.ours:
			args = append(args, p.name, l.Say("step.login"))
		case p.name != "":
			args = append(args, p.name, fmt.Sprintf("192.0.2.%d:5060", i))
		}
	}
	return l.Say(key, args...)
}

// What is said in English is recognised, and never as something else: it is said in every language as if it had been
// said there at once.
func TestEverySentenceIsReadAgain(t *testing.T) {
	for _, l := range All() {
		for _, p := range InEnglish().patterns {
			english := sample(InEnglish(), p.key)
			if got, ok := l.Of(english); !ok || got != sample(l, p.key) {
				t.Errorf("%s: %s: %q is read as %q, want %q", l.Tag, p.key, english, got, sample(l, p.key))
			}
		}
	}
}

// A sentence must have words of its own, or any text of the network would be taken for it; and two places side by side
// cannot be told apart.
func TestSentencesCanBeToldApart(t *testing.T) {
	for _, p := range InEnglish().patterns {
		letters, before := 0, piece{words: "-"}
		for _, now := range p.pieces {
			if before.name != "" && now.name != "" {
				t.Errorf("%s: put a word between {%s} and {%s}", p.key, before.name, now.name)
			}
			for _, r := range now.words {
				if unicode.IsLetter(r) {
					letters++
				}
			}
			before = now
		}
		if letters < 4 {
			t.Errorf("%s: %q has too few words of its own", p.key, InEnglish().said[p.key])
		}
	}
}

func german(t *testing.T) *Language {
	t.Helper()
	l, ok := Find("de")
	if !ok {
		t.Fatal("no German")
	}
	return l
}

func TestRead(t *testing.T) {
	l := german(t)
	known, knownInGerman := InEnglish().Say("advice.edge"), l.Say("advice.edge")
	blocked := Said("why.blocked", "step", "Login")
	blockedInGerman := l.Say("said.why.blocked", "step", l.Say("step.login"))
	for _, c := range []struct {
		name, english string
		want          []Part
	}{
		{"nothing", "", nil},
		{"a sentence that nobody knows", "It rains. It pours.", []Part{{"It rains. It pours.", true}}},
		{"one of the catalogue", known, []Part{{knownInGerman, false}}},
		{"one that is filled in", blocked, []Part{{blockedInGerman, false}}},
		{"several", blocked + " " + blocked, []Part{{blockedInGerman + " " + blockedInGerman, false}}},
		{"one that is known, one that is not", blocked + " It rains.", []Part{{blockedInGerman + " ", false}, {"It rains.", true}}},
		{"the other way round", "It rains. " + blocked, []Part{{"It rains. ", true}, {blockedInGerman, false}}},
		{"another sentence inside of a name", Said("why.blocked", "step", "It. Rains"), []Part{{Said("why.blocked", "step", "It. Rains"), true}}},
	} {
		got := l.Read(c.english)
		if fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("%s: got %+v, want %+v", c.name, got, c.want)
		}
		if same := InEnglish().Read(c.english); c.english != "" && (len(same) != 1 || same[0] != (Part{Words: c.english})) {
			t.Errorf("%s: in English it is %+v", c.name, same)
		}
	}
}

// Whatever the network puts into a sentence: reading ends, and loses nothing of what is not known.
func FuzzRead(f *testing.F) {
	f.Add("Not possible, since \"a\" did not succeed. \"a\" did not succeed. x")
	f.Add(strings.Repeat("Not possible, since \"", 30))
	l, _ := Find("de")
	f.Fuzz(func(t *testing.T, english string) {
		for _, p := range l.Read(english) {
			if p.English && !strings.Contains(english, strings.TrimSpace(p.Words)) {
				t.Errorf("%q came from nowhere", p.Words)
			}
		}
	})
}
