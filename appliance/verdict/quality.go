package verdict

import (
	"slices"
	"time"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
)

// quality judges the line at far targets, with the gateway as control: loss that is there already on
// the way to the gateway is not the line's. Two far targets must agree, since routers limit ICMP.
func quality(f facts.Facts, q facts.Quality) []candidate {
	if nearLoss(f) || starved(q.Late) {
		return nil
	}
	var bad []facts.Echo
	judged := 0
	for _, e := range q.Far {
		if e.Back == 0 || e.Sent < qualityProbes {
			continue // a host that never answers ping says nothing about the line
		}
		judged++
		if weak(e) != "" {
			bad = append(bad, e)
		}
	}
	if len(bad) == 0 || judged > 1 && len(bad) == 1 {
		return nil
	}
	worst := bad[0]
	if judged == 1 && !sipAgrees(f, worst) {
		return []candidate{{code: "2-7", kind: catalogue.Tells, title: "one-far-host", advice: "one-far-host", acts: []catalogue.Actor{catalogue.Nobody},
			text: words.Said("verdict.one-far-host", "host", worst.Addr, "how", weak(worst))}}
	}
	text := words.Said("verdict.poor-line", "how", weak(worst), "host", worst.Addr)
	if float64(worst.Sent-worst.Back) >= severeLoss*float64(worst.Sent) {
		text += " " + words.Said("verdict.severe")
	}
	if judged == 1 {
		text += " " + words.Said("verdict.sip-shows-it")
	}
	text += whichWay(f.Voice)
	return []candidate{{code: "2-7", kind: catalogue.Hurts, text: text}}
}

// starved reports whether the box itself was too busy to measure a line.
func starved(late facts.Duration) bool { return time.Duration(late) >= qualityLate }

// weak says in what way a series is too poor for voice, "" when it is not.
func weak(e facts.Echo) string {
	switch {
	case lossOf(e):
		return words.Said("verdict.packets-lost", "n", e.Sent-e.Back, "all", e.Sent)
	case time.Duration(e.Avg) >= qualityRTT:
		return words.Said("verdict.round-trip", "time", e.Avg)
	case time.Duration(e.Jitter) >= qualityJitter:
		return words.Said("verdict.jitter", "time", e.Jitter)
	}
	return ""
}

// sipAgrees reports whether SIP shows what ping to the only far host shows: messages that were answered only when they were
// repeated, two at least; or no answer that came sooner than is good.
func sipAgrees(f facts.Facts, e facts.Echo) bool {
	repeated, answered, slow := 0, 0, 0
	for _, a := range attempts(f) {
		for _, x := range a.Exchanges {
			if x.Reply == nil {
				continue
			}
			answered++
			if x.Sends > 1 {
				repeated++
			}
			if time.Duration(x.Reply.RTT) >= qualityRTT {
				slow++
			}
		}
	}
	if lossOf(e) {
		return repeated >= sipRepeated
	}
	return time.Duration(e.Avg) >= qualityRTT && answered > 0 && slow == answered
}

// lossOf reports whether a series lost too much for voice.
func lossOf(e facts.Echo) bool {
	lost := e.Sent - e.Back
	return lost >= qualityLost && float64(lost) >= qualityLoss*float64(e.Sent)
}

// qualityWords is what a green says of the line: how sure it is that little is lost, or that it was not judged. Where none
// of n is lost, fewer than 3 in n are, in 95 of 100 cases (the rule of three).
func qualityWords(f facts.Facts) string {
	if f.Quality == nil || starved(f.Quality.Late) {
		return ""
	}
	back := slices.DeleteFunc(slices.Clone(f.Quality.Far), func(e facts.Echo) bool { return e.Back == 0 })
	if len(back) == 0 {
		return " " + words.Said("verdict.no-ping-no-judge")
	}
	most := slices.MaxFunc(back, func(a, b facts.Echo) int { return a.Sent - b.Sent })
	if most.Sent < qualityProbes {
		return " " + words.Said("verdict.not-yet-judged", "n", most.Sent, "all", qualityProbes)
	}
	for _, e := range back {
		if e.Sent == most.Sent && e.Back == e.Sent {
			return " " + words.Said("verdict.none-lost", "n", e.Sent, "host", e.Addr)
		}
	}
	return ""
}
