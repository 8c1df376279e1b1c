package netsetup

import (
	"context"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/vishvananda/netlink"

	"trunktester/netsetup/netnstest"
	"trunktester/probes/facts"
)

// state is everything that the kernel has on the interface, as far as a setup could change it.
type state struct {
	Addrs, Routes []string
	Up            bool
}

func stateOf(t *testing.T, ifname string) state {
	t.Helper()
	l, err := netlink.LinkByName(ifname)
	if err != nil {
		t.Fatal(err)
	}
	s := state{Up: l.Attrs().Flags&net.FlagUp != 0}
	addrs, err := netlink.AddrList(l, netlink.FAMILY_V4)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range addrs {
		s.Addrs = append(s.Addrs, a.String())
	}
	routes, err := netlink.RouteList(l, netlink.FAMILY_V4)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range routes {
		s.Routes = append(s.Routes, r.String())
	}
	return s
}

func within(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}

func acquire(t *testing.T, s *Setup, d time.Duration) facts.Address {
	t.Helper()
	a, err := s.Acquire(within(t, d))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func addr(s string) netip.Addr     { return netip.MustParseAddr(s) }
func prefix(s string) netip.Prefix { return netip.MustParsePrefix(s) }

// TestDnsmasq gets a lease from a real server, uses it, applies it twice, and takes it away again.
func TestDnsmasq(t *testing.T) {
	lan := netnstest.New(t, "eth0")
	router := lan.Host("192.168.50.1/24")
	router.Dnsmasq("--dhcp-range=192.168.50.100,192.168.50.150,255.255.255.0,1h",
		"--dhcp-option=option:router,192.168.50.1", "--dhcp-option=option:dns-server,192.168.50.1,192.168.50.2",
		"--dhcp-option=option:ntp-server,192.168.50.3")
	before := stateOf(t, "eth0")

	resolv := filepath.Join(t.TempDir(), "resolv.conf")
	s := New(Plan{Mode: DHCP, Metric: 20, ResolvFile: resolv})
	raiseLink(t, s)
	got := acquire(t, s, 15*time.Second)
	if !prefix("192.168.50.0/24").Contains(got.Prefix.Addr()) {
		t.Fatalf("the prefix is %s", got.Prefix)
	}
	want := facts.Address{Mode: "dhcp", Prefix: netip.PrefixFrom(got.Prefix.Addr(), 24), Gateway: addr("192.168.50.1"),
		DNS: []netip.Addr{addr("192.168.50.1"), addr("192.168.50.2")}, NTP: []netip.Addr{addr("192.168.50.3")},
		Server: addr("192.168.50.1"), Lease: facts.Duration(time.Hour), Discovers: got.Discovers, Waited: got.Waited,
		Declined: []netip.Addr{}}
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b netip.Addr) bool { return a == b }),
		cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })); diff != "" {
		t.Error(diff)
	}
	if got.Discovers < 1 {
		t.Errorf("%d DISCOVERs", got.Discovers)
	}
	if b, err := os.ReadFile(resolv); err != nil || string(b) != "nameserver 192.168.50.1\nnameserver 192.168.50.2\n" {
		t.Errorf("resolver file: %q, %v", b, err)
	}
	conn, err := net.Dial("udp4", "203.0.113.9:9") // a route lookup, no packet
	if err != nil {
		t.Fatalf("no route to the outside: %v", err)
	}
	if local := conn.LocalAddr().(*net.UDPAddr).AddrPort().Addr(); local != got.Prefix.Addr() {
		t.Errorf("packets leave from %s", local)
	}
	conn.Close()

	once := stateOf(t, "eth0")
	if again := acquire(t, s, 15*time.Second); again.Prefix != got.Prefix {
		t.Errorf("the second lease is %s, the first %s", again.Prefix, got.Prefix)
	}
	if diff := cmp.Diff(once, stateOf(t, "eth0")); diff != "" {
		t.Errorf("applying twice changed:\n%s", diff)
	}

	for range 2 {
		if err := s.Undo(); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(before, stateOf(t, "eth0")); diff != "" {
			t.Errorf("after Undo:\n%s", diff)
		}
	}
}
