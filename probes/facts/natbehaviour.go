package facts

import "net/netip"

// NAT is what the router does to addresses: how it maps a socket for several destinations, and what it lets back in (RFC
// 4787 sections 4.1 and 5). Information only. (light 3)
type NAT struct {
	Server  netip.AddrPort `json:"server"`  // STUN server with two addresses and two ports (RFC 5780); zero where none was found
	Other   netip.AddrPort `json:"other"`   // its other address and port
	Mapping string         `json:"mapping"` // one of the words below, "" when not known

	// Filter says by whom it was found out what is let in: "STUN", "reflector", or "" when it was not.
	Filter    string `json:"filter"`
	OtherPort *bool  `json:"other_port"` // a packet from another port of a host that was contacted is let in; nil: not known
	OtherHost *bool  `json:"other_host"` // a packet from a host that was not contacted is let in; nil: not known

	Hairpin *bool `json:"hairpin"` // what a device of the site sends to another one's public address and port arrives; nil: not tried

	Provider netip.Addr `json:"provider"` // the public address that the provider sees; zero when not told
	STUN     netip.Addr `json:"stun"`     // the one that STUN servers see; zero when not told, or when they differ
}

// How a router maps one socket, beyond MappingNone and MappingIndependent.
const (
	MappingByAddress = "address" // anew for each address
	MappingByPort    = "port"    // anew for each address and port: symmetric NAT
)

// Witnessed is a STUN server that told the public address, where two witnesses agree on it and none contradicts: two such
// servers, or one and the provider.
func (p Public) Witnessed(provider netip.Addr) (server netip.AddrPort, ok bool) {
	if !p.Addr.IsValid() || p.Differ || provider.IsValid() && provider != p.Addr {
		return server, false
	}
	witnesses := 0
	if provider == p.Addr {
		witnesses++
	}
	for _, a := range p.Answers {
		if a.Mapped.Addr() == p.Addr {
			if witnesses++; !server.IsValid() {
				server = a.From
			}
		}
	}
	return server, server.IsValid() && witnesses >= 2
}
