package verdict

import (
	"fmt"
	"slices"

	"trunktester/appliance/catalogue"
	"trunktester/probes/facts"
)

// portal is 2-5: the check page came back as somebody else's, and nothing else gets out. Where something does,
// it is a filter for web pages, which is no business of SIP's.
func portal(f facts.Facts) []candidate {
	if f.Portal == nil || !f.Portal.Altered() {
		return nil
	}
	p := *f.Portal
	came := fmt.Sprintf("came back with status %d and somebody else's page", p.Status)
	if p.Location != "" {
		came = "was redirected to " + p.Location
	}
	if !trapped(f) {
		return []candidate{{code: "2-5", kind: catalogue.Tells, text: fmt.Sprintf(
			"The page %s %s, so something on this network filters web pages. Other ways out work, so it is no login page that blocks them.", p.Page, came)}}
	}
	silent := "neither ping nor SIP gets an"
	if len(attempts(f)) == 0 {
		silent = "ping gets no"
	}
	text := fmt.Sprintf("A login page stands in the way, or a filter that lets nothing else out: the page %s %s, and %s answer from outside.", p.Page, came, silent)
	if p.Caught == facts.Answered {
		text += " A device on the way takes even connections to an address where nothing lives."
	} else {
		text += " Connections to the outside world fail as well."
	}
	return []candidate{{code: "2-5", kind: catalogue.Stops, text: text}}
}

// trapped reports whether a login page explains why nothing answers: the check page came back as somebody
// else's, ping was tried, and nothing shows a way out.
func trapped(f facts.Facts) bool {
	return f.Portal != nil && f.Portal.Altered() && pingTried(f) && !wayOut(f)
}

// wayOut reports whether something in the outside world answered by any way but web pages and names: a login
// page leaves names open or answers them itself, and where it takes connections to everybody they show nothing. The
// check page was asked for.
func wayOut(f facts.Facts) bool {
	all := attempts(f)
	ping, _ := pinged(f)
	if ping || answeredAny(f) || controlsAnswer(f) || refusedByServer(all) {
		return true
	}
	if f.Internet != nil && slices.ContainsFunc(f.Internet.Targets, func(t facts.InternetTarget) bool { return t.ICMP == facts.Answered }) {
		return true
	}
	if f.Quality != nil && slices.ContainsFunc(f.Quality.Far, func(e facts.Echo) bool { return e.Back > 0 }) {
		return true
	}
	if f.Portal.Caught == facts.Answered {
		return false
	}
	return f.Internet != nil && slices.ContainsFunc(f.Internet.Targets, func(t facts.InternetTarget) bool { return t.TCP == facts.Answered }) ||
		slices.ContainsFunc(all, func(a facts.Attempt) bool { return a.Connect == facts.Answered })
}

// pingTried reports whether hosts in the outside world were pinged to the end: one that was not waited for is
// not silent.
func pingTried(f facts.Facts) bool {
	if f.Quality != nil && slices.ContainsFunc(f.Quality.Far, func(e facts.Echo) bool { return e.Sent >= portalPings }) {
		return true
	}
	return f.Internet != nil && slices.ContainsFunc(f.Internet.Targets, func(t facts.InternetTarget) bool {
		return t.ICMP == facts.Silent || t.ICMP == facts.Refused || t.ICMP == facts.Unreachable
	})
}
