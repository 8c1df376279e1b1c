package verdict

import (
	"strings"
	"time"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/catalogue/words"
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
	return []candidate{{code: "1-7", kind: catalogue.Hurts, text: words.Said("verdict.poor-link", "why", strings.Join(why, "; "))}}
}

// agreement says what is poor about the speed that both ends agreed on. What the box's own port cannot do better,
// or what the other end does not offer, is no fault of the cable.
func agreement(l facts.Link) (why []string) {
	if l.Own == nil {
		return nil
	}
	peer := words.Said("verdict.peer-could")
	if l.Peer == nil {
		peer = words.Said("verdict.peer-silent")
	}
	if l.SpeedMbit != nil && *l.SpeedMbit <= slowMbit && l.Own.SpeedMbit > slowMbit && (l.Peer == nil || l.Peer.SpeedMbit > slowMbit) {
		why = append(why, words.Said("verdict.slow", "speed", *l.SpeedMbit, "best", l.Own.SpeedMbit, "peer", peer))
	}
	if l.FullDuplex != nil && !*l.FullDuplex && l.Own.FullDuplex && (l.Peer == nil || l.Peer.FullDuplex) {
		why = append(why, words.Said("verdict.half-duplex", "peer", peer))
	}
	return why
}

// dropouts says what went wrong on the cable since the look at the link.
func dropouts(before facts.Link, now facts.Cable) (why []string) {
	watched := max(time.Duration(now.Watched), carrierTime)
	if lost := now.Counters.Losses - before.Counters.Losses; time.Duration(lost)*carrierTime >= carrierLosses*watched {
		why = append(why, words.Said("verdict.losses", "n", lost, "time", now.Watched))
	} else if now.Flaps >= carrierLosses {
		why = append(why, words.Said("verdict.flaps", "n", now.Flaps))
	}
	damaged := now.Counters.Damaged - before.Counters.Damaged
	if frames := now.Counters.Received - before.Counters.Received + damaged; damaged >= framesDamaged && float64(damaged) > damagedShare*float64(frames) {
		why = append(why, words.Said("verdict.damaged", "n", damaged, "all", frames))
	}
	return why
}
