package probes

import (
	"context"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/vishvananda/netlink"

	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
	"trunktester/probes/via"
)

// IPv6 asks: does this network have IPv6, and does the provider's name? It reads what the kernel learnt from
// router advertisements (RFC 4861) since the cable is in. It passes whatever the answer: the trunk is tested by
// IPv4. A kernel that learns nothing says nothing.
type IPv6 struct {
	Via via.Interface
}

// Look implements Probe. It uses Name where it is known.
func (p IPv6) Look(_ context.Context, known facts.Facts) Result {
	if why := ipv6Deaf(string(p.Via)); why != "" {
		return Result{Outcome: facts.NotRun, Saw: words.Said("saw.ipv6-unlooked", "why", why)}
	}
	found := facts.IPv6{Addrs: []netip.Addr{}, Provider: []netip.Addr{}}
	link, err := netlink.LinkByName(string(p.Via))
	if err != nil {
		return Result{Outcome: facts.Broken, Saw: words.Said("saw.ipv6-addresses", "error", err)}
	}
	addrs, err := netlink.AddrList(link, netlink.FAMILY_V6)
	if err != nil {
		return Result{Outcome: facts.Broken, Saw: words.Said("saw.ipv6-addresses", "error", err)}
	}
	for _, a := range addrs {
		if own, ok := netip.AddrFromSlice(a.IP); ok && own.IsGlobalUnicast() {
			found.Addrs = append(found.Addrs, own)
		}
	}
	routes, err := netlink.RouteList(link, netlink.FAMILY_V6)
	if err != nil {
		return Result{Outcome: facts.Broken, Saw: words.Said("saw.ipv6-routes", "error", err)}
	}
	for _, r := range routes {
		if via, ok := netip.AddrFromSlice(r.Gw); ok && ipv6Default(r.Dst) {
			found.Router = via
		}
	}
	if known.Name != nil {
		for _, a := range known.Name.Answers {
			for _, addr := range a.Addrs {
				if a.Type == "AAAA" && addr.Is6() && !slices.Contains(found.Provider, addr) {
					found.Provider = append(found.Provider, addr)
				}
			}
		}
	}
	return Result{Outcome: facts.Passed, Saw: ipv6Sentence(found, known.Name != nil && len(known.Name.OnlyIPv6()) > 0), File: func(f *facts.Facts) { f.IPv6 = &found }}
}

func ipv6Default(dst *net.IPNet) bool {
	if dst == nil {
		return true
	}
	ones, _ := dst.Mask.Size()
	return ones == 0
}

// ipv6Deaf is why the kernel learns nothing from routers on the interface, "" when it does (ip-sysctl).
func ipv6Deaf(name string) string {
	setting := func(key string) string {
		b, err := os.ReadFile(filepath.Join("/proc/sys/net/ipv6/conf", name, key))
		if err != nil {
			return ""
		}
		return strings.TrimSpace(string(b))
	}
	switch {
	case name == "":
		return "no interface is named."
	case setting("disable_ipv6") != "0":
		return words.Said("saw.ipv6-off")
	case setting("accept_ra") == "0", setting("forwarding") == "1" && setting("accept_ra") != "2":
		return "this machine takes no router advertisements."
	}
	return ""
}

// ipv6Sentence: only says that the provider's name has no IPv4 address.
func ipv6Sentence(f facts.IPv6, only bool) string {
	here := f.Present()
	switch {
	case len(f.Provider) == 0 && here:
		return words.Said("saw.ipv6-here-none")
	case len(f.Provider) == 0:
		return words.Said("saw.ipv6-not-none")
	case only && here:
		return words.Said("saw.ipv6-here-only", "address", f.Provider[0])
	case only:
		return words.Said("saw.ipv6-not-only", "address", f.Provider[0])
	case here:
		return words.Said("saw.ipv6-both", "address", f.Provider[0])
	}
	return words.Said("saw.ipv6-trap", "address", f.Provider[0])
}
