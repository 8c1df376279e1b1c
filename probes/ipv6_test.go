package probes

import (
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"

	"github.com/vishvananda/netlink"

	"trunktester/probes/facts"
)

func TestIPv6(t *testing.T) {
	t.Parallel()
	if !ownNet(t) {
		return
	}
	newOwnNetWorld(t)
	both := dnsGiven()
	both.Name = &facts.Name{Answers: []facts.NameAnswer{
		{Type: "A", Addrs: []netip.Addr{netip.MustParseAddr("198.51.100.5")}},
		{Type: "AAAA", Addrs: []netip.Addr{netip.MustParseAddr("2001:db8::5")}},
	}}
	look := func(known facts.Facts, want string) facts.IPv6 {
		t.Helper()
		r := IPv6{Via: "near"}.Look(t.Context(), known)
		if r.Outcome != facts.Passed || !strings.Contains(r.Saw, want) {
			t.Errorf("%s %q, want %q", r.Outcome, r.Saw, want)
			return facts.IPv6{}
		}
		return *dnsFiled(t, r).IPv6
	}
	look(dnsGiven(), "has no IPv6; the provider's name has no IPv6 address")
	if f := look(both, "Set it to IPv4"); f.Present() || len(f.Provider) != 1 {
		t.Errorf("%+v", f)
	}

	near, err := netlink.LinkByName("near")
	if err != nil {
		t.Fatal(err)
	}
	addr, _ := netlink.ParseAddr("2001:db8:1::7/64")
	if err := netlink.AddrAdd(near, addr); err != nil {
		t.Fatal(err)
	}
	if f := look(both, "may use either"); len(f.Addrs) != 1 || f.Router.IsValid() {
		t.Errorf("an address: %+v", f)
	}
	if err := netlink.AddrDel(near, addr); err != nil {
		t.Fatal(err)
	}
	gateway := net.ParseIP("fe80::1")
	if err := netlink.RouteAdd(&netlink.Route{LinkIndex: near.Attrs().Index, Gw: gateway}); err != nil {
		t.Fatal(err)
	}
	if f := look(dnsGiven(), "has IPv6; the provider's name has no"); f.Router.String() != "fe80::1" {
		t.Errorf("a router: %+v", f)
	}

	if err := os.WriteFile("/proc/sys/net/ipv6/conf/near/accept_ra", []byte("0"), 0o644); err != nil {
		t.Fatal(err)
	}
	look(both, "may use either") // somebody else has set the route
	if err := netlink.RouteDel(&netlink.Route{LinkIndex: near.Attrs().Index, Gw: gateway}); err != nil {
		t.Fatal(err)
	}
	if r := (IPv6{Via: "near"}).Look(t.Context(), both); r.Outcome != facts.NotRun || r.File != nil {
		t.Errorf("a machine that takes no advertisements: %s %q", r.Outcome, r.Saw)
	}
}
