package catalogue

import (
	"testing"

	"trunktester/appliance/catalogue/words"
)

// Every code says what it is and what to do, in every language.
func TestEveryCodeHasItsWords(t *testing.T) {
	for _, l := range words.All() {
		for _, c := range All() {
			in := c.In(l)
			for key, said := range map[string]string{"title": in.Title, "what": in.What, "advice": in.Advice} {
				if said == c.Code+"."+key || said == "" {
					t.Errorf("%s: write %s of [%s]", l.Name, key, c.Code)
				}
			}
		}
	}
}
