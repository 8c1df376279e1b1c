package netsetup

import (
	"errors"
	"fmt"
	"math"
	"net"
	"net/netip"
	"slices"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv4"

	"trunktester/appliance/catalogue/words"
)

// Lease is what a DHCP server gave or offers, with every field checked.
type Lease struct {
	Prefix  netip.Prefix
	Gateway netip.Addr // zero when none was given
	Routes  []Route    // further routes of option 121
	DNS     []netip.Addr
	NTP     []netip.Addr
	Server  netip.Addr    // option 54, or where it is missing the siaddr
	Time    time.Duration // Forever for a lease without end
	T1, T2  time.Duration // when to renew and to rebind, T1 < T2 < Time
	Fault   string        // why the lease does not connect the box, "" when it does
}

// Route leads to a network through a router on the LAN.
type Route struct {
	Dst     netip.Prefix
	Gateway netip.Addr
}

// Forever is the lease time of RFC 2131 section 3.3 that does not end.
const Forever = time.Duration(math.MaxUint32) * time.Second

// Limits of what is kept from a lease: more is an attack or an accident.
const (
	maxServers = 8
	maxRoutes  = 32
)

// unstatedLease stands in for a lease time that a server did not send, though it must (RFC 2131 table 3).
const unstatedLease = time.Hour

// ReadLease takes a DHCPOFFER or DHCPACK apart. An address that no host can have is an error; a lease that
// gives an address but does not connect the box carries its Fault.
func ReadLease(m *dhcpv4.DHCPv4) (Lease, error) {
	addr, ok := netip.AddrFromSlice(m.YourIPAddr.To4())
	if !ok || !host(addr) {
		return Lease{}, errors.New(words.Said("lease.no-host", "address", m.YourIPAddr))
	}
	bits, fault := maskBits(addr, m.SubnetMask())
	l := Lease{
		Prefix: netip.PrefixFrom(addr, bits),
		DNS:    hosts(m.DNS()),
		NTP:    hosts(m.NTPServers()),
		Fault:  fault,
	}
	l.Gateway, l.Routes = routes(m)
	l.Server, _ = netip.AddrFromSlice(m.ServerIdentifier().To4())
	if !l.Server.IsValid() || l.Server.IsUnspecified() {
		l.Server, _ = netip.AddrFromSlice(m.ServerIPAddr.To4())
	}
	l.Time, l.T1, l.T2 = times(m)
	if l.Fault == "" {
		l.Fault = Unfit(l.Prefix, l.Gateway)
	}
	return l, nil
}

// Unfit says in one sentence why an address and its gateway do not connect a box to anything, "" when they do.
func Unfit(prefix netip.Prefix, gateway netip.Addr) string {
	addr := prefix.Addr()
	switch {
	case !prefix.IsValid():
		return words.Said("lease.no-address")
	case addr.IsLinkLocalUnicast():
		return words.Said("lease.link-local", "address", addr)
	case prefix.Bits() < 8:
		return words.Said("lease.mask", "mask", fmt.Sprintf("/%d", prefix.Bits()))
	case prefix.Bits() < 31 && (addr == prefix.Masked().Addr() || addr == last(prefix)):
		return words.Said("lease.own-network", "address", prefix)
	case !gateway.IsValid() || gateway.IsUnspecified():
		return words.Said("lease.no-router")
	case gateway == addr:
		return words.Said("lease.router-itself", "router", gateway)
	case !prefix.Contains(gateway):
		return words.Said("lease.router-outside", "router", gateway, "network", prefix.Masked())
	case prefix.Bits() < 31 && (gateway == prefix.Masked().Addr() || gateway == last(prefix)):
		return words.Said("lease.router-network", "router", gateway)
	}
	return ""
}

// host says whether a machine can have the address.
func host(a netip.Addr) bool {
	return a.Is4() && !a.IsUnspecified() && !a.IsLoopback() && !a.IsMulticast() &&
		a.As4()[0] != 0 && a.As4()[0] < 240
}

func hosts(ips []net.IP) []netip.Addr {
	found := []netip.Addr{}
	for _, ip := range ips {
		a, ok := netip.AddrFromSlice(ip.To4())
		if ok && host(a) && !slices.Contains(found, a) && len(found) < maxServers {
			found = append(found, a)
		}
	}
	return found
}

// maskBits reads option 1. A server that left it out means the mask of the address's class (RFC 950).
func maskBits(addr netip.Addr, mask net.IPMask) (bits int, fault string) {
	classful, _ := net.IP(addr.AsSlice()).DefaultMask().Size()
	if len(mask) == 0 {
		return classful, words.Said("lease.no-mask")
	}
	ones, size := mask.Size()
	if size != 32 {
		return classful, words.Said("lease.mask", "mask", net.IP(mask))
	}
	return ones, ""
}

// routes reads the router option, or the classless routes that replace it (RFC 3442).
func routes(m *dhcpv4.DHCPv4) (gateway netip.Addr, more []Route) {
	classless := m.ClasslessStaticRoute()
	if len(classless) == 0 {
		if routers := hosts(m.Router()); len(routers) > 0 {
			gateway = routers[0]
		}
		return gateway, nil
	}
	for _, r := range classless {
		via, ok := netip.AddrFromSlice(r.Router.To4())
		dst, isDst := netip.AddrFromSlice(r.Dest.IP.To4())
		bits, _ := r.Dest.Mask.Size()
		switch {
		case !ok || !isDst || !host(via):
		case bits == 0:
			if !gateway.IsValid() {
				gateway = via
			}
		case len(more) < maxRoutes:
			more = append(more, Route{Dst: netip.PrefixFrom(dst, bits).Masked(), Gateway: via})
		}
	}
	return gateway, more
}

// times reads options 51, 58 and 59; senseless ones become the defaults of RFC 2131 section 4.4.5.
func times(m *dhcpv4.DHCPv4) (lease, t1, t2 time.Duration) {
	lease = m.IPAddressLeaseTime(unstatedLease)
	lease = max(lease, time.Second)
	t1, t2 = m.IPAddressRenewalTime(lease/2), m.IPAddressRebindingTime(lease/8*7)
	if !(0 < t1 && t1 < t2 && t2 < lease) {
		t1, t2 = lease/2, lease/8*7
	}
	return lease, t1, t2
}

// last is the broadcast address of a subnet.
func last(p netip.Prefix) netip.Addr {
	a := p.Masked().Addr().As4()
	for i := p.Bits(); i < 32; i++ {
		a[i/8] |= 0x80 >> (i % 8)
	}
	return netip.AddrFrom4(a)
}
