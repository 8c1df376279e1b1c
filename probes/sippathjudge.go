package probes

import (
	"slices"
	"strings"

	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
)

func answered(a facts.Attempt) bool {
	return slices.ContainsFunc(a.Exchanges, func(x facts.Exchange) bool { return x.Reply != nil })
}

func (p SIPPath) result(attempts []looked) Result {
	path := &facts.Path{Transport: p.Transport}
	r := Result{Outcome: facts.NotRun} // by the box's own restraint, unless a server was asked
	var saw []string
	for _, a := range attempts {
		path.Targets = append(path.Targets, a.Attempt)
		r.Evidence = append(r.Evidence, a.evidence...)
		saw = append(saw, a.saw())
		switch {
		case r.Outcome == facts.Passed:
		case answered(a.Attempt):
			r.Outcome = facts.Passed
		case a.ours():
			r.Outcome = facts.Broken
		case a.asked() && r.Outcome != facts.Broken:
			r.Outcome = facts.Failed
		}
	}
	r.Saw = strings.Join(saw, " ")
	r.File = func(f *facts.Facts) {
		switch p.Transport {
		case "udp":
			f.UDP = path
		case "tcp":
			f.TCP = path
		case "tls":
			f.TLS = path
		}
	}
	return r
}

// ours says that the server could not be asked for a reason that is not the network's.
func (a looked) ours() bool { return !a.asked() && a.err != nil && !polite(a.err) }

// asked says that something was sent to the server.
func (a looked) asked() bool {
	return a.Connect == facts.Refused || a.Connect == facts.Silent || a.Connect == facts.Unreachable || a.TLS != nil ||
		slices.ContainsFunc(a.Exchanges, func(x facts.Exchange) bool { return x.Sends > 0 })
}

// saw is one plain sentence about one server.
func (a looked) saw() string {
	where := a.Target.String()
	if !a.Target.IsValid() {
		where = a.Host
	}
	for _, x := range a.Exchanges {
		if x.Reply != nil {
			return words.Said("saw.sip-answered", "server", where, "method", x.Method, "code", x.Reply.Code, "reason", x.Reply.Reason, "time", x.Reply.RTT)
		}
	}
	switch {
	case a.Connect == facts.Refused:
		return words.Said("saw.sip-conn-refused", "server", where)
	case a.Connect == facts.Unreachable:
		return words.Said("saw.sip-no-route", "server", where)
	case a.Connect == facts.Silent:
		return words.Said("saw.sip-conn-silent", "server", where)
	case a.TLS != nil && a.TLS.Error != "":
		return words.Said("saw.sip-tls-failed", "server", where, "error", a.TLS.Error)
	case len(a.ICMP) > 0:
		return words.Said("saw.sip-refused-for", "device", a.ICMP[0].Offender, "server", where)
	case len(a.Exchanges) == 0 || a.Exchanges[0].Sends == 0:
		return words.Said("saw.sip-not-asked", "server", where, "error", a.err)
	}
	return words.Said("saw.sip-silent", "server", where)
}
