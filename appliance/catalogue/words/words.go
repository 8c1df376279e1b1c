// Package words is every sentence that a client sees, one file for each language. A key goes in, the sentence
// comes out. What is kept and sent (reports, the log) is English; the page says it in the reader's language.
package words

import (
	"embed"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/BurntSushi/toml"
)

//go:embed *.toml
var files embed.FS

// English is the language of reports and of whoever prefers none of the others.
const English = "en"

// Language is what is said in one language. It does not change.
type Language struct {
	Tag     string // as in the lang attribute of a page (BCP 47), "de"; the name of its file
	Name    string // as its speakers call it, "Deutsch"
	said    map[string]string
	english *Language

	// Only in English, to read its texts:
	keys     map[string]string // of the sentences
	patterns []pattern
}

// all reads the embedded files once: they are part of the program, and a test reads every one of them.
var all = sync.OnceValue(func() []*Language {
	entries, err := files.ReadDir(".")
	if err != nil {
		panic(err)
	}
	var read []*Language
	for _, e := range entries {
		text, err := files.ReadFile(e.Name())
		if err != nil {
			panic(err)
		}
		l, err := parse(strings.TrimSuffix(e.Name(), path.Ext(e.Name())), string(text))
		if err != nil {
			panic(err)
		}
		read = append(read, l)
	}
	slices.SortStableFunc(read, func(a, b *Language) int { return first(a) - first(b) })
	read[0].keys = map[string]string{}
	for key, sentence := range read[0].said {
		read[0].keys[sentence] = key
	}
	read[0].patterns = patterns(read[0].said)
	for _, l := range read {
		l.english = read[0]
	}
	return read
})

// first puts English before the others.
func first(l *Language) int {
	if l.Tag == English {
		return 0
	}
	return 1
}

// All are the languages, English first.
func All() []*Language { return slices.Clone(all()) }

// InEnglish is the language of what is kept.
func InEnglish() *Language { return all()[0] }

// Find gives the language with this tag.
func Find(tag string) (*Language, bool) {
	i := slices.IndexFunc(all(), func(l *Language) bool { return strings.EqualFold(l.Tag, tag) })
	if i < 0 {
		return nil, false
	}
	return all()[i], true
}

// Foreign says that the words of reports are not in this language.
func (l *Language) Foreign() bool { return l.Tag != English }

// place is where a sentence is filled in: with what the box found, {name}, or with words of the catalogue, [name].
var place = regexp.MustCompile(`\{[a-z]+\}|\[[a-z]+\]`)

// Say is the sentence with this key. Each pair of args is the name of a place and what stands for it:
// Say("spoken.flashes", "light", 3, "n", 2). A key that is nowhere is said itself; tests keep that from happening.
func (l *Language) Say(key string, args ...any) string {
	sentence, ok := l.said[key]
	if !ok {
		if sentence, ok = l.english.said[key]; !ok {
			return key
		}
	}
	var pairs []string
	for i := 0; i+1 < len(args); i += 2 {
		with := fmt.Sprint(args[i+1])
		pairs = append(pairs, fmt.Sprintf("{%v}", args[i]), with, fmt.Sprintf("[%v]", args[i]), with)
	}
	return strings.NewReplacer(pairs...).Replace(sentence)
}

// Has says whether there is a sentence with this key.
func (l *Language) Has(key string) bool {
	_, ok := l.english.said[key]
	return ok
}

// Keys are those of all its sentences, in their order.
func (l *Language) Keys() []string { return slices.Sorted(maps.Keys(l.said)) }

// parse reads the file of a language: tables of sentences, whose keys are joined with dots.
func parse(tag, text string) (*Language, error) {
	var tables map[string]any
	if _, err := toml.Decode(text, &tables); err != nil {
		return nil, fmt.Errorf("the words of %q: %w", tag, err)
	}
	l := &Language{Tag: tag, said: map[string]string{}}
	if err := l.take("", tables); err != nil {
		return nil, fmt.Errorf("the words of %q: %w", tag, err)
	}
	if l.Name = l.said["language"]; l.Name == "" {
		return nil, fmt.Errorf("the words of %q: write language = \"...\" in the first line", tag)
	}
	return l, nil
}

func (l *Language) take(before string, table map[string]any) error {
	for name, v := range table {
		switch v := v.(type) {
		case string:
			l.said[before+name] = v
		case map[string]any:
			if err := l.take(before+name+".", v); err != nil {
				return err
			}
		default:
			return fmt.Errorf("%s%s is no sentence: write it in quotation marks", before, name)
		}
	}
	return nil
}
