package probes

import (
	"slices"
	"strconv"
	"strings"

	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
	"trunktester/probes/sip"
)

// What a reflector brings to the search for an ALG. The second stands on no control.
const (
	algReflector = "reflector"
	algAlone     = "reflector alone"
)

// rewritten are the messages of the trunk's own way, or of the controls, that did not arrive as they were sent.
func rewritten(messages []facts.Reflected, control bool) []facts.Reflected {
	var some []facts.Reflected
	for _, m := range messages {
		if m.Control == control && len(m.Differences) > 0 {
			some = append(some, m)
		}
	}
	return some
}

// toControl is the method by which the controls can tell most: an INVITE where one was changed, as its SDP shows
// the most; ok is false where nothing was changed.
func toControl(messages []facts.Reflected) (method string, ok bool) {
	some := rewritten(messages, false)
	for _, method := range []string{sip.INVITE, sip.REGISTER, sip.OPTIONS} {
		if slices.ContainsFunc(some, func(m facts.Reflected) bool { return m.Exchange.Method == method }) {
			return method, true
		}
	}
	return "", false
}

// control is the first control message of the method that arrived as it was sent.
func control(messages []facts.Reflected, method string) (facts.Reflected, bool) {
	for _, m := range messages {
		if m.Control && m.Exchange.Method == method && m.Fault == "" && len(m.Differences) == 0 {
			return m, true
		}
	}
	return facts.Reflected{}, false
}

func controlled(messages []facts.Reflected, method string) bool {
	_, ok := control(messages, method)
	return ok
}

// judgeReflector reads what arrived at the reflector. trunk is the port that the trunk's own server answers on, 0
// where it is not known: what holds for one port need not hold for another. ok is false where nothing was reflected.
func judgeReflector(f *facts.Reflector, trunk uint16) (p facts.Proof, ok bool) {
	if f == nil || len(f.Messages) == 0 || f.Messages[0].Fault != "" {
		return p, false
	}
	if method, found := toControl(f.Messages); found {
		return judgeChanged(f.Messages, method), true
	}
	first := f.Messages[0]
	p = facts.Proof{ID: algReflector, Transport: first.Transport, Result: algClean, Probe: first.Exchange, Why: reflectorSaw(*f)}
	for _, m := range f.Messages {
		if m.Exchange.Method == sip.INVITE {
			p.Probe = m.Exchange
		}
		if m.Fault != "" {
			p.Result = algInconclusive
		}
	}
	if first.From.Addr() == first.Local.Addr() {
		p.Result = algInconclusive
		p.Why += " " + words.Said("reflector.direct")
	}
	if trunk != 0 && trunk != first.Target.Port() {
		p.Result = algInconclusive
		p.Why += " " + words.Said("reflector.other-port", "port", trunk)
	}
	return p, true
}

// judgeChanged names who changed a message: a device on the way when the same arrives unchanged where no ALG looks; the
// far end when it is changed over TLS as well, which no device on the way can read.
func judgeChanged(messages []facts.Reflected, method string) facts.Proof {
	probe := messages[slices.IndexFunc(messages, func(m facts.Reflected) bool {
		return !m.Control && m.Exchange.Method == method && len(m.Differences) > 0
	})]
	p := facts.Proof{ID: algReflector, Transport: probe.Transport, Result: algProof, Probe: probe.Exchange, Why: changes(probe)}
	if c, ok := control(messages, method); ok {
		p.Control = c.Exchange
		p.Why += " " + about("reflector.control-same", c)
		return p
	}
	same := rewritten(messages, true)
	switch at := slices.IndexFunc(same, func(m facts.Reflected) bool { return m.Transport == "tls" }); {
	case at >= 0:
		p.Result, p.Control = algInconclusive, same[at].Exchange
		p.Why += " " + words.Said("reflector.tls-changed")
	case len(same) > 0:
		p.Result, p.Control = algInconclusive, same[0].Exchange
		p.Why += " " + about("reflector.both-changed", same[0])
	default:
		p.ID = algAlone
		p.Why += " " + words.Said("reflector.alone")
	}
	return p
}

// changes says in one sentence what became of a message.
func changes(m facts.Reflected) string {
	var places []string
	for _, d := range m.Differences {
		if !slices.Contains(places, d.Place) {
			places = append(places, d.Place)
		}
	}
	text := about("reflector.changed", m, "places", strings.Join(places, ", "))
	switch d := telling(m.Differences); {
	case d.Sent != "" && d.Received != "":
		text += " " + words.Said("reflector.arrived-as", "sent", strconv.Quote(d.Sent), "got", strconv.Quote(d.Received))
	case d.Sent != "":
		text += " " + words.Said("reflector.taken", "sent", strconv.Quote(d.Sent))
	case d.Received != "":
		text += " " + words.Said("reflector.added", "got", strconv.Quote(d.Received))
	}
	return text
}

// telling is the difference that is quoted: an address, where one was changed.
func telling(all []facts.Difference) facts.Difference {
	for _, place := range []string{"SDP c=", "Contact", "Via"} {
		for _, d := range all {
			if d.Place == place {
				return d
			}
		}
	}
	return all[0]
}

// about is a sentence about a message: what it was, and where it went.
func about(key string, m facts.Reflected, args ...any) string {
	return words.Said(key, append(args, "method", m.Exchange.Method, "transport", strings.ToUpper(m.Transport), "port", m.Target.Port())...)
}

func reflectorOutcome(f facts.Reflector) facts.Outcome {
	for _, m := range f.Messages {
		if !m.Control && (m.Fault != "" || len(m.Differences) > 0) {
			return facts.Failed
		}
	}
	return facts.Passed
}

// reflectorSaw is the step's sentence.
func reflectorSaw(f facts.Reflector) string {
	if method, found := toControl(f.Messages); found {
		return judgeChanged(f.Messages, method).Why
	}
	var good, saw []string
	for _, m := range f.Messages {
		switch {
		case m.Fault == "":
			good = append(good, m.Exchange.Method)
		default:
			saw = append(saw, about("reflector.fault", m, "fault", m.Fault))
		}
	}
	if len(good) > 0 {
		first := f.Messages[0]
		saw = append([]string{about("reflector.same", first, "methods", strings.Join(good, ", "), "from", first.From)}, saw...)
	}
	return strings.Join(saw, " ")
}

// reflectorEvidence is every message as it was sent, and beside it as it arrived.
func reflectorEvidence(f facts.Reflector) []facts.Evidence {
	var all []facts.Evidence
	for _, m := range f.Messages {
		e := facts.Evidence{Kind: "probe", Sent: m.Exchange.Sent, Received: m.Exchange.Received}
		if m.Control {
			e.Kind = "control"
		}
		switch {
		case m.Fault != "":
			e.Text = about("reflector.fault", m, "fault", m.Fault)
		case len(m.Differences) > 0:
			e.Text = changes(m) + " " + words.Said("reflector.received")
		default:
			e.Text = about("reflector.one", m, "from", m.From) + " " + words.Said("reflector.received")
		}
		all = append(all, e)
	}
	return all
}
