package verdict

import (
	"net/netip"
	"slices"
	"strings"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
)

// boxAddress stands in every red of light 3 (verdict rule 6).
var boxAddress = " " + words.Said("verdict.box-address")

// sipPath judges light 3: do SIP messages reach the provider, unchanged?
func sipPath(in Input) []candidate {
	if noTrunk(in) {
		return nil
	}
	found := intercepted(in)
	if !stops(found) { // else that explains what does not come back
		found = append(found, blocked(in)...)
	}
	found = append(found, serversSilent(in)...)
	found = append(found, streamsBlocked(in)...)
	found = append(found, doubleNAT(in)...)
	found = append(found, fragments(in)...)
	found = append(found, shortMapping(in)...)
	found = append(found, voiceBlocked(in)...)
	return append(found, alg(in)...)
}

// blocked judges a trunk transport over which no SIP reply came.
func blocked(in Input) []candidate {
	f, own := in.Facts, trunk(in).Transport
	p := path(f, own)
	if p == nil || len(p.Targets) == 0 || answered(f, own) || trapped(f) || wrongServer(in) {
		return nil
	}
	if tlsFault(*p) != nil {
		return nil // the certificate is light 4's
	}
	if !answeredAny(f) {
		return allSilent(in)
	}
	n, span := sends(p)
	if connect := p.Targets[0].Connect; n == 0 && (connect == facts.Unasked || connect == facts.Answered) {
		return nil // it was not asked: the provider had refused elsewhere
	}
	var works []string
	for _, t := range []string{"udp", "tcp", "tls"} {
		if answered(f, t) {
			works = append(works, strings.ToUpper(t))
		}
	}
	how := words.Said("verdict.messages-silent", "n", n, "time", span)
	if p.Targets[0].Connect != facts.Unasked {
		how = words.Said("verdict.connection", "how", connectWords(p.Targets[0].Connect))
	}
	c := candidate{code: "3-4", kind: catalogue.Stops}
	if own == "udp" {
		if n < sipSends || span < facts.Duration(sipSpan) {
			if _, by := refuser(p.Targets); !by {
				return nil
			}
		}
		c.code = "3-3"
	}
	args := []any{"transport", strings.ToUpper(own), "server", p.Targets[0].Target, "how", how, "works", works[0]}
	c.text = words.Said("verdict.blocked-own", args...)
	if len(works) > 1 {
		c.text = words.Said("verdict.blocked-own-two", append(args, "one", works[0], "other", works[1])...)
	}
	if e, ok := refuser(p.Targets); ok {
		c.text += refusal(e)
	} else if walked(in) == reachSite {
		c.text, c.acts = c.text+whereEnded(in), enders(in)
		if maySendOn(in) { // the provider may serve TCP alone
			c.title, c.acts = "udp-unanswered", append(bothEnds(in), catalogue.Reseller)
			c.text += " " + words.Said("verdict.sent-on")
		}
	} else if own == "udp" && (cut(in) || blockedForAll(in)) {
		c.text += " " + words.Said("verdict.udp-blocked")
	} else if walked(in) == reachOut {
		c.text += gotOut(in) + " " + words.Said("verdict.who-blocks-out")
		c.acts = []catalogue.Actor{catalogue.ISP, catalogue.Provider}
		if own == "udp" { // the provider may serve TCP alone
			c.title, c.acts = "udp-unanswered", append(c.acts, catalogue.Reseller)
		}
	} else {
		unexplained(in, &c)
	}
	c.text += boxAddress
	return []candidate{c}
}

// unexplained adds to the trunk's own transport that fails where nothing shows who stops it.
func unexplained(in Input, c *candidate) {
	f, own := in.Facts, trunk(in).Transport
	if own == "udp" && passesUDP(f) {
		c.title = "udp-unanswered"
		c.text += " " + words.Said("verdict.udp-passes")
	}
	c.acts = []catalogue.Actor{catalogue.IT, catalogue.Provider}
	if f.Name != nil && f.Name.Serves(own) {
		c.text += " " + words.Said("verdict.serves-it", "transport", strings.ToUpper(own))
		return
	}
	c.text += " " + words.Said("verdict.who-blocks")
	if own == "udp" { // which nobody need have chosen: it is what a file that says nothing means
		c.acts = append(c.acts, catalogue.Reseller)
		c.advice = "transport"
	}
}

// allSilent judges a provider that sent no SIP reply over any transport. Positive proof names the
// firewall; silence that another thing explains as well is "cannot tell".
func allSilent(in Input) []candidate {
	f := in.Facts
	if _, filtered := filter(attempts(f)); !filtered && !internetAnswers(f) && !controlsAnswer(f) && !providerAlive(f) {
		return nil // nothing at all answers: light 2 speaks
	}
	all := attempts(f)
	target := all[0].Target
	ping, asked := pinged(f)
	if walked(in) == reachSite {
		return []candidate{portCut(in, asked && !ping)}
	}
	if n, span := sends(f.UDP); f.UDP != nil && (n < sipSends || span < facts.Duration(sipSpan)) && len(f.UDP.Targets) > 0 && len(f.UDP.Targets[0].ICMP) == 0 {
		return nil // too little was sent
	}
	if e, ok := refuser(all); ok {
		if e.NoWay() && !ping {
			return nil // no route at all: light 2 speaks
		}
		return []candidate{{code: "3-1", kind: catalogue.Stops,
			text: words.Said("verdict.sip-blocked", "server", target) + refusal(e) + boxAddress}}
	}
	switch {
	case refusedByServer(all): // so that messages do reach it
		return []candidate{closedPort(target, all)}
	case blockedForAll(in):
		c := candidate{code: "3-1", kind: catalogue.Stops, text: words.Said("verdict.sip-blocked-all", "server", target) + unpinged(asked && !ping) + boxAddress}
		if asked && !ping {
			c.acts = []catalogue.Actor{catalogue.IT, catalogue.ISP, catalogue.Provider}
		}
		return []candidate{c}
	case ping && ignores(in):
		return nil // 4-9 speaks
	case cut(in) && ping:
		return []candidate{ownCut(in)}
	case !ping && !connected(all):
		return nil // 2-6 speaks
	}
	sign := words.Said("verdict.sip-silent", "server", target)
	if !ping {
		sign = words.Said("verdict.sip-silent-no-ping", "server", target)
	}
	c := candidate{code: "3-1", kind: catalogue.Stops, text: sign + otherHosts(in)}
	if trunk(in).Transport != "udp" && controlsAnswer(f) {
		c.code = "3-4" // SIP passes to others in another way
	}
	c.acts = []catalogue.Actor{catalogue.IT, catalogue.Provider}
	switch walked(in) {
	case reachOut:
		c.text, c.acts = c.text+gotOut(in), []catalogue.Actor{catalogue.ISP, catalogue.Provider}
	case reachLine:
		c.text, c.acts = c.text+whereEnded(in), []catalogue.Actor{catalogue.ISP, catalogue.Provider}
	case reachDisputed:
		c.text += whereEnded(in)
	}
	c.text += " " + words.Said("verdict.blocked-or-ignored") + boxAddress
	return []candidate{c}
}

// portCut is a provider that no SIP comes from, where a device of the site ends what goes to the trunk's port.
func portCut(in Input, noPing bool) candidate {
	f, own, code := in.Facts, trunk(in).Transport, "3-1"
	if maySendOn(in) {
		return candidate{code: code, kind: catalogue.Stops, acts: bothEnds(in), text: words.Said("verdict.own-unanswered",
			"transport", strings.ToUpper(own), "server", f.SIPWalk.SIP.To) + whereEnded(in) + " " + words.Said("verdict.sent-on") + unpinged(noPing) + boxAddress}
	}
	switch {
	case own != "udp" && controlsAnswer(f): // SIP passes to others in another way
		code = "3-4"
	case cut(in):
		code = "3-3"
	}
	return candidate{code: code, kind: catalogue.Stops, acts: enders(in), text: words.Said("verdict.own-blocked",
		"transport", strings.ToUpper(own), "server", f.SIPWalk.SIP.To) + whereEnded(in) + unpinged(noPing) + boxAddress}
}

// unpinged names what else may be wrong.
func unpinged(noPing bool) string {
	if !noPing {
		return ""
	}
	return " " + words.Said("verdict.no-ping-either")
}

// otherHosts tells of the SIP hosts beside the provider's, where they prove nothing.
func otherHosts(in Input) string {
	switch {
	case sameWay(in):
		return " " + words.Said("verdict.others-same-way")
	case controlsAnswer(in.Facts):
		return " " + words.Said("verdict.others-other-way")
	case len(silentHosts(in)) > 0:
		return " " + words.Said("verdict.one-other-silent", "server", silentHosts(in)[0])
	}
	return ""
}

// closedPort is a refusal by the provider's own host: nothing listens there (ICMP 3/3), or its firewall says no.
func closedPort(target netip.AddrPort, all []facts.Attempt) candidate {
	text := words.Said("verdict.port-closed", "server", target)
	if e, _ := serverRefusal(all); !e.PortClosed() {
		text = words.Said("verdict.port-refused", "server", target, "error", e)
	}
	return candidate{code: "3-1", kind: catalogue.Stops, acts: []catalogue.Actor{catalogue.Reseller, catalogue.Provider},
		text:   text + boxAddress,
		advice: "port"}
}

// connected reports whether a connection was made or refused, by the provider or by a device in its place.
func connected(of []facts.Attempt) bool {
	return slices.ContainsFunc(of, func(a facts.Attempt) bool { return a.Connect == facts.Answered || a.Connect == facts.Refused })
}

// ownCut is the trunk's transport blocked on this side, where the provider answers over none.
func ownCut(in Input) candidate {
	own, other, code := trunk(in).Transport, "UDP", "3-4"
	if own == "udp" {
		other, code = "TCP", "3-3"
	}
	return candidate{code: code, kind: catalogue.Stops, acts: []catalogue.Actor{catalogue.IT, catalogue.Provider},
		text: words.Said("verdict.own-cut", "transport", strings.ToUpper(own), "other", other) + boxAddress}
}

// unreachable judges a provider that gives no sign of life at all, while the internet works.
func unreachable(in Input) []candidate {
	f := in.Facts
	if noTrunk(in) || answeredAny(f) || imposed(f, trunk(in).Transport) || !internetAnswers(f) && !controlsAnswer(f) || f.UDP == nil && f.TCP == nil && f.TLS == nil {
		return nil
	}
	if ping, asked := pinged(f); ping || !asked {
		return nil
	}
	all := attempts(f)
	if len(all) == 0 || refusedByServer(all) {
		return nil
	}
	if _, firewall := filter(all); firewall || connected(all) || walked(in) == reachSite || blockedForAll(in) {
		return nil // 3-1
	}
	if wrongServer(in) {
		return nil // 2-3 or 2-4 speaks
	}
	c := candidate{code: "2-6", kind: catalogue.Stops,
		text: words.Said("verdict.nothing-at-all", "address", all[0].Target.Addr())}
	if byIPv6(f) {
		c = unreachableByIPv6(f, all[0].Target.Addr())
	}
	if _, answers := witness(f); !answers && f.Witness != nil && inward(all[0].Target.Addr()) {
		c.text += " " + words.Said("verdict.private-address")
	}
	if e, ok := refuser(all); ok {
		c.text += " " + words.Said("verdict.no-way", "device", e.Offender)
	}
	if one := otherHosts(in); one != "" && !controlsAnswer(f) {
		c.text += one + " " + words.Said("verdict.maybe-blocked")
	}
	return []candidate{c}
}

func refusal(e facts.ICMP) string {
	return " " + words.Said("verdict.refusal", "device", e.Offender, "error", e)
}

func connectWords(a facts.Answer) string {
	switch a {
	case facts.Refused:
		return words.Said("verdict.conn-refused")
	case facts.Unreachable:
		return words.Said("verdict.conn-unreachable")
	case facts.Answered:
		return words.Said("verdict.conn-answered")
	}
	return words.Said("verdict.conn-silent")
}

// alg judges what the search for a rewriting device found. It stops the trunk only where the trunk's own transport is
// rewritten and something that it cannot touch works in its place, or where all else is clean and the PBX is still not
// registered (verdict rule 4); it never hides a failed login.
func alg(in Input) []candidate {
	f := in.Facts
	if f.ALG == nil || f.ALG.Word != facts.ALGProved && f.ALG.Word != facts.ALGLikely {
		return nil
	}
	proved := f.ALG.Word == facts.ALGProved
	by := rewriterAt(f.ALG.Place)
	c := candidate{code: "3-2", kind: catalogue.Hurts, title: by.key, advice: by.key, acts: by.acts}
	c.text = words.Said("verdict.alg-likely", "subject", by.subject, "why", f.ALG.Why)
	if proved {
		c.text = words.Said("verdict.alg-proved", "subject", by.subject, "why", f.ALG.Why)
	}
	if by.where != "" {
		c.text += " " + by.where
	}
	if by.mayBeRouter() {
		name, hint := maker(f)
		c.text, c.hint = c.text+name, hint
	}
	own := trunk(in).Transport
	touched := slices.Contains(f.ALG.Over, own)
	switch {
	case own == "tls":
		c.text += " " + words.Said("verdict.tls-unread")
		c.kind = catalogue.Tells
	case !touched:
		c.text += " " + words.Said("verdict.own-untouched", "transport", strings.ToUpper(own))
		c.kind = catalogue.Tells
	case proved && path(f, own) != nil && !answered(f, own) && answeredAny(f) && walked(in) != reachSite:
		c.kind = catalogue.Stops
		c.text += " " + words.Said("verdict.own-way-fails") + boxAddress
	case proved && let(f) && notRegistered(in) && !wrongSettings(in):
		c.kind = catalogue.Stops
		c.text += " " + words.Said("verdict.all-else-fine") + boxAddress
	case contrasted(f) && f.Login != nil && f.Login.Attempts == 0 && !let(f):
		c.kind = catalogue.Stops
		c.text += " " + words.Said("verdict.no-login-so") + boxAddress
		c.acts = append(slices.Clone(by.acts), catalogue.Provider)
		if by.acts == nil {
			c.acts = []catalogue.Actor{catalogue.IT, catalogue.Provider}
		}
	}
	return []candidate{c}
}
