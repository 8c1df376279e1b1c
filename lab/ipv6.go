package lab

import (
	"errors"
	"fmt"
	"net"
	"net/netip"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"trunktester/lab/serve"
)

// The lab's IPv6 addresses, all of the documentation range (RFC 3849).
const (
	SiteIPv6  = "2001:db8:50::/64" // what the customer's router advertises
	LocalIPv6 = "fd50::/64"        // the same, of a site that has no IPv6 outside (RFC 4193)

	Provider1IPv6 = "2001:db8::5"
	Provider2IPv6 = "2001:db8::6"

	providerIPv6 = "2001:db8::/64"
	routerIPv6   = "2001:db8:ffff:1::2" // towards the line
	ispIPv6      = "2001:db8:ffff:1::1"
	ispInnerIPv6 = "2001:db8:ffff:2::1" // towards the SIP provider
	itspIPv6     = "2001:db8:ffff:2::2"
	inetInner    = "2001:db8:ffff:3::1" // towards the internet
	inetIPv6     = "2001:db8:ffff:3::2"
)

// outsideIPv6 are the public name servers; they also stand for the outside world.
func outsideIPv6() []string {
	return []string{"2606:4700:4700::1111", "2001:4860:4860::8888", "2620:fe::fe"}
}

// IPv6 of a line: the prefix that its router advertises.
type IPv6 struct {
	Prefix  string
	Blocked bool // a firewall of the line's provider drops what goes to the SIP provider by it
	Dead    bool // the line's provider carries none of it
}

// ipv6 gives the hosts their IPv6 addresses and routes. The box and whatever else is on the switch make their own.
func (l *Lab) ipv6() error {
	six := l.World.Home.IPv6
	if six == nil {
		return nil
	}
	h := &l.hosts
	prefix, err := netip.ParsePrefix(six.Prefix)
	if err != nil {
		return err
	}
	err = errors.Join(
		h.Router.ipv6(lanBridge, netip.PrefixFrom(prefix.Addr().Next(), prefix.Bits()).String()),
		h.Router.ipv6("wan", routerIPv6+"/64"), h.Router.sysctl("ipv6/conf/all/forwarding", "1"),
		h.ISP.ipv6("cust", ispIPv6+"/64"), h.ISP.ipv6("itsp", ispInnerIPv6+"/64"), h.ISP.sysctl("ipv6/conf/all/forwarding", "1"),
		h.ISP.ipv6("inet", inetInner+"/64"), h.Internet.ipv6("eth0", inetIPv6+"/64"), h.Internet.ipv6("lo"),
		h.Provider.ipv6("eth0", itspIPv6+"/64"), h.Provider.ipv6("lo", Provider1IPv6+"/128", Provider2IPv6+"/128"),
	)
	if err != nil {
		return fmt.Errorf("IPv6: %w", err)
	}
	err = errors.Join(h.Router.route("default", ispIPv6), h.ISP.route(six.Prefix, routerIPv6),
		h.Provider.route("2001:db8::/32", ispInnerIPv6), h.Internet.route("2001:db8::/32", inetInner))
	for _, address := range outsideIPv6() {
		err = errors.Join(err, h.Internet.address("lo", address+"/128"))
		if !six.Dead {
			err = errors.Join(err, h.ISP.route(address+"/128", inetIPv6))
		}
	}
	if six.Dead {
		return errors.Join(err, h.ISP.blackhole("2000::/3"))
	}
	if six.Blocked {
		return errors.Join(err, h.ISP.blackhole(providerIPv6))
	}
	return errors.Join(err, h.ISP.route(providerIPv6, itspIPv6))
}

// blackhole makes the host drop in silence what goes to a network.
func (h *Host) blackhole(network string) error {
	prefix, err := netip.ParsePrefix(network)
	if err != nil {
		return err
	}
	dst := &net.IPNet{IP: prefix.Addr().AsSlice(), Mask: net.CIDRMask(prefix.Bits(), prefix.Addr().BitLen())}
	if err := h.nl.RouteAdd(&netlink.Route{Dst: dst, Type: unix.RTN_BLACKHOLE}); err != nil {
		return fmt.Errorf("blackhole %s in %s: %w", network, h.Name, err)
	}
	return nil
}

// ipv6 switches IPv6 on for one interface and gives it addresses.
func (h *Host) ipv6(name string, prefixes ...string) error {
	conf := "ipv6/conf/" + name + "/"
	return errors.Join(h.sysctl(conf+"accept_dad", "0"), h.sysctl(conf+"accept_ra", "0"), h.sysctl(conf+"disable_ipv6", "0"), h.address(name, prefixes...))
}

// advertise starts the router's advertisements.
func (o *opener) advertise() {
	l := o.lab
	if l.World.Home.IPv6 == nil || o.err != nil {
		return
	}
	o.err = l.Router.Do(func() error {
		bridge, err := net.InterfaceByName(lanBridge)
		if err != nil {
			return err
		}
		prefix, err := netip.ParsePrefix(l.World.Home.IPv6.Prefix)
		if err != nil {
			return err
		}
		advertisement, err := serve.Advertisement(prefix, bridge.HardwareAddr)
		if err != nil {
			return err
		}
		conn, err := serve.ListenAdvertiser(bridge)
		if err != nil {
			return fmt.Errorf("router advertisements: %w", err)
		}
		l.run("advertisements", func() error { return serve.Advertise(o.ctx, conn, bridge, advertisement) })
		return nil
	})
}
