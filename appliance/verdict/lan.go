package verdict

import (
	"slices"
	"time"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
)

// This file judges the way from the box to the router.

// lanLoss is 1-9. A host at or behind the router that is reached without loss refutes it, since that traffic
// goes the same way: then it is the router that answers ARP badly. A box that was late itself does not judge the way.
func lanLoss(f facts.Facts) []candidate {
	lan := f.LAN
	if lan == nil || lan.Sent < lanTrips || starved(lan.Late) || lan.Back == 0 { // a router that answers nothing is not lossy but gone
		return nil
	}
	bad, how := late, words.Said("verdict.trip-varies", "time", lan.Jitter)
	if lostSome(lan.Echo) {
		bad, how = lostSome, words.Said("verdict.arp-lost", "n", lan.Sent-lan.Back, "all", lan.Sent)
	}
	seen := measured(f.Quality)
	if !bad(lan.Echo) || slices.ContainsFunc(seen, func(e facts.Echo) bool { return !bad(e) }) {
		return nil
	}
	text := words.Said("verdict.lan-loss", "router", lan.Addr, "how", how)
	if len(seen) == 0 {
		text += " " + words.Said("verdict.lan-unsure")
	}
	return []candidate{{code: "1-9", kind: catalogue.Hurts, text: text}}
}

func lostSome(e facts.Echo) bool { return e.Sent-e.Back >= lanLost }
func late(e facts.Echo) bool     { return time.Duration(e.Jitter) > lanJitter }

// measured are the hosts at or behind the router that answer ping at all, and were asked often enough.
func measured(q *facts.Quality) []facts.Echo {
	if q == nil {
		return nil
	}
	all := slices.Clone(q.Far)
	if q.Gateway != nil {
		all = append(all, *q.Gateway)
	}
	return slices.DeleteFunc(all, func(e facts.Echo) bool { return e.Back == 0 || e.Sent < lanTrips })
}

// nearLoss reports whether what is lost may be lost on the way to the router already. Where no ARP request was
// lost, pings that the router did not answer say nothing: routers limit ping.
func nearLoss(f facts.Facts) bool {
	if len(lanLoss(f)) > 0 {
		return true
	}
	if f.LAN != nil && f.LAN.Sent >= lanTrips && f.LAN.Back == f.LAN.Sent && !late(f.LAN.Echo) {
		return false
	}
	near := f.Quality.Gateway
	return near != nil && near.Back > 0 && weak(*near) != ""
}
