package netsetup

import (
	"errors"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/vishvananda/netlink"

	"trunktester/netsetup/netnstest"
)

// six is what the kernel has of IPv6 on eth0: its addresses of global scope, its routers, and its settings.
type six struct {
	Addrs, Routers []string
	Off, Accept    string
}

func sixOf(t *testing.T) six {
	t.Helper()
	found := six{Off: setting(t, "disable_ipv6"), Accept: setting(t, "accept_ra")}
	addrs, err := netlink.AddrList(eth0(t), netlink.FAMILY_V6)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range addrs {
		if own, _ := netip.AddrFromSlice(a.IP); own.IsGlobalUnicast() {
			found.Addrs = append(found.Addrs, own.String())
		}
	}
	routes, err := netlink.RouteList(eth0(t), netlink.FAMILY_V6)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range routes {
		if r.Gw != nil {
			found.Routers = append(found.Routers, r.Gw.String())
		}
	}
	return found
}

func setting(t *testing.T, key string) string {
	t.Helper()
	b, err := os.ReadFile(ipv6File("eth0", key))
	if errors.Is(err, os.ErrNotExist) {
		netnstest.Skip(t, "this kernel has no IPv6")
	}
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(b))
}

func set(t *testing.T, key, value string) {
	t.Helper()
	if err := os.WriteFile(ipv6File("eth0", key), []byte(value), 0); err != nil {
		t.Fatal(err)
	}
}

// TestIPv6 takes the prefix that a real router advertises, on an interface where IPv6 was switched off, and leaves it
// as it was. The address by DHCP does not wait for it.
func TestIPv6(t *testing.T) {
	lan := netnstest.New(t, "eth0")
	set(t, "disable_ipv6", "1")
	set(t, "accept_ra", "0")
	before := sixOf(t)
	router := lan.Host("192.168.50.1/24", "2001:db8:50::1/64")
	router.Dnsmasq("--dhcp-range=192.168.50.100,192.168.50.150,255.255.255.0,1h", "--enable-ra", "--dhcp-range=2001:db8:50::,ra-only",
		"--dhcp-option=option:router,192.168.50.1")

	s := New(Plan{Mode: DHCP})
	raiseLink(t, s)
	if got := acquire(t, s, 15*time.Second); !got.Prefix.IsValid() {
		t.Fatalf("no address by DHCP: %+v", got)
	}
	var now six
	for until := time.Now().Add(15 * time.Second); time.Now().Before(until); time.Sleep(50 * time.Millisecond) {
		if now = sixOf(t); len(now.Addrs) > 0 && len(now.Routers) > 0 {
			break
		}
	}
	if len(now.Addrs) != 1 || !strings.HasPrefix(now.Addrs[0], "2001:db8:50::") && !strings.HasPrefix(now.Addrs[0], "2001:db8:50:0:") || len(now.Routers) != 1 {
		t.Fatalf("IPv6 of the router: %+v", now)
	}
	raiseLink(t, s)                                   // twice changes nothing, and forgets nothing
	again := New(Plan{Mode: DHCP, Interface: "eth0"}) // as after a run that was killed
	raiseLink(t, again)
	if len(again.ipv6) != 3 {
		t.Errorf("a killed run's IPv6 is not known: %+v", again.ipv6)
	}
	for range 2 {
		if err := s.Undo(); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(before, sixOf(t)); diff != "" {
			t.Errorf("after Undo:\n%s", diff)
		}
	}
}

// Where IPv6 is on and the link up, its owner has chosen how: nothing is changed.
func TestIPv6LeftAlone(t *testing.T) {
	netnstest.New(t, "eth0")
	set(t, "disable_ipv6", "0")
	if err := netlink.LinkSetUp(eth0(t)); err != nil {
		t.Fatal(err)
	}
	set(t, "accept_ra", "0")
	s := New(Plan{Interface: "eth0", Mode: Static})
	raiseLink(t, s)
	if setting(t, "accept_ra") != "0" || s.ipv6 != nil {
		t.Errorf("changed: %+v", s.ipv6)
	}
}

// A machine that forwards hears routers only when it is told to.
func TestIPv6Forwarding(t *testing.T) {
	netnstest.New(t, "eth0")
	if err := netlink.LinkSetDown(eth0(t)); err != nil {
		t.Fatal(err)
	}
	set(t, "forwarding", "1")
	set(t, "accept_ra", "1")
	s := New(Plan{Interface: "eth0", Mode: Static})
	raiseLink(t, s)
	if got := setting(t, "accept_ra"); got != "2" {
		t.Errorf("accept_ra is %s", got)
	}
	if err := s.Undo(); err != nil || setting(t, "accept_ra") != "1" {
		t.Errorf("after Undo: %v %s", err, setting(t, "accept_ra"))
	}
	if _, _, err := New(Plan{Interface: "eth0", Mode: Configured}).Up(); err != nil || setting(t, "accept_ra") != "1" {
		t.Error("an interface that is used as it is was changed", err)
	}
}
