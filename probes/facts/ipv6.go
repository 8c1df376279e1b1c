package facts

import "net/netip"

// IPv6 is whether this network has IPv6, beside whether the provider's name has. Information only. (light 2)
type IPv6 struct {
	Addrs    []netip.Addr `json:"addrs"`    // the box's own, of global scope
	Router   netip.Addr   `json:"router"`   // who offers to carry IPv6; zero for nobody
	Provider []netip.Addr `json:"provider"` // that the provider's name leads to
}

// Present reports whether a router offers IPv6, or gave an address.
func (v IPv6) Present() bool { return v.Router.IsValid() || len(v.Addrs) > 0 }
