package probes

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
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

// What a PBX sent, with a near miss in each setting: the step's sentence, and every line about a device.
func TestAPBXCheckIsSpoken(t *testing.T) {
	slipped := facts.Match{Is: facts.Slipped, Slip: words.Said("slip.space-end")}
	near := facts.PBXDevice{From: netip.MustParseAddrPort("192.168.1.30:5060"), Transport: "udp", UserAgent: "Sample 1.2", Registers: 2, Repeats: 1,
		User: "1001 ", Domain: "sip.example.net ", AuthUser: "1001 ", Realm: "example.net ", Contact: "<sip:1001@192.168.1.30:5060>", Via: "192.168.1.30:5060",
		RPort: true, Expires: "3600", UserIs: slipped, DomainIs: slipped, AuthUserIs: slipped, RealmIs: slipped, PasswordIs: slipped}
	other, right, bare := near, near, facts.PBXDevice{From: near.From, Transport: "tcp"}
	different := facts.Match{Is: facts.Other}
	other.UserAgent, other.Transport, other.Left, other.RPort, other.Others, other.Repeats = "", "tls", true, false, []string{"OPTIONS", "SUBSCRIBE"}, 3
	other.UserIs, other.DomainIs, other.AuthUserIs, other.RealmIs, other.PasswordIs = different, different, different, different, different
	same := facts.Match{Is: facts.Same}
	right.UserIs, right.DomainIs, right.AuthUserIs, right.RealmIs, right.PasswordIs, right.Accepted = same, same, same, same, same, true
	unproved := near
	unproved.PasswordIs = facts.Match{Is: facts.Unproved, Slip: words.Said("slip.algorithm")}
	empty := near
	empty.User, empty.UserIs.Slip = "", words.Said("slip.empty")
	for _, d := range []facts.PBXDevice{near, other, right, unproved, empty, bare, {From: near.From, Transport: "udp", Registers: 1}} {
		r := PBXCheck{}.Look(t.Context(), facts.Facts{PBXCheck: &facts.PBXCheck{Devices: []facts.PBXDevice{d}, TLSRefused: 1, Unread: 2, Strangers: 3}})
		spoken(t, r.Saw)
		for _, e := range r.Evidence {
			spoken(t, e.Text)
		}
	}
	l, _ := words.Find("de")
	want := "Das Gerät Sample 1.2 mit der Adresse 192.168.1.30 sendete über UDP: Benutzername \"1001 \" (er hat ein Leerzeichen am Ende); "
	if got, _ := l.Of(PBXDeviceText(near)); !strings.HasPrefix(got, want) {
		t.Errorf("got %q, want it to begin with %q", got, want)
	}
	for _, why := range []string{PBXListen{}.listen(t.Context(), facts.Facts{}).Error,
		PBXListen{}.listen(t.Context(), facts.Facts{Address: &facts.Address{Prefix: netip.MustParsePrefix("203.0.113.2/24")}}).Error, words.Said("pbx.cut")} {
		spoken(t, PBXCheck{}.Look(t.Context(), facts.Facts{PBXCheck: &facts.PBXCheck{Error: why}}).Saw)
	}
}

// What is said within other words is read again as well.
func TestReasonsAreSpoken(t *testing.T) {
	back, lost := words.Said("saw.voice-back", "ports", "10000, 10002"), words.Said("saw.voice-lost", "ports", "20000")
	for _, saw := range []string{
		words.Said("saw.rtp-outside", "server", "192.0.2.1", "what", back+" "+lost),
		words.Said("saw.rtp-untested", "why", words.Said("saw.reflector-unnamed")),
		words.Said("saw.marks-untested", "why", words.Said("saw.no-box-address")),
		words.Said("saw.own-not", "why", words.Said("saw.digest-realm", "realm", `"a b"`, "file", `"c"`)),
		words.Said("saw.login-withheld", "why", words.Said("saw.peer-outside", "server", "192.0.2.1")),
		words.Said("saw.login-not-tried", "why", words.Said("saw.login-stopped", "answer", "403 Forbidden")),
		words.Said("saw.own-refused", "answer", "423 Interval Too Brief") + " " + words.Said("saw.own-least", "least", 3600, "most", longestOwnExpires),
		words.Said("saw.name-leads", "name", "a.example", "server", "[::1]:5060", "transport", "UDP", "how", words.Said("saw.name-by-srv")) + " " + words.Said("saw.name-by-six"),
		words.Said("saw.name-only-six", "name", "a.example", "address", "2001:db8::5", "why", words.Said("saw.name-ipv6-off")),
		words.Said("saw.ipv6-unlooked", "why", words.Said("saw.ipv6-deaf")),
		words.Said("saw.fragments-lost", "small", wholeLength, "large", fragmentedLength) + " " + words.Said("saw.fragments-down", "bytes", fragmentedLength),
		bindingText(facts.Binding{URI: "sip:1001@192.168.1.30:5060", Received: netip.MustParseAddrPort("203.0.113.2:5060"), Expires: facts.Duration(10 * time.Minute), UserAgent: "Sample 1.2"}),
		words.Said("saw.quality", "host", "192.0.2.1", "n", 0, "all", 100, "time", "20ms", "jitter", "1.5ms") + " " + pingWords(nil),
	} {
		spoken(t, saw)
	}
}
