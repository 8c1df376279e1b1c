package verdict

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"trunktester/appliance/catalogue"
	"trunktester/probes/facts"
)

// Whoever is sent to the wrong device switches off nothing. Title, text and advice speak of the same one, and of none
// where the way did not show it.
func TestWhoRewrites(t *testing.T) {
	it, isp := catalogue.IT, catalogue.ISP
	at := func(unchanged, changed int, from string) *facts.Place {
		p := &facts.Place{Unchanged: unchanged, Changed: changed, To: netip.MustParseAddr("203.0.113.9")}
		if from != "" {
			p.From = netip.MustParseAddr(from)
		}
		return p
	}
	general, _ := catalogue.Find("3-2")
	for _, c := range []struct {
		name                string
		place               *facts.Place
		title, says, advice string
		acts                []catalogue.Actor
	}{
		{"the customer's router, or what has no address behind it", at(1, 2, "192.168.1.1"), "The router or modem changes", "such as a modem", "in the router (", []catalogue.Actor{it, isp}},
		{"the provider of the line", at(2, 3, "100.64.0.1"), "The internet provider changes", "the line's provider", "Ask the internet provider", []catalogue.Actor{isp}},
		{"the provider of the line, by a public address", at(2, 3, "203.0.113.1"), "The internet provider changes", "the line's provider", "Ask the internet provider", []catalogue.Actor{isp}},
		{"a second router of the customer's", at(2, 3, "192.168.0.1"), "A second router changes", "a second router", "in the second router (", []catalogue.Actor{it, isp}},
		{"something between the box and the router", at(0, 1, ""), "A device at the site changes", "the customer's own network", "between the box and the router", []catalogue.Actor{it}},
		{"one of two devices, of which one keeps silent", at(1, 3, "192.168.1.1"), general.Title, "cannot be told", general.Advice, []catalogue.Actor{it, isp}},
		{"a device that no hop showed", nil, general.Title, "A device on the way changes", general.Advice, []catalogue.Actor{it, isp}},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := Judge(healthy().with(algProved, rewrittenAt(c.place)).Input).Finding
			if v.Code != "3-2" || !strings.Contains(v.Text, c.says) || !slices.Equal(v.Acts, c.acts) {
				t.Errorf("%s %v: %s", v.Code, v.Acts, v.Text)
			}
			if !strings.HasPrefix(v.Title, c.title) || !strings.Contains(v.Advice, c.advice) {
				t.Errorf("%s. What to do: %s", v.Title, v.Advice)
			}
			told := c.place != nil && c.place.Changed == c.place.Unchanged+1
			for _, words := range []string{v.Title, strings.SplitAfter(v.Text, ". ")[0]} {
				if claims := strings.Contains(words, "router") || strings.Contains(words, "provider") || strings.Contains(words, "network"); !told && claims {
					t.Errorf("nobody knows which device it is, and the box says: %s", words)
				}
			}
		})
	}
}

// In the line provider's equipment nobody at the site can switch anything off.
func TestTheLineProvidersDeviceIsNotSoughtInTheRouter(t *testing.T) {
	v := Judge(healthy().with(algProved, noEntries, rewrittenAt(&facts.Place{Unchanged: 2, Changed: 3,
		From: netip.MustParseAddr("100.64.0.1"), To: netip.MustParseAddr("203.0.113.9")})).Input).Finding
	if v.Severity != catalogue.Red || strings.Contains(v.Title, "router") || !strings.Contains(v.Advice, "does not help") {
		t.Errorf("%s %s. What to do: %s", v.Severity, v.Title, v.Advice)
	}
}

// A trunk that cannot log in, behind a device that is known: the provider may still be the one who refuses it.
func TestARewriterThatIsKnownIsAskedAboutALoginThatFails(t *testing.T) {
	for _, c := range []struct {
		name  string
		place *facts.Place
		acts  []catalogue.Actor
	}{
		{"no hop showed it", nil, []catalogue.Actor{catalogue.IT, catalogue.Provider}},
		{"the line's provider", &facts.Place{Unchanged: 2, Changed: 3, From: netip.MustParseAddr("100.64.0.1")}, []catalogue.Actor{catalogue.ISP, catalogue.Provider}},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := Judge(healthy().with(registerUnanswered, transportContrast, rewrittenAt(c.place)).Input).Finding
			if v.Code != "3-2" || v.Severity != catalogue.Red || !slices.Equal(v.Acts, c.acts) {
				t.Errorf("%s %s %v: %s", v.Code, v.Severity, v.Acts, v.Text)
			}
		})
	}
}

func rewrittenAt(p *facts.Place) func(*site) { return func(s *site) { s.Facts.ALG.Place = p } }
