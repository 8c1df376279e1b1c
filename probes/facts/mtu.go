package facts

import "net/netip"

// MTU is what became of packets as large as the cable carries that must not be cut up, each beside a small
// one. (light 2)
type MTU struct {
	Large int       `json:"large"` // bytes of the packet, IP header included
	Small int       `json:"small"`
	Asked []MTUPair `json:"asked"`
}

// MTUPair is one host asked in one way, by a small packet and by a large one.
type MTUPair struct {
	Addr  netip.Addr `json:"addr"`
	Way   string     `json:"way"` // "icmp" or "udp"
	Small Answer     `json:"small"`
	Large Answer     `json:"large"`
	Sends int        `json:"sends"` // of the large one
	// Told is the size that "fragmentation needed" (ICMP 3/4, RFC 1191) named, 0 where none came; Teller sent it.
	Told   int        `json:"told"`
	Teller netip.Addr `json:"teller"`
}

// Path is the smallest size that a device on the way named, 0 where none did.
func (m MTU) Path() int {
	least := 0
	for _, p := range m.Asked {
		if p.Told > 0 && (least == 0 || p.Told < least) {
			least = p.Told
		}
	}
	return least
}

// Passed reports whether a large packet was answered by anybody.
func (m MTU) Passed() bool {
	for _, p := range m.Asked {
		if p.Large == Answered {
			return true
		}
	}
	return false
}
