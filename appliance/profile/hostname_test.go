package profile

import (
	"strings"
	"testing"
)

func TestAKitsNameOnTheNetwork(t *testing.T) {
	for name, want := range map[string]string{
		"":                        "trunktester",
		"ÄÖÜ":                     "trunktester",
		"Kit 0042":                "trunktester-kit-0042",
		" <é/ A.b  c> ":           "trunktester-a-b-c",
		strings.Repeat("a", 99):   "trunktester-" + strings.Repeat("a", 51),
		strings.Repeat("a ", 99):  "trunktester-" + strings.Repeat("a-", 25) + "a",
		strings.Repeat("ab ", 99): "trunktester-" + strings.Repeat("ab-", 17)[:50],
	} {
		if got := (Kit{Name: name}).HostName(); got != want || len(got) > 63 {
			t.Errorf("%q: %q (%d characters), want %q", name, got, len(got), want)
		}
	}
}
