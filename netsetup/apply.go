package netsetup

import (
	"errors"
	"math"
	"net"
	"net/netip"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// Everything that we put on an interface carries our mark, so that a run can tidy up after one that was
// killed, and takes away nothing of anybody else's.
const (
	// routeProtocol is ours among the numbers of include/uapi/linux/rtnetlink.h that nobody uses: 't'.
	routeProtocol = 116
	// labelSuffix makes the address's label "eth0:tt".
	labelSuffix = ":tt"
)

// label is the address label: at most 15 characters (IFNAMSIZ), so a long name is cut.
func label(ifname string) string {
	return ifname[:min(len(ifname), unix.IFNAMSIZ-1-len(labelSuffix))] + labelSuffix
}

// config is what an interface shall have.
type config struct {
	prefix  netip.Prefix
	valid   time.Duration // Forever or the lease time: the kernel removes the address by itself
	gateway netip.Addr    // zero for no default route
	routes  []Route
	metric  int
}

// apply makes the interface have the configuration, and nothing else that carries our mark. An address that
// was there before stays as it is. Applying twice changes nothing but the address's remaining lifetime.
func apply(l netlink.Link, c config) error {
	name := l.Attrs().Name
	addrs, err := netlink.AddrList(l, netlink.FAMILY_V4)
	if err != nil {
		return failed(err, needsAdmin, "list the addresses of %s", name)
	}
	foreign := false
	for _, a := range addrs {
		same := prefixOf(a.IPNet) == c.prefix
		switch {
		case a.Label == label(name) && !same:
			if err := netlink.AddrDel(l, &a); gone(err) != nil {
				return failed(err, needsAdmin, "remove the old address %s of %s", a.IPNet, name)
			}
		case same && a.Label != label(name):
			foreign = true
		}
	}
	if !foreign {
		if err := netlink.AddrReplace(l, address(name, c)); err != nil {
			return failed(err, needsAdmin, "set the address %s of %s", c.prefix, name)
		}
	}
	return applyRoutes(l, wanted(l, c, !foreign))
}

// address lives as long as the lease, and leaves the route to its subnet to us, who give it a metric: a
// laptop's other link to the same LAN keeps its place.
func address(ifname string, c config) *netlink.Addr {
	a := &netlink.Addr{IPNet: ipNet(c.prefix), Label: label(ifname), Flags: unix.IFA_F_NOPREFIXROUTE}
	if c.valid < Forever {
		seconds := int(math.Ceil(c.valid.Seconds()))
		a.ValidLft, a.PreferedLft = seconds, seconds
	}
	return a
}

// wanted lists our routes. Each has the box's address as its source: the kernel drops them with the address.
func wanted(l netlink.Link, c config, subnet bool) []netlink.Route {
	src := net.IP(c.prefix.Addr().AsSlice())
	route := func(dst netip.Prefix) netlink.Route {
		return netlink.Route{LinkIndex: l.Attrs().Index, Dst: ipNet(dst), Src: src, Protocol: routeProtocol,
			Priority: c.metric, Table: unix.RT_TABLE_MAIN, Family: netlink.FAMILY_V4, Type: unix.RTN_UNICAST}
	}
	through := func(dst netip.Prefix, gateway netip.Addr) netlink.Route {
		r := route(dst)
		r.Gw = gateway.AsSlice()
		if !c.prefix.Contains(gateway) {
			r.Flags = int(netlink.FLAG_ONLINK) // it may answer all the same
		}
		return r
	}
	var routes []netlink.Route
	if subnet && c.prefix.Bits() < 32 {
		r := route(c.prefix.Masked())
		r.Scope = netlink.SCOPE_LINK
		routes = append(routes, r)
	}
	if c.gateway.IsValid() {
		routes = append(routes, through(netip.PrefixFrom(netip.IPv4Unspecified(), 0), c.gateway))
	}
	for _, r := range c.routes {
		routes = append(routes, through(r.Dst, r.Gateway))
	}
	return routes
}

// applyRoutes removes those of our routes that are not wanted and adds those that are missing.
func applyRoutes(l netlink.Link, wanted []netlink.Route) error {
	name := l.Attrs().Name
	have, err := ourRoutes(l)
	if err != nil {
		return err
	}
	for _, h := range have {
		if !hasRoute(wanted, h) {
			if err := netlink.RouteDel(&h); gone(err) != nil {
				return failed(err, needsAdmin, "remove the old route to %s of %s", h.Dst, name)
			}
		}
	}
	for _, w := range wanted {
		if hasRoute(have, w) {
			continue
		}
		// Append, not replace: the kernel would replace another interface's route of the same metric.
		if err := netlink.RouteAppend(&w); err != nil && !errors.Is(err, unix.EEXIST) {
			return failed(err, needsAdmin, "add the route to %s of %s", w.Dst, name)
		}
	}
	return nil
}

// remove takes away what carries our mark on the interface. What is gone already is no error.
func remove(l netlink.Link) error {
	name := l.Attrs().Name
	if err := applyRoutes(l, nil); err != nil {
		return err
	}
	addrs, err := netlink.AddrList(l, netlink.FAMILY_V4)
	if err != nil {
		return failed(err, needsAdmin, "list the addresses of %s", name)
	}
	for _, a := range addrs {
		if a.Label != label(name) {
			continue
		}
		if err := netlink.AddrDel(l, &a); gone(err) != nil {
			return failed(err, needsAdmin, "remove the address %s of %s", a.IPNet, name)
		}
	}
	return nil
}

func ourRoutes(l netlink.Link) ([]netlink.Route, error) {
	filter := &netlink.Route{LinkIndex: l.Attrs().Index, Protocol: routeProtocol, Table: unix.RT_TABLE_MAIN}
	routes, err := netlink.RouteListFiltered(netlink.FAMILY_V4, filter,
		netlink.RT_FILTER_OIF|netlink.RT_FILTER_PROTOCOL|netlink.RT_FILTER_TABLE)
	if err != nil {
		return nil, failed(err, needsAdmin, "list the routes of %s", l.Attrs().Name)
	}
	return routes, nil
}

func hasRoute(routes []netlink.Route, r netlink.Route) bool {
	for _, x := range routes {
		if prefixOf(x.Dst) == prefixOf(r.Dst) && x.Gw.Equal(r.Gw) && x.Src.Equal(r.Src) && x.Priority == r.Priority {
			return true
		}
	}
	return false
}

// gone forgives that something was removed already.
func gone(err error) error {
	if errors.Is(err, unix.ESRCH) || errors.Is(err, unix.EADDRNOTAVAIL) || errors.Is(err, unix.ENODEV) {
		return nil
	}
	return err
}

func ipNet(p netip.Prefix) *net.IPNet {
	return &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), 32)}
}

// prefixOf is the inverse of ipNet; a nil network is the default route's.
func prefixOf(n *net.IPNet) netip.Prefix {
	if n == nil {
		return netip.PrefixFrom(netip.IPv4Unspecified(), 0)
	}
	addr, _ := netip.AddrFromSlice(n.IP.To4())
	bits, _ := n.Mask.Size()
	return netip.PrefixFrom(addr, bits)
}
