package verdict

import (
	"net/netip"
	"slices"
	"strings"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
)

// line judges light 1: is the box properly connected to the router?
func line(in Input) []candidate {
	var found []candidate
	f := in.Facts
	if l := f.Link; l != nil && !l.Carrier {
		return []candidate{{code: "1-1", kind: catalogue.Stops,
			text: words.Said("verdict.no-signal", "port", l.Interface, "time", l.Waited)}}
	}
	if a := f.Address; a != nil {
		found = append(found, address(in, *a)...)
	}
	if a := f.Address; a != nil && a.Prefix.IsValid() {
		found = append(found, dataNetwork(in)...)
	}
	if g := f.Gateway; !stops(found) && g != nil && g.MAC == "" && g.ARPSent >= arpTries {
		found = append(found, candidate{code: "1-3", kind: catalogue.Stops,
			text: words.Said("verdict.arp-silent", "router", g.Addr, "n", g.ARPSent)})
	}
	if o := f.Offers; o != nil {
		found = append(found, twoServers(*o)...)
	}
	if c := f.Conflict; c != nil {
		found = append(found, duplicate(f, *c)...)
	}
	return append(append(found, poorLink(f)...), lanLoss(f)...)
}

func address(in Input, a facts.Address) []candidate {
	switch {
	case !a.Prefix.IsValid() && len(a.Declined) > 0:
		return []candidate{{code: "1-6", kind: catalogue.Stops,
			text: words.Said("verdict.all-taken", "addresses", list(a.Declined))}}
	case !a.Prefix.IsValid() && a.Refused == "" && a.Discovers > 0:
		if wrong := wrongNetwork(in); wrong != nil {
			return wrong
		}
		return []candidate{{code: "1-2", kind: catalogue.Stops,
			text: words.Said("verdict.no-address", "n", a.Discovers, "time", a.Waited)}}
	case a.Refused != "":
		return []candidate{{code: "1-4", kind: catalogue.Stops, text: words.Said("verdict.address-cannot", "why", a.Refused)}}
	case !a.Prefix.IsValid():
		return nil // none was asked for: the box could not
	case a.Prefix.Addr().IsLinkLocalUnicast():
		return []candidate{{code: "1-4", kind: catalogue.Stops, text: words.Said("verdict.self-made", "address", a.Prefix.Addr())}}
	case !a.Gateway.IsValid():
		return []candidate{{code: "1-4", kind: catalogue.Stops,
			text: words.Said("verdict.no-router", "address", a.Prefix)}}
	case a.Prefix.Bits() < a.Gateway.BitLen() && !a.Prefix.Contains(a.Gateway):
		return []candidate{{code: "1-4", kind: catalogue.Stops,
			text: words.Said("verdict.router-outside", "router", a.Gateway, "network", a.Prefix.Masked())}}
	case len(a.Declined) > 0:
		return []candidate{{code: "1-6", kind: catalogue.Hurts,
			text: words.Said("verdict.first-taken", "addresses", list(a.Declined), "address", a.Prefix.Addr())}}
	}
	return nil
}

func stops(found []candidate) bool {
	return slices.ContainsFunc(found, func(c candidate) bool { return c.kind == catalogue.Stops })
}

// twoServers compares every offer with the first: only a disagreement about the network or the router
// is a fault, since failover pairs offer the same.
func twoServers(o facts.Offers) []candidate {
	for _, other := range o.Seen {
		first := o.Seen[0]
		if other.Server == first.Server || other.Gateway == first.Gateway && other.Prefix.Masked() == first.Prefix.Masked() {
			continue
		}
		return []candidate{{code: "1-5", kind: catalogue.Hurts, text: words.Said("verdict.two-dhcp", "first", first.Server, "firstmac", first.ServerMAC, "firstrouter", orNone(first.Gateway), "other", other.Server, "othermac", other.ServerMAC, "otherrouter", orNone(other.Gateway))}}
	}
	return nil
}

func duplicate(f facts.Facts, c facts.Conflict) []candidate {
	var found []candidate
	if c.Holder != "" {
		kind := catalogue.Hurts
		if a := f.Address; a != nil && (a.Mode != "dhcp" || len(a.Declined) > 0) {
			kind = catalogue.Stops
		}
		found = append(found, candidate{code: "1-6", kind: kind,
			text: words.Said("verdict.address-twice", "device", c.Holder, "address", c.Addr)})
	}
	if holders := pbxHolders(f, c); len(holders) > 1 {
		found = append(found, candidate{code: "1-6", kind: catalogue.Hurts,
			text: words.Said("verdict.pbx-twice", "devices", strings.Join(holders, " and "))})
	}
	return found
}

// pbxHolders are the devices that claim the PBX's address, without the router: one that answers ARP for
// others (proxy ARP) is no second holder.
func pbxHolders(f facts.Facts, c facts.Conflict) []string {
	return slices.DeleteFunc(slices.Clone(c.PBXMACs), func(mac string) bool { return f.Gateway != nil && mac == f.Gateway.MAC })
}

func list(addrs []netip.Addr) string {
	all := make([]string, len(addrs))
	for i, a := range addrs {
		all[i] = a.String()
	}
	return strings.Join(all, ", ")
}

func orNone(a netip.Addr) string {
	if !a.IsValid() {
		return words.Said("verdict.no-one")
	}
	return a.String()
}
