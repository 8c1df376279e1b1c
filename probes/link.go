package probes

import (
	"context"
	"fmt"
	"net"
	"time"

	"trunktester/appliance/catalogue/words"
	"trunktester/netsetup"
	"trunktester/probes/facts"
)

// CarrierLimit is how long a plugged cable may take to find its other end: auto-negotiation of gigabit copper
// takes 1 to 3 s.
const CarrierLimit = 3 * time.Second

// Link asks: does the cable lead to a device that is switched on? Passed when there is a carrier within Limit.
type Link struct {
	Setup LinkUp
	Limit time.Duration // 0: CarrierLimit
}

// LinkUp finds the interface and sets it up; *netsetup.Setup does it.
type LinkUp interface {
	Up() (name string, mac net.HardwareAddr, err error)
}

// Look files facts.Link as soon as the carrier is there.
func (p Link) Look(ctx context.Context, _ facts.Facts) Result {
	limit := p.Limit
	if limit == 0 {
		limit = CarrierLimit
	}
	name, mac, err := p.Setup.Up()
	if err != nil {
		return broken(err)
	}
	begun := time.Now()
	wait, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	carrier, err := netsetup.WaitCarrier(wait, name)
	if err != nil {
		return broken(err)
	}
	found := facts.Link{Interface: name, MAC: mac.String(), Carrier: carrier, Waited: facts.Duration(time.Since(begun))}
	file := func(f *facts.Facts) { f.Link = &found }
	if !carrier && ctx.Err() != nil && time.Duration(found.Waited) < limit {
		return cut(words.Said("saw.ask-carrier", "port", name))
	}
	if !carrier {
		return Result{Outcome: facts.Failed, Saw: words.Said("saw.link-none", "port", name, "time", found.Waited), File: file}
	}
	mode, err := netsetup.LinkMode(name)
	if err != nil {
		return broken(err)
	}
	found.SpeedMbit, found.FullDuplex, found.Own, found.Peer = mode.SpeedMbit, mode.FullDuplex, mode.Own, mode.Peer
	if found.Counters, err = netsetup.LinkCounters(name); err != nil {
		return broken(err)
	}
	found.At = time.Now()
	return Result{Outcome: facts.Passed, Saw: linkSaw(found), File: file}
}

func linkSaw(l facts.Link) string {
	if l.SpeedMbit == nil {
		return words.Said("saw.link-only", "port", l.Interface)
	}
	key := "saw.link-speed"
	switch {
	case l.FullDuplex != nil && *l.FullDuplex:
		key = "saw.link-full"
	case l.FullDuplex != nil:
		key = "saw.link-half"
	}
	return words.Said(key, "port", l.Interface, "speed", speedText(*l.SpeedMbit))
}

func speedText(mbit int) string {
	if mbit >= 1000 {
		return fmt.Sprintf("%g Gbit/s", float64(mbit)/1000)
	}
	return fmt.Sprintf("%d Mbit/s", mbit)
}
