package verdict

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"trunktester/appliance/catalogue"
	"trunktester/probes/facts"
)

// boxAddress stands in every red of light 3 (verdict rule 6).
const boxAddress = " This was tested from the box's own address."

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
	how := fmt.Sprintf("%d messages over %s were not answered", n, span)
	if p.Targets[0].Connect != facts.Unasked {
		how = "the connection is " + connectWords(p.Targets[0].Connect)
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
	c.text = fmt.Sprintf("SIP over %s, which this trunk uses, does not pass to %s (%s), while %s works to the same provider.",
		strings.ToUpper(own), p.Targets[0].Target, how, strings.Join(works, " and "))
	if e, ok := refuser(p.Targets); ok {
		c.text += refusal(e)
	} else if walked(in) == reachSite {
		c.text, c.acts = c.text+whereEnded(in), enders(in)
	} else if ok, asked := controls(f); own == "udp" && asked && !ok {
		c.text += " Other SIP hosts are silent over UDP as well, so it is blocked on this side."
	} else if walked(in) == reachOut {
		c.text += gotOut(in) + " Whether somebody farther out blocks it, or the provider does not serve it, cannot be told from here."
		c.acts = []catalogue.Actor{catalogue.ISP, catalogue.Provider}
	} else {
		unexplained(in, &c)
	}
	c.text += boxAddress
	return []candidate{c}
}

// unexplained adds to the trunk's own transport that fails where nothing shows who stops it.
func unexplained(in Input, c *candidate) {
	f, own := in.Facts, trunk(in).Transport
	if passes, _ := controls(f); own == "udp" && passes {
		c.title = "udp-unanswered"
		c.text += " Other SIP hosts are answered over UDP, so UDP as such is not blocked."
	}
	c.acts = []catalogue.Actor{catalogue.IT, catalogue.Provider}
	if f.Name != nil && f.Name.Serves(own) {
		c.text += fmt.Sprintf(" The provider's name says that it serves %s. A firewall on the way blocks it, or the provider ignores it: cannot tell which.", strings.ToUpper(own))
		return
	}
	c.text += " Whether a firewall on the way blocks it, or the provider does not serve it, cannot be told from here."
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
			text: fmt.Sprintf("SIP to %s is blocked on the way.", target) + refusal(e) + boxAddress}}
	}
	switch {
	case refusedByServer(all): // so that messages do reach it
		return []candidate{closedPort(target, all)}
	case blockedForAll(in):
		c := candidate{code: "3-1", kind: catalogue.Stops, text: fmt.Sprintf(
			"SIP is blocked on the way: neither %s nor other SIP hosts on the internet answer, while the internet works.", target) + unpinged(asked && !ping) + boxAddress}
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
	sign := "answers ping, but no SIP message over any transport."
	if !ping {
		sign = "answers neither ping nor SIP over any transport; only TCP connections are taken or refused, by it or by a device in its place."
	}
	c := candidate{code: "3-1", kind: catalogue.Stops, text: fmt.Sprintf("The provider %s %s", target, sign) + otherHosts(in)}
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
	c.text += " Blocked on the way or ignored by the provider: cannot tell which." + boxAddress
	return []candidate{c}
}

// portCut is a provider that no SIP comes from, where a device of the site ends what goes to the trunk's port.
func portCut(in Input, noPing bool) candidate {
	f, own, code := in.Facts, trunk(in).Transport, "3-1"
	switch {
	case own != "udp" && controlsAnswer(f): // SIP passes to others in another way
		code = "3-4"
	case cut(in):
		code = "3-3"
	}
	return candidate{code: code, kind: catalogue.Stops, acts: enders(in), text: fmt.Sprintf("SIP over %s to %s, which this trunk uses, is blocked on the way.",
		strings.ToUpper(own), f.SIPWalk.SIP.To) + whereEnded(in) + unpinged(noPing) + boxAddress}
}

// unpinged names what else may be wrong.
func unpinged(noPing bool) string {
	if !noPing {
		return ""
	}
	return " The provider does not answer ping either, so whether its servers work cannot be told."
}

// otherHosts tells of the SIP hosts beside the provider's, where they prove nothing.
func otherHosts(in Input) string {
	switch {
	case sameWay(in):
		return " Other SIP hosts answer on the same port and transport."
	case controlsAnswer(in.Facts):
		return " Other SIP hosts answer, but not on the port and transport that this trunk uses."
	case len(silentHosts(in)) > 0:
		return fmt.Sprintf(" One other SIP host, %s, is silent as well.", silentHosts(in)[0])
	}
	return ""
}

// closedPort is a refusal by the provider's own host: nothing listens there (ICMP 3/3), or its firewall says no.
func closedPort(target netip.AddrPort, all []facts.Attempt) candidate {
	what, otherwise := fmt.Sprintf("says that nothing listens on %s", target), "the provider's SIP server is down"
	if e, _ := serverRefusal(all); !e.PortClosed() {
		what, otherwise = fmt.Sprintf("refuses the messages to %s (%s)", target, e), "the provider does not let this address in"
	}
	return candidate{code: "3-1", kind: catalogue.Stops, acts: []catalogue.Actor{catalogue.Reseller, catalogue.Provider},
		text:   fmt.Sprintf("The provider's server itself %s. Either the port in the box's file is wrong or %s: cannot tell which.", what, otherwise) + boxAddress,
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
		text: fmt.Sprintf("No SIP message over %s, which this trunk uses, is answered: not by the provider, and not by other SIP hosts, which do answer over %s.",
			strings.ToUpper(own), other) +
			" A firewall on this side is likely; whether the provider ignores this address as well cannot be told from here." + boxAddress}
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
		text: fmt.Sprintf("The internet works, but nothing at all comes from the provider's address %s: not to ping, not to SIP over UDP, TCP or TLS.", all[0].Target.Addr())}
	if byIPv6(f) {
		c = unreachableByIPv6(f, all[0].Target.Addr())
	}
	if _, answers := witness(f); !answers && f.Witness != nil && inward(all[0].Target.Addr()) {
		c.text += " It is a private address, and public name servers did not answer: the name server of this network may tell a wrong one, or a SIP server of this site is down."
	}
	if e, ok := refuser(all); ok {
		c.text += fmt.Sprintf(" The device %s says that it has no way there.", e.Offender)
	}
	if one := otherHosts(in); one != "" && !controlsAnswer(f) {
		c.text += one + " So SIP may be blocked on the way as well: cannot tell."
	}
	return []candidate{c}
}

func refusal(e facts.ICMP) string {
	return fmt.Sprintf(" The device %s refused it (%s), and that is not the provider's address.", e.Offender, e)
}

func connectWords(a facts.Answer) string {
	switch a {
	case facts.Refused:
		return "refused"
	case facts.Unreachable:
		return "rejected on the way"
	case facts.Answered:
		return "made, but no SIP reply comes"
	}
	return "not answered"
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
	c.text = by.subject + " probably changes SIP messages (SIP ALG). The sign: " + f.ALG.Why
	if proved {
		c.text = by.subject + " changes SIP messages (SIP ALG). The proof: " + f.ALG.Why
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
		c.text += " This trunk uses TLS, which such a device cannot read."
		c.kind = catalogue.Tells
	case !touched:
		c.text += fmt.Sprintf(" This trunk uses %s, over which nothing was seen to be changed.", strings.ToUpper(own))
		c.kind = catalogue.Tells
	case proved && path(f, own) != nil && !answered(f, own) && answeredAny(f) && walked(in) != reachSite:
		c.kind = catalogue.Stops
		c.text += " The trunk's own way fails, while another works." + boxAddress
	case proved && let(f) && notRegistered(in) && !wrongSettings(in):
		c.kind = catalogue.Stops
		c.text += " Everything else is fine, and the PBX is not registered." + boxAddress
	case contrasted(f) && f.Login != nil && f.Login.Attempts == 0 && !let(f):
		c.kind = catalogue.Stops
		c.text += " The trunk cannot log in this way. Such a device or the provider itself does it: cannot tell which." + boxAddress
		c.acts = append(slices.Clone(by.acts), catalogue.Provider)
		if by.acts == nil {
			c.acts = []catalogue.Actor{catalogue.IT, catalogue.Provider}
		}
	}
	return []candidate{c}
}
