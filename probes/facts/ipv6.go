package facts

import (
	"net/netip"
	"slices"
)

// IPv6 is whether this network has IPv6, beside whether the provider's name has. Information only. (light 2)
type IPv6 struct {
	Addrs    []netip.Addr `json:"addrs"`    // the box's own, of global scope
	Router   netip.Addr   `json:"router"`   // who offers to carry IPv6; zero for nobody
	Provider []netip.Addr `json:"provider"` // that the provider's name leads to
}

// Present reports whether a router offers IPv6, or gave an address.
func (v IPv6) Present() bool { return v.Router.IsValid() || len(v.Addrs) > 0 }

// OnlyIPv6 are the IPv6 addresses that the resolvers given lead the name to where they know no IPv4 address for it;
// none where it has one, or where that question was not answered.
func (n Name) OnlyIPv6() (six []netip.Addr) {
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
	if !none || len(n.Targets) > 0 {
		return nil
	}
	return six
}
