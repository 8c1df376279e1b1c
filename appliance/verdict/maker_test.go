package verdict

import (
	"net/netip"
	"strings"
	"testing"

	"trunktester/probes/facts"
)

// Advice for another maker's router sends somebody into menus that are not there.
func TestWhoseRouter(t *testing.T) {
	const netgear, tplink, avm, nobody = "00:09:5b:00:00:01", "50:c7:bf:00:00:01", "00:04:0e:00:00:01", "02:00:00:00:00:01"
	line := &facts.Place{Unchanged: 2, Changed: 3, From: netip.MustParseAddr("100.64.0.1"), To: netip.MustParseAddr("203.0.113.9")}
	for _, c := range []struct {
		name         string
		maker, model string
		mac          string
		place        *facts.Place
		says, hint   string // "" for none
	}{
		{"nothing is known", "", "", nobody, nil, "", ""},
		{"it says so itself", "TP-Link", "Archer VR600", nobody, nil, `calls itself "Archer VR600" by "TP-Link"`, "In routers of TP-Link:"},
		{"its address says so", "", "", netgear, nil, "By its hardware address the router is one of Netgear.", "In routers of Netgear:"},
		{"both say so", "NETGEAR, Inc.", "R7000", netgear, nil, `"R7000" by "NETGEAR, Inc."`, "In routers of Netgear:"},
		{"it names a model only, and its address a maker", "", "R7000", netgear, nil, `calls itself "R7000". By its hardware address`, "In routers of Netgear:"},
		{"they disagree", "TP-Link", "Archer VR600", netgear, nil, "one of Netgear: whose it is cannot be told", ""},
		{"somebody else's firmware on it", "OpenWrt", "OpenWrt router", tplink, nil, "one of TP-Link: whose it is cannot be told", ""},
		{"a maker that is unheard of", "Acme", "Gate 1", nobody, nil, `"Gate 1" by "Acme"`, ""},
		{"a maker whose menus nobody wrote down", "AVM Berlin", "FRITZ!Box 7590", avm, nil, `"FRITZ!Box 7590" by "AVM Berlin"`, ""},
		{"the same, by its address", "", "", avm, nil, "one of AVM.", ""},
		{"the line's provider rewrites", "TP-Link", "Archer VR600", tplink, line, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := Judge(healthy().with(algProved, rewrittenAt(c.place), func(s *site) {
				s.Facts.Gateway.MAC = c.mac
				if c.maker+c.model != "" {
					s.Facts.WAN = &facts.WAN{Device: &facts.Device{Maker: c.maker, Model: c.model}}
				}
			}).Input).Finding
			if !strings.Contains(v.Text, c.says) || c.says == "" && (strings.Contains(v.Text, "calls itself") || strings.Contains(v.Text, "hardware address")) {
				t.Errorf("text: %s", v.Text)
			}
			if !strings.HasPrefix(v.Hint, c.hint) || c.hint == "" && v.Hint != "" {
				t.Errorf("hint: %s", v.Hint)
			}
		})
	}
}

// Who made the router is no sign that it rewrites anything.
func TestAMakerIsNoProof(t *testing.T) {
	v := Judge(healthy().with(func(s *site) {
		s.Facts.Gateway.MAC = "50:c7:bf:00:00:01"
		s.Facts.WAN = &facts.WAN{Device: &facts.Device{Maker: "TP-Link", Model: "Archer VR600"}}
	}).Input)
	if v.Finding.Code != "ok" || len(v.Also) > 0 || v.Finding.Hint != "" {
		t.Errorf("%+v", v)
	}
}
