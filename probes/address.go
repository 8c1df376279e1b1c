package probes

import (
	"context"

	"trunktester/appliance/catalogue/words"
	"trunktester/netsetup"
	"trunktester/probes/facts"
)

// Address asks: does the box get an address that leads to a router? Passed when it has an address, a subnet and
// a gateway in that subnet. It returns as soon as the address can be used; patience is the limit of ctx.
type Address struct {
	Setup AddressSetup
}

// AddressSetup gets and sets the address; *netsetup.Setup does it. An error is the box's own fault.
type AddressSetup interface {
	Acquire(ctx context.Context) (facts.Address, error)
}

// Look files facts.Address also when the address is not good, so that later steps may still try it.
func (p Address) Look(ctx context.Context, _ facts.Facts) Result {
	found, err := p.Setup.Acquire(ctx)
	if err != nil {
		return broken(err)
	}
	r := Result{File: func(f *facts.Facts) { f.Address = &found }}
	for _, a := range found.Declined {
		r.Evidence = append(r.Evidence, note("dhcp", "the address %s was given back: another device holds it", a))
	}
	switch {
	case found.Prefix.IsValid() && found.Refused == "":
		r.Outcome = facts.Passed
		r.Saw = words.Said("saw.address", "address", found.Prefix, "router", found.Gateway, "origin", addressOrigin(found))
	case found.Prefix.IsValid():
		r.Outcome = facts.Failed
		r.Saw = words.Said("saw.address-but", "address", found.Prefix, "origin", addressOrigin(found), "why", found.Refused)
	case found.Refused != "":
		r.Outcome, r.Saw = facts.Failed, words.Said("saw.address-none", "why", found.Refused)
	case found.Mode == netsetup.DHCP && found.Discovers == 0:
		return cut(words.Said("saw.ask-address"))
	case found.Mode == netsetup.DHCP:
		r.Outcome = facts.Failed
		r.Saw = words.Said("saw.no-offer", "n", found.Discovers, "time", found.Waited)
	default:
		r.Outcome, r.Saw = facts.Failed, words.Said("saw.no-own-address")
	}
	return r
}

func addressOrigin(a facts.Address) string {
	switch a.Mode {
	case netsetup.DHCP:
		return words.Said("saw.by-dhcp", "server", a.Server)
	case netsetup.Static:
		return words.Said("saw.by-hand")
	}
	return words.Said("saw.as-found")
}
