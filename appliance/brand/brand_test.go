package brand

import (
	"flag"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/gopacket/gopacket/macs"
)

var update = flag.Bool("update", false, "write prefixes.txt and docs/routers.md anew")

func TestByManufacturer(t *testing.T) {
	for said, want := range map[string]string{
		"AVM Berlin": "AVM", "ASUSTeK Computer Inc.": "ASUS", "TP-LINK": "TP-Link", "NETGEAR, Inc.": "Netgear", "D-Link Corporation": "D-Link",
		"ZyXEL Communications Corp.": "Zyxel", "DrayTek Corp.": "DrayTek", "Huawei Technologies Co., Ltd.": "Huawei", "  MikroTik ": "MikroTik", "Sky": "Sky",
		"": "", "AVMedia": "", "Skyworth": "", "BTicino": "", "OpenWrt": "", "MiniUPnP": "", "Acme for TP-Link": "",
	} {
		if b, ok := ByManufacturer(said); b.Name != want || ok != (want != "") {
			t.Errorf("%q is taken for %q, want %q", said, b.Name, want)
		}
	}
}

func TestByAddress(t *testing.T) {
	for mac, want := range map[string]string{
		"00:04:0e:12:34:56": "AVM", "50:c7:bf:00:00:01": "TP-Link", "00:1d:aa:ff:ff:ff": "DrayTek", "4C-5E-0C-00-00-01": "MikroTik",
		"02:04:0e:12:34:56": "", "01:04:0e:12:34:56": "", "00:00:5e:00:01:01": "", "00:00:00:00:00:00": "", "": "", "00:04:0e": "", "router": "",
		"00:04:0e:12:34:56:78:9a": "", // EUI-64
	} {
		if b, ok := ByAddress(mac); b.Name != want || ok != (want != "") {
			t.Errorf("%s is taken for %q, want %q", mac, b.Name, want)
		}
	}
}

// What is told of a maker's menus stands somewhere where it can be looked up.
func TestStatementsHaveTheirSource(t *testing.T) {
	for _, b := range All() {
		if (b.Switch == "") != (b.Source == "") {
			t.Errorf("%s: statement %q, source %q", b.Name, b.Switch, b.Source)
		}
		for _, source := range strings.Fields(b.Source) {
			if u, err := url.Parse(source); err != nil || u.Host == "" || !strings.HasPrefix(u.Scheme, "http") {
				t.Errorf("%s: %q is no address", b.Name, source)
			}
		}
		if strings.HasSuffix(b.Switch, ".") || strings.ContainsAny(b.Switch, "|\n") {
			t.Errorf("%s: %q does not stand in a sentence and in a table", b.Name, b.Switch)
		}
		if found, ok := ByManufacturer(b.calls); !ok || found.Name != b.Name {
			t.Errorf("%s is found as %q", b.Name, found.Name)
		}
	}
}

// registered are the brands' names in the IEEE's registry, as they begin there. Huawei's telephones have a name of
// their own, Huawei Device, and are no routers.
func registered() map[string][]string {
	return map[string][]string{
		"ASUS": {"ASUSTek"}, "AVM": {"AVM Audiovisuelles", "AVM GmbH"}, "BT": {"British Telecommunications"}, "Cisco": {"Cisco Systems"}, "D-Link": {"D-Link"},
		"DrayTek": {"DrayTek"}, "Fortinet": {"Fortinet"}, "Huawei": {"HUAWEI TECHNOLOGIES"}, "Linksys": {"Cisco-Linksys", "Linksys"}, "MikroTik": {"Routerboard"},
		"Netgear": {"NETGEAR"}, "Sagemcom": {"Sagemcom"}, "Sky": {"SKY UK"}, "SonicWall": {"SonicWall"}, "Technicolor": {"Technicolor"}, "TP-Link": {"TP-LINK"},
		"Ubiquiti": {"Ubiquiti"}, "ZTE": {"zte corporation"}, "Zyxel": {"Zyxel"},
	}
}

// Every prefix is the registry's, and none of these brands' is missing.
func TestPrefixesAreTheRegistrys(t *testing.T) {
	var want strings.Builder
	names := registered()
	for _, b := range All() {
		var of []string
		for prefix, owner := range macs.ValidMACPrefixMap {
			if slices.ContainsFunc(names[b.Name], func(n string) bool { return len(owner) >= len(n) && strings.EqualFold(owner[:len(n)], n) }) {
				of = append(of, fmt.Sprintf("%02X%02X%02X", prefix[0], prefix[1], prefix[2]))
			}
		}
		if len(of) == 0 {
			t.Errorf("%s stands nowhere in the registry", b.Name)
		}
		slices.Sort(of)
		fmt.Fprintf(&want, "%s: %s\n", b.Name, strings.Join(of, " "))
	}
	golden(t, "prefixes.txt", want.String())
}

// docs/routers.md is generated; run this test with -update after a change of the table.
func TestRoutersPage(t *testing.T) {
	page := "# Where routers hide SIP ALG\n\nWritten by the tests of appliance/brand. When the box proves that a device on the way rewrites SIP (code 3-2), and the router is of one of\n" +
		"these makers by its own description (UPnP) and its hardware address, the advice says where the switch is. Menus differ between models.\nOf a maker without a line here the box says the name only, and the general advice stands.\n\n| Maker | How to turn it off | Said by |\n|---|---|---|\n"
	for _, b := range All() {
		if b.Switch != "" {
			page += fmt.Sprintf("| %s | %s | <%s> |\n", b.Name, b.Switch, strings.Join(strings.Fields(b.Source), ">, <"))
		}
	}
	golden(t, "../../docs/routers.md", page)
}

func golden(t *testing.T, file, want string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil || string(got) != want {
		t.Errorf("%s is not what the table says (%v); run with -update and read the difference", file, err)
	}
}
