package profile

import "net/netip"

// Default is a profile without a trunk: what holds where trunk.toml says nothing.
func Default() Profile {
	return Profile{
		Trunk:  Trunk{Transport: "udp", Auth: "register"},
		Expect: Expect{RTPLow: 10000, RTPTop: 20000},
		// Public STUN servers of two independent operators.
		Provider: Provider{STUN: []string{"stun.cloudflare.com:3478", "stun.l.google.com:19302"}},
		PBX:      PBX{Location: "site", MaxBindings: 1},
		Line:     Line{Kind: "broadband"},
		Network:  Network{Mode: "dhcp"},
		Internet: Internet{
			// Three independent operators that answer ping, TCP and DNS; their IPv6 addresses are asked where the trunk goes by IPv6.
			Targets:     addrs("1.1.1.1", "8.8.8.8", "9.9.9.9", "2606:4700:4700::1111", "2001:4860:4860::8888", "2620:fe::fe"),
			Resolvers:   addrs("1.1.1.1", "9.9.9.9"),
			PortalCheck: "http://connectivitycheck.gstatic.com/generate_204",
			NTP:         []string{"time.cloudflare.com", "time.google.com", "pool.ntp.org"},
		},
		Page: Page{Listen: true},
		LEDs: LEDs{Lights: [5]Pair{{5, 6}, {13, 19}, {16, 20}, {17, 27}, {22, 23}}, Button: 26},
	}
}

func addrs(list ...string) []netip.Addr {
	all := make([]netip.Addr, len(list))
	for i, s := range list {
		all[i] = netip.MustParseAddr(s)
	}
	return all
}
