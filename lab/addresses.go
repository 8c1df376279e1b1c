package lab

import (
	"net/netip"
	"strings"
)

// The addresses of the lab's world. The customer's are private, the provider's and the line's are
// documentation ranges (RFC 5737), the internet's are those that the box asks by default.
const (
	RouterLAN   = "192.168.50.1"
	PBXAddr     = "192.168.50.20"
	LaptopAddr  = "192.168.50.30"
	NeighbourIP = "192.168.50.2"
	PoolFirst   = "192.168.50.100" // DHCP pool, PoolSize addresses
	PoolSize    = 8

	RouterWAN   = "203.0.113.2" // the customer's public address
	ISPAddr     = "203.0.113.1" // the provider of the line, and its resolver
	CarrierLAN  = "100.64.0.1"  // carrier's router, where there is one (RFC 6598)
	CarrierCust = "100.64.0.2"
	SecondLAN   = "192.168.8.1" // the outer one of the site's two routers, where there is one
	SecondWAN   = "192.168.8.2" // and what it gave the inner one

	Provider1 = "198.51.100.5" // the SIP provider
	Provider2 = "198.51.100.6"

	ReflectorAddr = "198.51.100.60" // the provider's reflector, where it runs one

	STUN1    = "192.0.32.53"
	STUN2    = "192.0.33.53"
	TimeAddr = "192.0.32.123"
	WebAddr  = "192.0.32.80"
	Control1 = "192.0.34.60" // SIP hosts that are not the provider's
	Control2 = "192.0.35.60"
)

// resolvers are the public name servers; they also stand for the outside world.
func resolvers() []string { return []string{"1.1.1.1", "8.8.8.8", "9.9.9.9"} }

// The customer's network, and in its place the one of a customer who has public addresses: numbered alike.
const (
	lanStart    = "192.168.50."
	publicStart = "192.0.36."
)

// at is the address that a host of the customer's network has in this home.
func (h Home) at(address string) string {
	if number, ok := strings.CutPrefix(address, lanStart); ok && h.Public {
		return publicStart + number
	}
	return address
}

// prefix is the customer's network.
func (h Home) prefix() netip.Prefix { return netip.MustParsePrefix(h.at(lanStart+"0") + "/24") }

// nowhere is the one documentation range that the lab does not use: there is no route to it.
func nowhere() netip.Prefix { return netip.MustParsePrefix("192.0.2.0/24") }

func providerNet() netip.Prefix { return netip.MustParsePrefix("198.51.100.0/24") }

// atProvider reports whether an address is one of the SIP provider's.
func atProvider(a netip.Addr) bool {
	return providerNet().Contains(a) || netip.MustParsePrefix(providerIPv6).Contains(a)
}
