package netsetup

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/vishvananda/netlink"

	"trunktester/netsetup/netnstest"
)

func static(t *testing.T, a, gateway string) *Setup {
	t.Helper()
	s := New(Plan{Interface: "eth0", Mode: Static, Address: prefix(a), Gateway: addr(gateway), Metric: 20})
	raiseLink(t, s)
	return s
}

func eth0(t *testing.T) netlink.Link {
	t.Helper()
	l, err := netlink.LinkByName("eth0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestStaticAndUndo(t *testing.T) {
	netnstest.New(t, "eth0")
	before := stateOf(t, "eth0")
	s := static(t, "192.168.1.50/24", "192.168.1.1")
	got := acquire(t, s, time.Second)
	if got.Prefix != prefix("192.168.1.50/24") || got.Refused != "" || got.Lease != 0 || got.Mode != "static" {
		t.Errorf("got %+v", got)
	}
	once := stateOf(t, "eth0")
	if len(once.Addrs) != 1 || len(once.Routes) != 2 {
		t.Errorf("applied: %+v", once)
	}
	acquire(t, s, time.Second)
	if diff := cmp.Diff(once, stateOf(t, "eth0")); diff != "" {
		t.Errorf("applying twice changed:\n%s", diff)
	}
	if err := s.Undo(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, stateOf(t, "eth0")); diff != "" {
		t.Errorf("after Undo:\n%s", diff)
	}
}

// TestAfterKilledRun: a run that was killed left an address and routes; the next one takes them away, or takes
// them over where it wants the same.
func TestAfterKilledRun(t *testing.T) {
	for _, killed := range []string{"192.168.1.50/24", "192.168.1.60/24", "10.0.0.5/8"} {
		t.Run(killed, func(t *testing.T) {
			netnstest.New(t, "eth0")
			before := stateOf(t, "eth0")
			acquire(t, static(t, killed, prefix(killed).Masked().Addr().Next().String()), time.Second)
			s := static(t, "192.168.1.50/24", "192.168.1.1")
			acquire(t, s, time.Second)
			if now := stateOf(t, "eth0"); len(now.Addrs) != 1 || !strings.HasPrefix(now.Addrs[0], "192.168.1.50/24") || len(now.Routes) != 2 {
				t.Errorf("after the second run: %+v", now)
			}
			if err := s.Undo(); err != nil {
				t.Fatal(err)
			}
			after := stateOf(t, "eth0")
			if before.Up = true; !cmp.Equal(before, after) { // the killed run had set it up
				t.Errorf("after Undo: %s", cmp.Diff(before, after))
			}
		})
	}
}

// TestLeavesOthersAlone: an address that the machine had, its routes, and another interface's default route of
// the same metric stay as they were.
func TestLeavesOthersAlone(t *testing.T) {
	netnstest.New(t, "eth0")
	netnstest.New(t, "eth1")
	own := func(ifname, a, gateway string) {
		t.Helper()
		l, err := netlink.LinkByName(ifname)
		if err != nil {
			t.Fatal(err)
		}
		for _, err := range []error{
			netlink.LinkSetUp(l),
			netlink.AddrAdd(l, &netlink.Addr{IPNet: ipNet(prefix(a))}),
			netlink.RouteAdd(&netlink.Route{LinkIndex: l.Attrs().Index, Gw: addr(gateway).AsSlice(), Priority: map[string]int{"eth0": 100, "eth1": 20}[ifname]}),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	own("eth0", "192.168.1.50/24", "192.168.1.254")
	own("eth1", "172.16.0.5/16", "172.16.0.1")
	before, other := stateOf(t, "eth0"), stateOf(t, "eth1")

	s := static(t, "192.168.1.50/24", "192.168.1.1")
	acquire(t, s, time.Second)
	now := stateOf(t, "eth0")
	if diff := cmp.Diff(before.Addrs, now.Addrs); diff != "" {
		t.Errorf("the address that was there changed:\n%s", diff)
	}
	if len(now.Routes) != len(before.Routes)+1 {
		t.Errorf("routes: %s", strings.Join(now.Routes, "\n"))
	}
	if diff := cmp.Diff(other, stateOf(t, "eth1")); diff != "" {
		t.Errorf("the other interface changed:\n%s", diff)
	}
	if err := s.Undo(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, stateOf(t, "eth0")); diff != "" {
		t.Errorf("after Undo:\n%s", diff)
	}
	if diff := cmp.Diff(other, stateOf(t, "eth1")); diff != "" {
		t.Errorf("the other interface after Undo:\n%s", diff)
	}
}

// TestLifetime: the kernel takes a leased address and its routes away by itself when nobody renews.
func TestLifetime(t *testing.T) {
	netnstest.New(t, "eth0")
	raiseLink(t, New(Plan{Interface: "eth0", Mode: Static}))
	if err := apply(eth0(t), config{prefix: prefix("192.168.1.50/24"), valid: time.Second, gateway: addr("192.168.1.1")}); err != nil {
		t.Fatal(err)
	}
	if now := stateOf(t, "eth0"); len(now.Addrs) != 1 || len(now.Routes) != 2 {
		t.Fatalf("applied: %+v", now)
	}
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		if now := stateOf(t, "eth0"); len(now.Addrs) == 0 && len(now.Routes) == 0 {
			return
		} else if time.Now().After(deadline) {
			t.Fatalf("still there: %+v", now)
		}
	}
}

func TestClasslessRoutes(t *testing.T) {
	netnstest.New(t, "eth0")
	raiseLink(t, New(Plan{Interface: "eth0", Mode: Static}))
	c := config{prefix: prefix("192.168.1.50/24"), valid: Forever, gateway: addr("192.168.1.1"),
		routes: []Route{{Dst: prefix("198.51.100.0/24"), Gateway: addr("192.168.1.9")}}}
	for range 2 {
		if err := apply(eth0(t), c); err != nil {
			t.Fatal(err)
		}
	}
	routes, err := netlink.RouteGet(net.IPv4(198, 51, 100, 7))
	if err != nil || len(routes) != 1 || !routes[0].Gw.Equal(net.IPv4(192, 168, 1, 9)) {
		t.Errorf("route to the provider: %v, %v", routes, err)
	}
}

func TestConfigured(t *testing.T) {
	netnstest.New(t, "eth0")
	resolv := filepath.Join(t.TempDir(), "resolv.conf")
	stub := filepath.Join(t.TempDir(), "stub.conf")
	write := func(name, s string) {
		if err := os.WriteFile(name, []byte(s), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(stub, "nameserver 127.0.0.53\noptions edns0\n")
	write(resolv, "# by hand\nsearch example.net\nnameserver 192.168.1.1\nnameserver fe80::1%eth0\nnameserver nonsense\n")
	empty, err := configured(eth0(t), stub, resolv)
	if err != nil || empty.Prefix.IsValid() || empty.Refused != "" {
		t.Errorf("without an address: %+v, %v", empty, err)
	}
	acquire(t, static(t, "192.168.1.50/24", "192.168.1.1"), time.Second)
	before := stateOf(t, "eth0")
	got, err := configured(eth0(t), stub, resolv)
	if err != nil || got.Prefix != prefix("192.168.1.50/24") || got.Gateway != addr("192.168.1.1") || got.Refused != "" ||
		!slices.Equal(got.DNS, []netip.Addr{addr("192.168.1.1"), addr("fe80::1%eth0")}) {
		t.Errorf("got %+v, %v", got, err)
	}
	s := New(Plan{Interface: "eth0", Mode: Configured})
	acquire(t, s, time.Second)
	if err := s.Undo(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, stateOf(t, "eth0")); diff != "" {
		t.Errorf("-no-setup changed:\n%s", diff)
	}
}

func TestResolversOfStubOnly(t *testing.T) {
	stub := filepath.Join(t.TempDir(), "resolv.conf")
	if err := os.WriteFile(stub, []byte("nameserver 127.0.0.53\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	got, err := resolvers(stub, filepath.Join(t.TempDir(), "missing"))
	if err != nil || !slices.Equal(got, []netip.Addr{addr("127.0.0.53")}) {
		t.Errorf("got %s, %v", got, err)
	}
}

func TestVLAN(t *testing.T) {
	netnstest.New(t, "eth0")
	before := stateOf(t, "eth0")
	s := New(Plan{Interface: "eth0", Mode: Static, Address: prefix("192.168.7.50/24"), Gateway: addr("192.168.7.1"), VLAN: 7})
	name, _, err := s.Up()
	if none := (*NoVLAN)(nil); errors.As(err, &none) {
		netnstest.Skip(t, err.Error())
	}
	if err != nil || name != "eth0.7" {
		t.Fatalf("Up gave %q, %v", name, err)
	}
	if again, _, err := s.Up(); err != nil || again != name {
		t.Errorf("Up again gave %q, %v", again, err)
	}
	acquire(t, s, time.Second)
	if now := stateOf(t, "eth0.7"); len(now.Addrs) != 1 {
		t.Errorf("on the VLAN: %+v", now)
	}
	if err := s.Undo(); err != nil {
		t.Fatal(err)
	}
	if _, err := netlink.LinkByName("eth0.7"); err == nil {
		t.Error("the VLAN interface is still there")
	}
	if diff := cmp.Diff(before, stateOf(t, "eth0")); diff != "" {
		t.Errorf("after Undo:\n%s", diff)
	}
}

func TestLabelFits(t *testing.T) {
	for name, want := range map[string]string{"eth0": "eth0:tt", "enx001122334455": "enx001122334:tt"} {
		if got := label(name); got != want {
			t.Errorf("label of %s is %q", name, got)
		}
	}
}
