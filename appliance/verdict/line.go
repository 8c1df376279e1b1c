package verdict

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"trunktester/appliance/catalogue"
	"trunktester/probes/facts"
)

// line judges light 1: is the box properly connected to the router?
func line(in Input) []candidate {
	var found []candidate
	f := in.Facts
	if l := f.Link; l != nil && !l.Carrier {
		return []candidate{{code: "1-1", kind: catalogue.Stops,
			text: fmt.Sprintf("No signal on the network cable (port %s) for %s.", l.Interface, l.Waited)}}
	}
	if a := f.Address; a != nil {
		found = append(found, address(in, *a)...)
	}
	if a := f.Address; a != nil && a.Prefix.IsValid() {
		found = append(found, dataNetwork(in)...)
	}
	if g := f.Gateway; !stops(found) && g != nil && g.MAC == "" && g.ARPSent >= arpTries {
		found = append(found, candidate{code: "1-3", kind: catalogue.Stops,
			text: fmt.Sprintf("The router %s did not answer %d ARP requests on the cable.", g.Addr, g.ARPSent)})
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
			text: fmt.Sprintf("Every address that the router offered is in use by another device already (%s).", list(a.Declined))}}
	case !a.Prefix.IsValid() && a.Refused == "" && a.Discovers > 0:
		if wrong := wrongNetwork(in); wrong != nil {
			return wrong
		}
		return []candidate{{code: "1-2", kind: catalogue.Stops,
			text: fmt.Sprintf("The cable has a signal, but no address came: %d DHCP requests in %s were not answered.", a.Discovers, a.Waited)}}
	case a.Refused != "":
		return []candidate{{code: "1-4", kind: catalogue.Stops, text: "The address that the network gave cannot work: " + a.Refused + "."}}
	case !a.Prefix.IsValid():
		return nil // none was asked for: the box could not
	case a.Prefix.Addr().IsLinkLocalUnicast():
		return []candidate{{code: "1-4", kind: catalogue.Stops, text: fmt.Sprintf("The box only has the self-made address %s.", a.Prefix.Addr())}}
	case !a.Gateway.IsValid():
		return []candidate{{code: "1-4", kind: catalogue.Stops,
			text: fmt.Sprintf("The box has the address %s, but no router was named with it.", a.Prefix)}}
	case a.Prefix.Bits() < a.Gateway.BitLen() && !a.Prefix.Contains(a.Gateway):
		return []candidate{{code: "1-4", kind: catalogue.Stops,
			text: fmt.Sprintf("The router %s lies outside the box's own network %s.", a.Gateway, a.Prefix.Masked())}}
	case len(a.Declined) > 0:
		return []candidate{{code: "1-6", kind: catalogue.Hurts,
			text: fmt.Sprintf("The router first offered %s, which another device uses already; the box went on with %s.", list(a.Declined), a.Prefix.Addr())}}
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
		return []candidate{{code: "1-5", kind: catalogue.Hurts, text: fmt.Sprintf(
			"Two DHCP servers disagree: %s (%s) names the router %s, %s (%s) names the router %s.",
			first.Server, first.ServerMAC, orNone(first.Gateway), other.Server, other.ServerMAC, orNone(other.Gateway))}}
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
			text: fmt.Sprintf("Another device (%s) uses the box's address %s as well.", c.Holder, c.Addr)})
	}
	if holders := pbxHolders(f, c); len(holders) > 1 {
		found = append(found, candidate{code: "1-6", kind: catalogue.Hurts,
			text: fmt.Sprintf("Two devices use the PBX's address: %s.", strings.Join(holders, " and "))})
	}
	return found
}

// pbxHolders are the devices that claim the PBX's address, without the router: one that answers ARP for
// others (proxy ARP) is no second holder.
func pbxHolders(f facts.Facts, c facts.Conflict) []string {
	return slices.DeleteFunc(slices.Clone(c.PBXMACs), func(mac string) bool { return f.Gateway != nil && mac == f.Gateway.MAC })
}

func list(addrs []netip.Addr) string {
	words := make([]string, len(addrs))
	for i, a := range addrs {
		words[i] = a.String()
	}
	return strings.Join(words, ", ")
}

func orNone(a netip.Addr) string {
	if !a.IsValid() {
		return "none"
	}
	return a.String()
}
