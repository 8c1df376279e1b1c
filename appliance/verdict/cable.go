package verdict

import (
	"fmt"
	"strings"
	"time"

	"trunktester/appliance/catalogue"
	"trunktester/probes/facts"
)

// This file judges the cable itself.

// poorLink is 1-7.
func poorLink(f facts.Facts) []candidate {
	if f.Link == nil {
		return nil
	}
	why := agreement(*f.Link)
	if f.Cable != nil {
		why = append(why, dropouts(*f.Link, *f.Cable)...)
	}
	if len(why) == 0 {
		return nil
	}
	return []candidate{{code: "1-7", kind: catalogue.Hurts, text: "The cable connects, but badly: " + strings.Join(why, "; ") + "."}}
}

// agreement says what is poor about the speed that both ends agreed on. What the box's own port cannot do better,
// or what the other end does not offer, is no fault of the cable.
func agreement(l facts.Link) (why []string) {
	if l.Own == nil {
		return nil
	}
	peer := "as the other end could as well"
	if l.Peer == nil {
		peer = "and the other end does not say what it could do: an old device, or a socket that is set to a fixed speed"
	}
	if l.SpeedMbit != nil && *l.SpeedMbit <= slowMbit && l.Own.SpeedMbit > slowMbit && (l.Peer == nil || l.Peer.SpeedMbit > slowMbit) {
		why = append(why, fmt.Sprintf("it runs at %d Mbit/s; the box could do %d, %s", *l.SpeedMbit, l.Own.SpeedMbit, peer))
	}
	if l.FullDuplex != nil && !*l.FullDuplex && l.Own.FullDuplex && (l.Peer == nil || l.Peer.FullDuplex) {
		why = append(why, "only one end can speak at a time (half duplex); the box could do better, "+peer)
	}
	return why
}

// dropouts says what went wrong on the cable since the look at the link.
func dropouts(before facts.Link, now facts.Cable) (why []string) {
	watched := max(time.Duration(now.Watched), carrierTime)
	if lost := now.Counters.Losses - before.Counters.Losses; time.Duration(lost)*carrierTime >= carrierLosses*watched {
		why = append(why, fmt.Sprintf("it lost its signal %d times in %s", lost, now.Watched))
	} else if now.Flaps >= carrierLosses {
		why = append(why, fmt.Sprintf("it lost its signal for a moment %d times within a minute", now.Flaps))
	}
	damaged := now.Counters.Damaged - before.Counters.Damaged
	if frames := now.Counters.Received - before.Counters.Received + damaged; damaged >= framesDamaged && float64(damaged) > damagedShare*float64(frames) {
		why = append(why, fmt.Sprintf("%d of %d frames came damaged", damaged, frames))
	}
	return why
}
