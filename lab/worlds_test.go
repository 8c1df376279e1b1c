package lab

import (
	"regexp"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"

	"trunktester/appliance/catalogue"
)

// decided are the codes that are told apart by now: each needs a world in which it is really the case,
// named by its slug.
var decided = map[string]string{
	"1-1": "no-link", "1-2": "no-address", "1-3": "router-silent", "1-4": "address-incomplete", "1-5": "two-dhcp", "1-6": "duplicate-ip",
	"1-7": "poor-link", "1-8": "wrong-network", "1-9": "lan-loss",
	"2-1": "no-internet", "2-2": "dns-dead", "2-3": "provider-name-unknown", "2-6": "provider-unreachable", "2-7": "line-quality",
	"2-4": "dns-altered", "2-5": "captive-portal", "2-8": "mtu-blackhole", "2-9": "edge-unseen",
	"3-1": "sip-blocked", "3-2": "sip-alg", "3-3": "udp-blocked", "3-4": "stream-blocked", "3-5": "fragments-lost", "3-6": "nat-short", "3-7": "double-nat",
	"3-8": "rtp-blocked", "3-9": "sip-intercepted",
	"4-1": "wrong-realm", "4-2": "wrong-login", "4-3": "unknown-account", "4-4": "refused", "4-5": "reset-password", "4-6": "wrong-public-ip",
	"4-7": "provider-busy", "4-8": "tls-certificate", "4-9": "address-ignored",
	"5-1": "pbx-not-registered", "5-2": "wrong-port", "5-3": "nat-mismatch", "5-4": "registered-elsewhere", "5-5": "list-not-shown",
}

func TestEveryDecidedCodeHasItsWorld(t *testing.T) {
	for code, slug := range decided {
		world, ok := Find(slug)
		if !ok || world.Code != code || world.Severity == catalogue.Green {
			t.Errorf("%s %s: found %q wanting %s %s", code, slug, world.Name, world.Code, world.Severity)
		}
		if byCode, _ := Find(code); byCode.Code != code {
			t.Errorf("%s finds %s", code, byCode.Name)
		}
	}
	if _, ok := Find("nonsense"); ok {
		t.Error("found nonsense")
	}
}

func TestWorldsAreWellFormed(t *testing.T) {
	names := map[string]bool{}
	for _, w := range Worlds() {
		if names[w.Name] || w.Name == "" || w.About == "" {
			t.Errorf("world %q: name not unique, or without a description", w.Name)
		}
		names[w.Name] = true
		if !regexp.MustCompile(`^([gar-]{5})?$`).MatchString(w.Lights) {
			t.Errorf("world %s: lights %q", w.Name, w.Lights)
		}
		switch severity := w.Severity; {
		case w.Code == "box" && severity == catalogue.Broken: // it could not tell
		case w.Code == "ok" && severity != catalogue.Green, w.Code != "ok" && severity != catalogue.Red && severity != catalogue.Amber:
			t.Errorf("world %s: %s %s", w.Name, w.Code, severity)
		}
		if w.Code != "ok" && w.Code != "no-trunk" && w.Code != "box" && w.Lights != "" {
			counting := w.Lights[w.Code[0]-'1']
			if string(counting) != string(w.Severity)[:1] {
				t.Errorf("world %s: %s %s, but lights %q", w.Name, w.Code, w.Severity, w.Lights)
			}
		}
		var parsed map[string]any
		if _, err := toml.Decode(w.File, &parsed); err != nil {
			t.Errorf("world %s: %v", w.Name, err)
		}
	}
}

func TestFile(t *testing.T) {
	text := file(`trunk.realm = "asterisk"`, "trunk.password", `kit.name = "Other"`, "page.listen = \"off\"")
	for _, want := range []string{"[trunk]\ndomain = \"sip.example.net\"\n", "realm = \"asterisk\"\n", "name = \"Other\"\n", "[page]\nlisten = \"off\"\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if strings.Contains(text, "password") || strings.Contains(text, `"Lab"`) {
		t.Errorf("%s", text)
	}
}

// TestLossIsSeeded: the same seed loses the same packets again, and about as many as it is told.
func TestLossIsSeeded(t *testing.T) {
	fate := func(seed uint64) string {
		var b strings.Builder
		rnd := lineRandom(seed, 0)
		ip := append(make([]byte, 12), 0x08, 0x00, 0x45)
		for range 1000 {
			if (Way{Loss: 0.1}).loses(ip, rnd) {
				b.WriteByte('x')
			} else {
				b.WriteByte('.')
			}
		}
		return b.String()
	}
	if fate(1) != fate(1) || fate(1) == fate(2) {
		t.Error("losses do not follow the seed")
	}
	if n := strings.Count(fate(1), "x"); n < 60 || n > 140 {
		t.Errorf("%d of 1000 lost at 10 %%", n)
	}
	arp := append(make([]byte, 12), 0x08, 0x06, 0x00)
	if (Way{Loss: 1}).loses(arp, lineRandom(1, 0)) {
		t.Error("ARP was lost")
	}
}
