package probes

import (
	"testing"

	"trunktester/appliance/catalogue/words"
)

// spoken fails where something that a probe saw is English for the readers of another language.
func spoken(t *testing.T, saw string) {
	t.Helper()
	for _, l := range words.All() {
		for _, part := range l.Read(saw) {
			if part.English && l.Foreign() {
				t.Errorf("%s: %q of %q stays English", l.Tag, part.Words, saw)
			}
		}
	}
}

// What is said within other words is read again as well.
func TestReasonsAreSpoken(t *testing.T) {
	back, lost := words.Said("saw.voice-back", "ports", "10000, 10002"), words.Said("saw.voice-lost", "ports", "20000")
	for _, saw := range []string{
		words.Said("saw.rtp-outside", "server", "192.0.2.1", "what", back+" "+lost),
		words.Said("saw.rtp-untested", "why", words.Said("saw.reflector-unnamed")),
		words.Said("saw.marks-untested", "why", words.Said("saw.reflector-no-address")),
		words.Said("saw.own-not", "why", words.Said("saw.digest-realm", "realm", `"a b"`, "file", `"c"`)),
		words.Said("saw.login-withheld", "why", words.Said("saw.peer-outside", "server", "192.0.2.1")),
		words.Said("saw.login-not-tried", "why", words.Said("saw.login-stopped", "answer", "403 Forbidden")),
		words.Said("saw.own-refused", "answer", "423 Interval Too Brief") + " " + words.Said("saw.own-least", "least", 3600, "most", longestOwnExpires),
		words.Said("saw.name-leads", "name", "a.example", "server", "[::1]:5060", "transport", "UDP", "how", words.Said("saw.name-by-srv")) + " " + words.Said("saw.name-by-six"),
		words.Said("saw.name-only-six", "name", "a.example", "address", "2001:db8::5", "why", words.Said("saw.name-ipv6-off")),
		words.Said("saw.ipv6-unlooked", "why", words.Said("saw.ipv6-deaf")),
		words.Said("saw.fragments-lost", "small", wholeLength, "large", fragmentedLength) + " " + words.Said("saw.fragments-down", "bytes", fragmentedLength),
		words.Said("saw.quality", "host", "192.0.2.1", "n", 0, "all", 100, "time", "20ms", "jitter", "1.5ms") + " " + pingWords(nil),
	} {
		spoken(t, saw)
	}
}
