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
	} else if ok, asked := controls(f); own == "udp" && asked && !ok {
		c.text += " Other SIP hosts are silent over UDP as well, so it is blocked on this side."
	} else {
		c.text += " Whether a firewall on the way blocks it, or the provider does not serve it, cannot be told from here."
		c.acts = []catalogue.Actor{catalogue.IT, catalogue.Provider}
	}
	c.text += boxAddress
	return []candidate{c}
}

// allSilent judges a provider that sent no SIP reply over any transport. Positive proof names the
// firewall; silence that another thing explains as well is "cannot tell".
func allSilent(in Input) []candidate {
	f := in.Facts
	if _, filtered := filter(attempts(f)); !filtered && !internetAnswers(f) && !controlsAnswer(f) && !providerAlive(f) {
		return nil // nothing at all answers: light 2 speaks
	}
	if n, span := sends(f.UDP); f.UDP != nil && (n < sipSends || span < facts.Duration(sipSpan)) && len(f.UDP.Targets) > 0 && len(f.UDP.Targets[0].ICMP) == 0 {
		return nil // too little was sent
	}
	all := attempts(f)
	target := all[0].Target
	if e, ok := refuser(all); ok {
		if ping, _ := pinged(f); e.NoWay() && !ping {
			return nil // no route at all: light 2 speaks
		}
		return []candidate{{code: "3-1", kind: catalogue.Stops,
			text: fmt.Sprintf("SIP to %s is blocked on the way.", target) + refusal(e) + boxAddress}}
	}
	ping, _ := pinged(f)
	_, controlAsked := controls(f)
	switch {
	case refusedByServer(all): // so that messages do reach it
		return []candidate{closedPort(target, all)}
	case controlAsked && !controlsAnswer(f):
		return []candidate{{code: "3-1", kind: catalogue.Stops, text: fmt.Sprintf(
			"SIP is blocked on the way: neither %s nor other SIP hosts on the internet answer, while the internet works.", target) + boxAddress}}
	case cut(in) && ping:
		return []candidate{ownCut(in)}
	case controlsAnswer(f) && ping:
		return nil // 4-9 speaks
	case !ping && !connected(all):
		return nil // 2-6 speaks
	}
	sign := "answers ping, but no SIP message over any transport."
	if !ping {
		sign = "answers neither ping nor SIP over any transport; only TCP connections are taken or refused, by it or by a device in its place."
	}
	return []candidate{{code: "3-1", kind: catalogue.Stops, acts: []catalogue.Actor{catalogue.IT, catalogue.Provider},
		text: fmt.Sprintf("The provider %s %s", target, sign) +
			" Blocked on the way or ignored by the provider: cannot tell which." + boxAddress}}
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
	if _, firewall := filter(all); firewall || connected(all) {
		return nil // 3-1
	}
	if _, asked := controls(f); asked && !controlsAnswer(f) {
		return nil // SIP is blocked to everybody: 3-1
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

// alg judges what the search for a rewriting device found. It stops the trunk only where something that
// it cannot touch works in its place, or where all else is clean and the PBX is still not registered
// (verdict rule 4); it never hides a failed login.
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
	switch {
	case proved && path(f, own) != nil && !answered(f, own) && answeredAny(f):
		c.kind = catalogue.Stops
		c.text += " The trunk's own way fails, while another works." + boxAddress
	case proved && own != "tls" && let(f) && notRegistered(in) && !wrongSettings(in):
		c.kind = catalogue.Stops
		c.text += " Everything else is fine, and the PBX is not registered." + boxAddress
	case own != "tls" && contrasted(f) && f.Login != nil && f.Login.Attempts == 0 && !let(f):
		c.kind = catalogue.Stops
		c.text += " The trunk cannot log in this way. Such a device or the provider itself does it: cannot tell which." + boxAddress
		c.acts = append(slices.Clone(by.acts), catalogue.Provider)
		if by.acts == nil {
			c.acts = []catalogue.Actor{catalogue.IT, catalogue.Provider}
		}
	case own == "tls":
		c.text += " This trunk uses TLS, which such a device cannot read."
		c.kind = catalogue.Tells
	}
	return []candidate{c}
}
