package probes

import (
	"context"
	"net/netip"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"trunktester/appliance/catalogue/words"
	"trunktester/netsetup"
	"trunktester/probes/facts"
)

// The probe of RFC 5227 section 1.1, run beside everything else while the address is already used: PROBE_NUM
// probes, PROBE_MIN apart. The random PROBE_WAIT before them is for machines that start together, and two
// seconds of ANNOUNCE_WAIT after them would not find more than one.
const (
	conflictProbes = 3
	conflictGap    = time.Second
	pbxRequests    = 2 // for pbx.address: each holder hears two
)

// Conflict asks: does another device hold our address, and do two devices hold the PBX's? Passed when nobody
// claims the box's address and at most one the PBX's.
type Conflict struct {
	PBX netip.Addr // pbx.address of the profile, zero for unknown
}

// Look needs facts.Link and facts.Address.
func (p Conflict) Look(ctx context.Context, known facts.Facts) Result {
	if known.Link == nil || known.Address == nil || !known.Address.Prefix.IsValid() {
		return Result{Outcome: facts.NotRun, Saw: words.Said("saw.conflict-no-address")}
	}
	ifname, prefix := known.Link.Interface, known.Address.Prefix
	var own, pbx netsetup.ARPReply
	asks, within := errgroup.WithContext(ctx)
	asks.Go(func() (err error) {
		own, err = netsetup.ARP(within, ifname, netsetup.ARPQuestion{
			Target: prefix.Addr(), Times: conflictProbes, Gap: conflictGap, Wait: conflictGap})
		return err
	})
	if p.PBX.IsValid() && p.PBX != prefix.Addr() && prefix.Contains(p.PBX) {
		asks.Go(func() (err error) {
			pbx, err = netsetup.ARP(within, ifname, netsetup.ARPQuestion{
				Target: p.PBX, Sender: prefix.Addr(), Times: pbxRequests, Gap: conflictGap, Wait: conflictGap})
			return err
		})
	}
	if err := asks.Wait(); err != nil {
		return broken(err)
	}
	found := facts.Conflict{Addr: prefix.Addr(), Probes: own.Sent, PBXMACs: macStrings(pbx.MACs)}
	r := Result{Outcome: facts.Passed, File: func(f *facts.Facts) { f.Conflict = &found }}
	switch {
	case len(own.MACs) > 0:
		found.Holder = own.MACs[0].String()
		r.Outcome, r.Saw = facts.Failed, words.Said("saw.conflict-held", "device", found.Holder, "address", found.Addr)
	case len(found.PBXMACs) > 1:
		r.Outcome = facts.Failed
		r.Saw = words.Said("saw.conflict-pbx", "n", len(pbx.MACs), "address", p.PBX, "devices", strings.Join(found.PBXMACs, ", "))
	case ctx.Err() != nil:
		return cut(words.Said("saw.ask-holder", "address", found.Addr))
	default:
		r.Saw = words.Said("saw.conflict-none", "address", found.Addr, "n", found.Probes)
	}
	return r
}
