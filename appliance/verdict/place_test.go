package verdict

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"trunktester/appliance/catalogue"
	"trunktester/probes/facts"
)

// Whoever is sent to the wrong device switches off nothing.
func TestWhoRewrites(t *testing.T) {
	it, isp := catalogue.IT, catalogue.ISP
	for _, c := range []struct {
		name               string
		unchanged, changed int
		from               string
		says               string
		acts               []catalogue.Actor
	}{
		{"the customer's router", 1, 2, "192.168.1.1", "the customer's router", []catalogue.Actor{it}},
		{"the provider of the line", 2, 3, "100.64.0.1", "the line's provider", []catalogue.Actor{isp}},
		{"the provider of the line, by a public address", 2, 3, "203.0.113.1", "the line's provider", []catalogue.Actor{isp}},
		{"a second router of the customer's", 2, 3, "192.168.0.1", "a second router", []catalogue.Actor{it, isp}},
		{"something between the box and the router", 0, 1, "", "the customer's own network", []catalogue.Actor{it}},
		{"one of two devices, of which one keeps silent", 1, 3, "192.168.1.1", "cannot be told", []catalogue.Actor{it, isp}},
	} {
		t.Run(c.name, func(t *testing.T) {
			place := &facts.Place{Unchanged: c.unchanged, Changed: c.changed, To: netip.MustParseAddr("203.0.113.9")}
			if c.from != "" {
				place.From = netip.MustParseAddr(c.from)
			}
			v := Judge(healthy().with(algProved, func(s *site) { s.Facts.ALG.Place = place }).Input).Finding
			if v.Code != "3-2" || !strings.Contains(string(v.Text), c.says) || !slices.Equal(v.Acts, c.acts) {
				t.Errorf("%s %v: %s", v.Code, v.Acts, v.Text)
			}
		})
	}
}
