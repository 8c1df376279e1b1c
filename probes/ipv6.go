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
// router advertisements (RFC 4861) since the cable is in. It passes whatever the answer. A kernel that learns nothing
// says nothing, unless somebody else has set addresses and routes.
type IPv6 struct {
	Via via.Interface
}

// Look implements Probe. It uses Name where it is known, and SIPv6.
func (p IPv6) Look(_ context.Context, known facts.Facts) Result {
	found, err := p.own()
	why := ipv6Deaf(string(p.Via))
	switch {
	case why != "" && !found.Present():
		return Result{Outcome: facts.NotRun, Saw: words.Said("saw.ipv6-unlooked", "why", why)}
	case err != nil:
		return Result{Outcome: facts.Broken, Saw: words.Said("saw.ipv6-broken", "error", err)}
	}
	found.Provider = ipv6Provider(known.Name)
	if len(found.Provider) > 0 {
		found.Own = ipv6Way(p.Via, found.Provider[0])
	}
	return Result{Outcome: facts.Passed, Saw: ipv6Sentence(found, known), File: func(f *facts.Facts) { f.IPv6 = &found }}
}

// own reads the kernel's addresses and routes.
func (p IPv6) own() (facts.IPv6, error) {
	found := facts.IPv6{Addrs: []netip.Addr{}, Provider: []netip.Addr{}}
	link, err := netlink.LinkByName(string(p.Via))
	if err != nil {
		return found, err
	}
	addrs, err := netlink.AddrList(link, netlink.FAMILY_V6)
	if err != nil {
		return found, err
	}
	for _, a := range addrs {
		if own, ok := netip.AddrFromSlice(a.IP); ok && own.IsGlobalUnicast() {
			found.Addrs = append(found.Addrs, own)
		}
	}
	routes, err := netlink.RouteList(link, netlink.FAMILY_V6)
	for _, r := range routes {
		if via, ok := netip.AddrFromSlice(r.Gw); ok && ipv6Default(r.Dst) {
			found.Router = via
		}
	}
	return found, err
}

// ipv6Provider are the IPv6 addresses that the name leads to, the servers' first.
func ipv6Provider(name *facts.Name) []netip.Addr {
	all := []netip.Addr{}
	add := func(a netip.Addr) {
		if a.Is6() && !slices.Contains(all, a) {
			all = append(all, a)
		}
	}
	if name == nil {
		return all
	}
	for _, t := range name.Six {
		add(t.Addr.Addr())
	}
	for _, a := range name.Answers {
		for _, addr := range a.Addrs {
			if a.Type == "AAAA" {
				add(addr)
			}
		}
	}
	return all
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
		return words.Said("saw.ipv6-no-interface")
	case setting("disable_ipv6") != "0":
		return words.Said("saw.ipv6-off")
	case setting("accept_ra") == "0", setting("forwarding") == "1" && setting("accept_ra") != "2":
		return words.Said("saw.ipv6-deaf")
	}
	return ""
}

// ipv6Sentence says what both sides have, and by which of the two the trunk was tested.
func ipv6Sentence(f facts.IPv6, known facts.Facts) string {
	here := f.Present()
	only := known.Name != nil && len(known.Name.OnlyIPv6()) > 0
	switch {
	case len(f.Provider) == 0 && here:
		return words.Said("saw.ipv6-here-none")
	case len(f.Provider) == 0:
		return words.Said("saw.ipv6-not-none")
	case known.Name.ByIPv6() && here:
		return words.Said("saw.ipv6-here-tested", "address", f.Provider[0])
	case known.Name.ByIPv6():
		return words.Said("saw.ipv6-not-tested", "address", f.Provider[0])
	case only && here:
		return words.Said("saw.ipv6-here-only", "address", f.Provider[0])
	case only:
		return words.Said("saw.ipv6-not-only", "address", f.Provider[0])
	case !here:
		return words.Said("saw.ipv6-trap", "address", f.Provider[0])
	case known.SIPv6 == nil:
		return words.Said("saw.ipv6-both", "address", f.Provider[0])
	case slices.ContainsFunc(known.SIPv6.Targets, answered):
		return words.Said("saw.ipv6-both-answered", "address", f.Provider[0])
	}
	return words.Said("saw.ipv6-both-silent", "address", f.Provider[0])
}
