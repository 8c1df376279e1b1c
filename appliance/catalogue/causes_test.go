package catalogue

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"unicode"

	"trunktester/appliance/catalogue/words"
)

// table is faults.md, written down a second time by hand: code, slug, kinds, guide, acts.
const table = `
1-1 no-link               S     1.1          client
1-2 no-address            S     1.1          client,it
1-3 router-silent         S     1.1,1.2      client
1-4 address-incomplete    S     1.2          it
1-5 two-dhcp              H     1.3          it
1-6 duplicate-ip          S/H   1.3          it
1-7 poor-link             H     1.1          client,it
1-8 wrong-network         S/T   1.3,1.4      it
1-9 lan-loss              H     1.3          it
2-1 no-internet           S     1.1,1.2,1.5  client,it,isp
2-2 dns-dead              S     1.2          it
2-3 provider-name-unknown S     2.1          reseller
2-4 dns-altered           S/H   1.2          it,isp
2-5 captive-portal        S     1.2          client
2-6 provider-unreachable  S     1.2,1.8      it,provider
2-7 line-quality          H     1.5          isp
2-8 mtu-blackhole         H     1.5,1.8      it,isp
2-9 edge-unseen           S     1.6          isp
3-1 sip-blocked           S     1.8          it,isp
3-2 sip-alg               S/H   1.7          it,isp
3-3 udp-blocked           S     1.8          it
3-4 stream-blocked        S/T   1.8          it
3-5 fragments-lost        H     1.8          it,isp,provider,pbx
3-6 nat-short             H     3.1,1.8      it
3-7 double-nat            S/H/T 1.3,2.2      it,isp
3-8 rtp-blocked           H     1.8          it
3-9 sip-intercepted       S/H   1.7          it
4-1 wrong-realm           S     2.1          reseller
4-2 wrong-login           S     2.1          reseller
4-3 unknown-account       S     2.1          reseller
4-4 refused               S     2.2,3.2      reseller,provider
4-5 reset-password        S     3.2          reseller
4-6 wrong-public-ip       S     2.2          reseller,isp
4-7 provider-busy         S     -            provider
4-8 tls-certificate       S/T   1.8          provider,pbx,reseller
4-9 address-ignored       S     2.1,2.2      provider,pbx
5-1 pbx-not-registered    S     3.1,2.1      pbx
5-2 wrong-port            H     3.1          it,pbx
5-3 nat-mismatch          H     3.1          pbx,it
5-4 registered-elsewhere  H     3.1          pbx,reseller
5-5 list-not-shown        H     3.1          reseller
5-6 pbx-wrong-identity    S     2.1          pbx
5-7 pbx-path              S     1.3,1.4,1.8  pbx,it
5-8 pbx-wrong-password    S     2.1          pbx
5-9 pbx-silent            S     1.4,2.1      pbx,it
ok  ok                    T     -            nobody
box box                   T     -            reseller
no-trunk no-trunk         T     -            reseller
`

func TestCatalogueIsTheTable(t *testing.T) {
	kinds := map[Kind]string{Stops: "S", Hurts: "H", Tells: "T"}
	var got, want []string
	for _, c := range All() {
		var k, a []string
		for _, kind := range c.Kinds {
			k = append(k, kinds[kind])
		}
		for _, actor := range c.Acts {
			a = append(a, string(actor))
		}
		guide := strings.Join(c.Guide, ",")
		if guide == "" {
			guide = "-"
		}
		got = append(got, strings.Join([]string{c.Code, c.Slug, strings.Join(k, "/"), guide, strings.Join(a, ",")}, " "))
	}
	for row := range strings.Lines(strings.TrimSpace(table)) {
		want = append(want, strings.Join(strings.Fields(row), " "))
	}
	for i := range max(len(got), len(want)) {
		switch {
		case i >= len(got):
			t.Errorf("missing: %s", want[i])
		case i >= len(want):
			t.Errorf("not in the table: %s", got[i])
		case got[i] != want[i]:
			t.Errorf("entry %d is %q, want %q", i, got[i], want[i])
		}
	}
}

func TestCodesAreWhatTheLightsSay(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range All() {
		if seen[c.Slug] {
			t.Errorf("%s: slug %q twice", c.Code, c.Slug)
		}
		seen[c.Slug] = true
		if c.Light == 0 {
			if c.Flashes != 0 || c.Code != c.Slug {
				t.Errorf("%s: light 0 with %d flashes, slug %q", c.Code, c.Flashes, c.Slug)
			}
			continue
		}
		if code := string(rune('0'+c.Light)) + "-" + string(rune('0'+c.Flashes)); code != c.Code {
			t.Errorf("%s: light %d and %d flashes are %s", c.Code, c.Light, c.Flashes, code)
		}
		if c.Flashes < 1 || c.Flashes > 9 {
			t.Errorf("%s: %d flashes cannot be counted", c.Code, c.Flashes)
		}
	}
}

func TestActorsAndGuideItemsExist(t *testing.T) {
	actors := []Actor{Client, IT, ISP, PBX, Reseller, Provider, Nobody}
	guide := strings.Fields("1.1 1.2 1.3 1.4 1.5 1.6 1.7 1.8 2.1 2.2 3.1 3.2")
	answered := map[string]bool{}
	for _, c := range All() {
		for _, a := range c.Acts {
			if !slices.Contains(actors, a) {
				t.Errorf("%s: nobody is called %q", c.Code, a)
			}
			if a.Who(words.InEnglish()) == "who."+string(a) {
				t.Errorf("%s: actor %q has no words", c.Code, a)
			}
		}
		for _, g := range c.Guide {
			if !slices.Contains(guide, g) {
				t.Errorf("%s: the guide has no item %q", c.Code, g)
			}
			answered[g] = true
		}
		for i, k := range c.Kinds {
			if k.Effect() == string(k) {
				t.Errorf("%s: kind %q has no words", c.Code, k)
			}
			if slices.Contains(c.Kinds[:i], k) {
				t.Errorf("%s: kind %q twice", c.Code, k)
			}
		}
		if len(c.Kinds) == 0 || len(c.Acts) == 0 {
			t.Errorf("%s: kinds %q, acts %q", c.Code, c.Kinds, c.Acts)
		}
	}
	for _, g := range guide {
		if !answered[g] {
			t.Errorf("no cause answers item %s of the guide", g)
		}
	}
}

func TestTextsAreSentences(t *testing.T) {
	titles := map[string]string{}
	for _, c := range All() {
		for name, s := range map[string]string{
			"what": c.What, "advice": c.Advice, "evidence": c.Evidence, "guard": c.Guard,
		} {
			if len(strings.Fields(s)) < 4 {
				t.Errorf("%s: %s is %q", c.Code, name, s)
				continue
			}
			if s != strings.TrimSpace(s) || !strings.HasSuffix(s, ".") || strings.Contains(s, "  ") {
				t.Errorf("%s: %s does not end as a sentence: %q", c.Code, name, s)
			}
			if first := []rune(s)[0]; !unicode.IsUpper(first) && !unicode.IsDigit(first) {
				t.Errorf("%s: %s does not begin as a sentence: %q", c.Code, name, s)
			}
		}
		if strings.Contains(strings.TrimSuffix(c.What, "."), ". ") {
			t.Errorf("%s: what is more than one sentence: %q", c.Code, c.What)
		}
		if strings.ContainsFunc(c.What, unicode.IsDigit) {
			t.Errorf("%s: what has a number in it: %q", c.Code, c.What)
		}
		if other := titles[c.Title]; other != "" {
			t.Errorf("%s and %s: both titled %q", c.Code, other, c.Title)
		}
		titles[c.Title] = c.Code
	}
}

// A client reads the title first: it says something even with every term of the field taken away.
func TestTitlesArePlain(t *testing.T) {
	jargon := strings.Fields("SIP ALG NAT DNS DHCP TLS TCP UDP RTP PBX MTU IP ICMP VLAN realm trunk port double")
	small := strings.Fields("the a an is in on of or and to not does no this for from who")
	for _, c := range All() {
		if n := len([]rune(c.Title)); n > 48 || strings.HasSuffix(c.Title, ".") {
			t.Errorf("%s: title %q is %d characters, or a sentence", c.Code, c.Title, n)
		}
		plain := 0
		for word := range strings.FieldsSeq(c.Title) {
			word = strings.Trim(word, "(),.'")
			if !slices.Contains(jargon, word) && !slices.Contains(small, strings.ToLower(word)) {
				plain++
			}
		}
		if plain == 0 {
			t.Errorf("%s: title %q is all jargon", c.Code, c.Title)
		}
	}
}

func TestFind(t *testing.T) {
	for _, c := range All() {
		for _, key := range []string{c.Code, c.Slug} {
			if got, ok := Find(key); !ok || got.Code != c.Code {
				t.Errorf("Find(%q) = %q, %t", key, got.Code, ok)
			}
		}
	}
	for _, key := range []string{"", "6-1", "3-10", "SIP-ALG", "3"} {
		if got, ok := Find(key); ok {
			t.Errorf("Find(%q) = %s", key, got.Code)
		}
	}
}

func TestFinding(t *testing.T) {
	c, _ := Find("provider-busy")
	f := c.Finding(Red, "The provider answered 503.")
	if f.Code != "4-7" || f.Slug != c.Slug || f.Light != 4 || f.Severity != Red || f.Title != c.Title || f.Advice != c.Advice {
		t.Errorf("finding %+v of %+v", f, c)
	}
	if f.Text != "The provider answered 503." {
		t.Errorf("text %q", f.Text)
	}
	if f := c.Finding(Amber, ""); f.Text != c.What || f.Severity != Amber {
		t.Errorf("finding without a text: %+v", f)
	}
	b, err := json.Marshal(f)
	if err != nil || !strings.Contains(string(b), `"guide":[]`) {
		t.Errorf("an empty list is not []: %s, %v", b, err)
	}
	f.Acts[0] = Nobody
	if c.Acts[0] != Provider {
		t.Error("a finding shares its list with the cause")
	}
}
