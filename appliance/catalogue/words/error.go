package words

import "strings"

// Error is a sentence of the table [said] as an error, by its key: why something is not done. Its text is the English
// one, without capital letter and full stop, as others wrap it and the log has it.
type Error string

func (e Error) Error() string {
	s := strings.TrimSuffix(e.Sentence(), ".")
	return strings.ToLower(s[:1]) + s[1:]
}

// Sentence is the English sentence.
func (e Error) Sentence() string { return Said(string(e)) }

// In is the sentence in a language.
func (e Error) In(l *Language) string { return l.Say(saidTable + string(e)) }
