package verdict

import (
	"slices"
	"strings"
	"testing"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/catalogue/words"
)

// madeUp are what the probes say in these tests only.
var madeUp = []string{"the Via came back with received=192.168.1.20.", "over TLS REGISTER was answered.", "as it arrived at the reflector.",
	"its answer was cut short", "The sign:"}

// spoken fails where something of a finding is English for the readers of another language.
func spoken(t *testing.T, found ...catalogue.Finding) {
	t.Helper()
	for _, l := range words.All() {
		for _, f := range found {
			for _, text := range []string{f.Title, f.Text, f.Advice, f.Hint} {
				for _, part := range l.Read(text) {
					if part.English && !slices.ContainsFunc(madeUp, func(m string) bool { return strings.Contains(part.Words, m) }) {
						t.Errorf("%s: %s: %q of %q stays English", l.Tag, f.Code, part.Words, text)
					}
				}
			}
		}
	}
}
