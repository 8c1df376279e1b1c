package facts

import (
	"net/netip"
	"slices"
	"strings"
)

// IPv6 is whether this network has IPv6, beside whether the provider's name has. (light 2)
type IPv6 struct {
	Addrs    []netip.Addr `json:"addrs"`    // the box's own, of global scope
	Router   netip.Addr   `json:"router"`   // who offers to carry IPv6; zero for nobody
	Provider []netip.Addr `json:"provider"` // that the provider's name leads to
	Own      netip.Addr   `json:"own"`      // what the box sends from to them; zero where it has no way to them
}

// Present reports whether a router offers IPv6, or gave an address.
func (v IPv6) Present() bool { return v.Router.IsValid() || len(v.Addrs) > 0 }

// ByIPv6 reports whether the trunk is tested by IPv6, since its name has no IPv4 address.
func (n *Name) ByIPv6() bool { return n != nil && len(n.Targets) > 0 && n.Targets[0].Addr.Addr().Is6() }

// OnlyIPv6 are the IPv6 addresses that the resolvers given lead the name to where they know no IPv4 address for it, and
// the box has no way to them; none where it has one, or where that question was not answered. A literal needs no
// resolver.
func (n Name) OnlyIPv6() (six []netip.Addr) {
	if len(n.Targets) > 0 {
		return nil
	}
	none := false
	for _, a := range n.Answers {
		none = none || a.Type == "A" && a.Answer == Answered && a.Rcode == "NOERROR"
		for _, addr := range a.Addrs {
			switch {
			case addr.Unmap().Is4():
				return nil
			case a.Type == "AAAA" && addr.IsGlobalUnicast() && !slices.Contains(six, addr):
				six = append(six, addr)
			}
		}
	}
	if literal, _ := netip.ParseAddr(strings.Trim(n.Asked, "[]")); literal.Is6() {
		return []netip.Addr{literal}
	}
	if !none {
		return nil
	}
	return six
}
