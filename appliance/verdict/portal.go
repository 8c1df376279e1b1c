package verdict

import (
	"slices"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
)

// portal is 2-5: the check page came back as somebody else's, and nothing else gets out. Where something does,
// it is a filter for web pages, which is no business of SIP's.
func portal(f facts.Facts) []candidate {
	if f.Portal == nil || !f.Portal.Altered() {
		return nil
	}
	p := *f.Portal
	came := words.Said("verdict.came-other", "status", p.Status)
	if p.Location != "" {
		came = words.Said("verdict.came-redirected", "location", p.Location)
	}
	if !trapped(f) {
		return []candidate{{code: "2-5", kind: catalogue.Tells, text: words.Said("verdict.filter", "page", p.Page, "came", came)}}
	}
	text := words.Said("verdict.portal", "page", p.Page, "came", came)
	if len(attempts(f)) == 0 {
		text = words.Said("verdict.portal-no-sip", "page", p.Page, "came", came)
	}
	if p.Caught == facts.Answered {
		text += " " + words.Said("verdict.portal-takes-all")
	} else {
		text += " " + words.Said("verdict.portal-connections")
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
