package netsetup

import (
	"net/netip"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"trunktester/probes/facts"
)

// configured reads what the interface has, and changes nothing: the first address that leads somewhere, the
// default route of this interface with the lowest metric, and the machine's resolvers.
func configured(l netlink.Link, resolverFiles ...string) (facts.Address, error) {
	found, name := emptyAddress(), l.Attrs().Name
	addrs, err := netlink.AddrList(l, netlink.FAMILY_V4)
	if err != nil {
		return found, failed(err, needsAdmin, "list the addresses of %s", name)
	}
	for _, a := range addrs {
		if p := prefixOf(a.IPNet); !found.Prefix.IsValid() || found.Prefix.Addr().IsLinkLocalUnicast() {
			found.Prefix = p
		}
	}
	if found.Gateway, err = defaultGateway(l); err != nil {
		return found, err
	}
	if found.DNS, err = resolvers(resolverFiles...); err != nil {
		return found, err
	}
	if found.Prefix.IsValid() {
		found.Refused = Unfit(found.Prefix, found.Gateway)
	}
	return found, nil
}

// defaultGateway is zero when the interface has no default route, or one without a router.
func defaultGateway(l netlink.Link) (netip.Addr, error) {
	routes, err := netlink.RouteListFiltered(netlink.FAMILY_V4,
		&netlink.Route{LinkIndex: l.Attrs().Index, Table: unix.RT_TABLE_MAIN}, netlink.RT_FILTER_OIF|netlink.RT_FILTER_TABLE)
	if err != nil {
		return netip.Addr{}, failed(err, needsAdmin, "list the routes of %s", l.Attrs().Name)
	}
	var gateway netip.Addr
	best := -1
	for _, r := range routes {
		via, ok := netip.AddrFromSlice(r.Gw.To4())
		if ok && prefixOf(r.Dst).Bits() == 0 && (best < 0 || r.Priority < best) {
			gateway, best = via, r.Priority
		}
	}
	return gateway, nil
}
