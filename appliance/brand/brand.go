// Package brand knows who makes routers: a manufacturer's name or a hardware address goes in, out comes the brand, and
// where its makers put the switch for SIP ALG, as far as a published source says so. It is pure.
package brand

import (
	_ "embed"
	"fmt"
	"net"
	"strings"
)

// Brand is one maker's routers.
type Brand struct {
	Name   string // as a person knows it
	Switch string // how to turn SIP ALG off, in the imperative; "" where no source is known
	Source string // address of what says so, two with a space between
	calls  string // what the manufacturer begins with in its routers' own descriptions, in small letters
}

// prefixes are the first three bytes of hardware addresses, a line for each brand, as the IEEE's registry has them
// (https://standards-oui.ieee.org/oui/oui.txt).
//
//go:embed prefixes.txt
var prefixes string

// ByManufacturer is the brand that a router's own description names.
func ByManufacturer(name string) (Brand, bool) {
	name = strings.ToLower(strings.TrimSpace(name))
	for _, b := range All() {
		rest, ok := strings.CutPrefix(name, b.calls)
		if ok && (rest == "" || rest[0] < 'a' || rest[0] > 'z') {
			return b, true
		}
	}
	return Brand{}, false
}

// ByAddress is the brand that a hardware address was given to. One that was made up on the site (IEEE 802 section
// 8.4: locally administered) belongs to nobody.
func ByAddress(mac string) (Brand, bool) {
	a, err := net.ParseMAC(mac)
	if err != nil || len(a) != 6 || a[0]&3 != 0 {
		return Brand{}, false
	}
	prefix := fmt.Sprintf("%02X%02X%02X", a[0], a[1], a[2])
	for line := range strings.Lines(prefixes) {
		name, given, _ := strings.Cut(line, ":")
		if !strings.Contains(given, prefix) {
			continue
		}
		for _, b := range All() {
			if b.Name == name {
				return b, true
			}
		}
	}
	return Brand{}, false
}
