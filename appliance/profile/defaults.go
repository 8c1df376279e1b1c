package profile

import "net/netip"

// Defaults is the profile of a box that has none: it tests lights 1 and 2.
func Defaults() *Profile {
	return &Profile{
		Trunk:    Trunk{Transport: "udp", Auth: "register"},
		Expect:   Expect{RTPLow: 10000, RTPTop: 20000},
		Provider: Provider{STUN: []string{"stun.l.google.com:19302", "stun.cloudflare.com:3478"}},
		PBX:      PBX{Location: "site", MaxBindings: 1},
		Line:     Line{Kind: "broadband"},
		Network:  Network{Mode: "dhcp"},
		Internet: Internet{
			// three operators, so that no one of them being down is taken for a fault of the line
			Targets: []netip.Addr{
				netip.AddrFrom4([4]byte{1, 1, 1, 1}), netip.AddrFrom4([4]byte{8, 8, 8, 8}), netip.AddrFrom4([4]byte{9, 9, 9, 9}),
			},
			Resolvers:   []netip.Addr{netip.AddrFrom4([4]byte{1, 1, 1, 1}), netip.AddrFrom4([4]byte{9, 9, 9, 9})},
			PortalCheck: "http://connectivitycheck.gstatic.com/generate_204", // answers 204 with no body
			NTP:         []string{"0.pool.ntp.org", "1.pool.ntp.org", "time.cloudflare.com"},
		},
		Page: Page{Listen: true},
		LEDs: LEDs{ // design section 6
			Lights: [5]Pair{{Red: 5, Green: 6}, {Red: 13, Green: 19}, {Red: 16, Green: 20}, {Red: 17, Green: 27}, {Red: 22, Green: 23}},
			Button: 26,
		},
	}
}
