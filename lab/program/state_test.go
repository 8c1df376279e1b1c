package program_test

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"trunktester/lab"
)

// inside runs fn in the box's network.
func (b *box) inside(fn func() error) {
	b.t.Helper()
	if err := b.Box.Do(fn); err != nil {
		b.t.Fatal(err)
	}
}

// state is what a run may change on a machine: links, addresses, routes and the resolver file.
func (b *box) state() []string {
	b.t.Helper()
	var lines []string
	b.inside(func() error {
		links, err := netlink.LinkList()
		if err != nil {
			return err
		}
		for _, l := range links {
			a := l.Attrs()
			lines = append(lines, fmt.Sprintf("link %s %v mtu %d", a.Name, a.Flags&net.FlagUp, a.MTU))
		}
		addrs, err := netlink.AddrList(nil, netlink.FAMILY_ALL)
		if err != nil {
			return err
		}
		for _, a := range addrs {
			lines = append(lines, fmt.Sprintf("address %v label %q lifetime %d", a.IPNet, a.Label, a.ValidLft))
		}
		routes, err := netlink.RouteListFiltered(netlink.FAMILY_ALL, &netlink.Route{Table: unix.RT_TABLE_UNSPEC}, netlink.RT_FILTER_TABLE)
		if err != nil {
			return err
		}
		for _, r := range routes {
			lines = append(lines, fmt.Sprintf("route %v", r))
		}
		return nil
	})
	slices.Sort(lines)
	resolvers, err := os.ReadFile("/etc/resolv.conf")
	if err != nil {
		resolvers = []byte(err.Error())
	}
	return append(lines, fmt.Sprintf("resolvers %q", resolvers))
}

// unchanged says that everything is as it was.
func (b *box) unchanged(before []string) {
	b.t.Helper()
	if after := b.state(); !slices.Equal(before, after) {
		b.t.Errorf("before:\n%s\nafter:\n%s", strings.Join(before, "\n"), strings.Join(after, "\n"))
	}
}

// configure sets the box's interface up by hand, as a laptop's own network manager would.
func (b *box) configure() {
	b.t.Helper()
	b.inside(func() error {
		link, err := netlink.LinkByName("eth0")
		if err != nil {
			return err
		}
		addr, err := netlink.ParseAddr(lab.PoolFirst + "/24")
		if err != nil {
			return err
		}
		if err := netlink.AddrAdd(link, addr); err != nil {
			return err
		}
		return netlink.RouteAdd(&netlink.Route{LinkIndex: link.Attrs().Index, Gw: net.ParseIP(lab.RouterLAN)})
	})
}

// addresses are those of the box's interface.
func (b *box) addresses() (all []netip.Prefix) {
	b.t.Helper()
	b.inside(func() error {
		link, err := netlink.LinkByName("eth0")
		if err != nil {
			return err
		}
		addrs, err := netlink.AddrList(link, netlink.FAMILY_V4)
		for _, a := range addrs {
			all = append(all, netip.MustParsePrefix(a.IPNet.String()))
		}
		return err
	})
	return all
}

// setLink sets the box's interface up or down.
func (b *box) setLink(up bool) {
	b.t.Helper()
	b.inside(func() error {
		link, err := netlink.LinkByName("eth0")
		if err != nil {
			return err
		}
		if up {
			return netlink.LinkSetUp(link)
		}
		return netlink.LinkSetDown(link)
	})
}

// open lets every user read what lies in the box's folder.
func (b *box) open() {
	b.t.Helper()
	for dir := b.folder; len(dir) > len(os.TempDir()); dir = dir[:strings.LastIndexByte(dir, '/')] {
		if err := os.Chmod(dir, 0o755); err != nil {
			b.t.Fatal(err)
		}
	}
}
