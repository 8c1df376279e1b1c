package probes

import (
	"cmp"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
	"trunktester/probes/sip"
)

// The results of one proof.
const (
	algProof        = "proof"
	algClean        = "clean"
	algInconclusive = "inconclusive"
)

// finding is what a probe and its control say together.
type finding struct{ result, why string }

// inconclusive says why a comparison could not tell, by a sentence of the table [said.alg].
func inconclusive(key string, args ...any) finding {
	return finding{algInconclusive, words.Said(key, args...)}
}

// clean says what showed that nothing is rewritten.
func clean(key string, args ...any) finding { return finding{algClean, words.Said(key, args...)} }

// judgement reads one pair. Each is pure, and names a proof of knowledge about ALGs by its differential.
type judgement func(probe, control sip.Exchange) finding

func unsent(probe, control sip.Exchange) finding {
	return inconclusive("alg.unsent", "error", cmp.Or(probe.Err, control.Err))
}

func received(x sip.Exchange) netip.Addr { return x.Reply.Via().Received() }

// translated checks what all proofs by address stand on: both were answered, the server says where requests
// come from, and that is not the box's own address. ok is false when the finding already stands.
func translated(probe, control sip.Exchange) (outside netip.Addr, f finding, ok bool) {
	own := probe.Local.Addr()
	switch {
	case probe.Sends == 0 || control.Sends == 0:
		return outside, unsent(probe, control), false
	case !control.Answered() && !probe.Answered():
		return outside, inconclusive("alg.silence"), false
	case !control.Answered():
		return outside, inconclusive("alg.control-silent"), false
	case !probe.Answered():
		return outside, inconclusive("alg.probe-silent"), false
	}
	outside = received(control)
	switch {
	case !outside.IsValid():
		return outside, inconclusive("alg.no-received"), false
	case outside == own:
		return outside, inconclusive("alg.own-address", "address", own), false
	}
	return outside, finding{}, true
}

// judgeReceived is A1: behind a NAT no server can know our private address, so received= with it was put
// there by a device that rewrites SIP on the way back (nf_nat_sip does).
func judgeReceived(probe, control sip.Exchange) finding {
	outside, f, ok := translated(probe, control)
	if !ok {
		return f
	}
	switch own, seen := probe.Local.Addr(), received(probe); {
	case seen == own:
		return finding{algProof, words.Said("saw.alg-a1", "seen", seen, "outside", outside)}
	case seen == outside:
		return clean("alg.same-received", "address", outside)
	case !seen.IsValid():
		return inconclusive("alg.lacks-received", "address", outside)
	default:
		return inconclusive("alg.other-received", "seen", seen, "outside", outside)
	}
}

// judgeMissing is A2: a server must add received= when the Via names another address than the packet came
// from (RFC 3261 section 18.2.1). When it does so for the control only, the probe's Via was rewritten on the
// way out and put back on the way in, as any symmetric ALG does.
func judgeMissing(probe, control sip.Exchange) finding {
	if control.Answered() && !probe.Answered() && probe.Sends > 0 {
		return inconclusive("alg.no-rport")
	}
	outside, f, ok := translated(probe, control)
	if !ok {
		return f
	}
	switch own, seen := probe.Local.Addr(), received(probe); {
	case !seen.IsValid():
		return finding{algProof, words.Said("saw.alg-a2", "address", probe.Local, "outside", outside)}
	case seen == own:
		return finding{algProof, words.Said("saw.alg-a2-seen", "seen", seen, "outside", outside)}
	case seen == outside:
		return clean("alg.same-received", "address", outside)
	default:
		return inconclusive("alg.other-received", "seen", seen, "outside", outside)
	}
}

// judgeDoor is A3: with rport the answer must come to the port that asked (RFC 3581 section 4). When it comes
// to the port that only the Via names, a device on the way read the Via (nf_nat_sip's forced_dport). The
// control's Via names its own second port as well, behind a host name that no device takes for the box.
func judgeDoor(probe, control sip.Exchange) finding {
	_, f, ok := translated(probe, control)
	if !ok {
		return f
	}
	switch {
	case control.Door != control.Local:
		return inconclusive("alg.rport-ignored", "came", control.Door.Port(), "asked", control.Local.Port())
	case probe.Door != probe.Local:
		return finding{algProof, words.Said("saw.alg-a3", "asked", probe.Local.Port(), "came", probe.Door.Port(), "control", control.Door.Port())}
	}
	return clean("alg.right-ports", "probe", probe.Door.Port(), "control", control.Door.Port())
}

// judgeMirror is A6: what a server must repeat unchanged came back changed where it held our address, and
// unchanged where it did not.
func judgeMirror(probe, control sip.Exchange) finding {
	if probe.Sends == 0 || control.Sends == 0 {
		return unsent(probe, control)
	}
	if !probe.Answered() || !control.Answered() {
		return inconclusive("alg.one-silent")
	}
	sent := sip.Split(probe.Sent)
	for _, name := range probe.Mangled {
		if !slices.Contains(control.Mangled, name) {
			return finding{algProof, words.Said("saw.alg-a6", "name", name, "sent", strconv.Quote(sent.Get(name)), "got", strconv.Quote(sip.Redact(probe.Reply.Get(name))))}
		}
	}
	if len(probe.Mangled) > 0 {
		return inconclusive("alg.both-changed", "names", strings.Join(probe.Mangled, ", "))
	}
	return clean("alg.mirrored", "id", strconv.Quote(sent.Get("Call-ID")))
}

// judgeTransports is A9: REGISTER over the clear transport fails though SIP passes there, and the same
// REGISTER succeeds over TLS, which no device on the way can read. Silence to everything is no sign of an
// ALG: a blocked port or a provider without that transport look the same.
func judgeTransports(clear, tls *facts.Path) (facts.Proof, bool) {
	open, asked := exchangeOf(clear, sip.REGISTER)
	hidden, _ := exchangeOf(tls, sip.REGISTER)
	if !asked || hidden.Reply == nil {
		return facts.Proof{}, false
	}
	p := facts.Proof{ID: "A9", Transport: clear.Transport, Probe: open, Control: hidden, Result: algClean}
	options, _ := exchangeOf(clear, sip.OPTIONS)
	transport := strings.ToUpper(clear.Transport)
	switch {
	case open.Reply == nil && options.Reply == nil:
		p.Result, p.Why = algInconclusive, words.Said("alg.clear-silent", "transport", transport, "code", hidden.Reply.Code)
	case open.Reply == nil && open.Error == "":
		p.Result, p.Why = algProof, words.Said("saw.alg-a9", "transport", transport, "options", options.Reply.Code, "tls", hidden.Reply.Code)
	case open.Reply == nil:
		p.Result, p.Why = algInconclusive, words.Said("alg.register-unsent", "transport", transport)
	case open.Reply.Code == 400 && usual(hidden.Reply.Code):
		p.Result, p.Why = algProof, words.Said("saw.alg-a9-malformed", "transport", transport, "reason", open.Reply.Reason, "tls", hidden.Reply.Code)
	default:
		p.Why = words.Said("alg.register-same", "code", open.Reply.Code, "transport", transport, "tls", hidden.Reply.Code)
	}
	return p, true
}

// usual are the answers of a registrar that understood: a challenge or a success.
func usual(code int) bool { return code == 401 || code == 407 || code/100 == 2 }

// exchangeOf is the first server's exchange of a method.
func exchangeOf(p *facts.Path, method string) (facts.Exchange, bool) {
	if p == nil || len(p.Targets) == 0 {
		return facts.Exchange{}, false
	}
	for _, x := range p.Targets[0].Exchanges {
		if x.Method == method {
			return x, true
		}
	}
	return facts.Exchange{}, false
}

// sign tells the proofs that only make an ALG likely: a filter without any knowledge of SIP might do the same, or what
// stands before a reflector.
func sign(id string) bool { return id == "A4" || id == "A9" || id == algAlone }

// ofTheWay tells the proofs that no far end can make: they stand whatever arrives at a reflector, as the way to the
// provider's server may be another.
func ofTheWay(id string) bool { return id == "A1" || id == "A3" || id == "A5" || id == algPBXPort }

// conclude says what the proofs come to, and over which transports: a device may rewrite SIP over one and leave the others.
func conclude(found *facts.ALG) {
	found.Word, found.Why = algWord(found.Proofs)
	found.Over = nil
	if found.Word != facts.ALGProved && found.Word != facts.ALGLikely {
		return
	}
	for _, p := range found.Proofs {
		if slices.Contains(found.Over, p.Transport) {
			continue
		}
		same := slices.DeleteFunc(slices.Clone(found.Proofs), func(q facts.Proof) bool { return q.Transport != p.Transport })
		if word, _ := algWord(same); word == found.Word {
			found.Over = append(found.Over, p.Transport)
		}
	}
}

// algWord is the verdict rule: a proof proves, a drop or a contrast of transports makes likely, "not seen" needs every
// differential to have been conclusive, and says that the walk (A5) and the messages that such devices drop (A4) were not
// tried: they cost every run seconds and a third of its requests. Nothing but a reflector rules an ALG out.
func algWord(proofs []facts.Proof) (word, why string) {
	var open []string
	likely, clean, arrived := "", 0, ""
	for _, p := range proofs {
		if p.ID == algReflector && p.Result == algClean {
			arrived = p.Why
		}
	}
	for _, p := range proofs {
		switch {
		case arrived != "" && !ofTheWay(p.ID):
		case p.Result == algProof && !sign(p.ID):
			return facts.ALGProved, p.Why
		case p.Result == algProof:
			likely = p.Why
		case sign(p.ID) || p.ID == "A5" || p.ID == algReflector:
		case p.Result == algClean:
			clean++
		default:
			open = append(open, comparison(p))
		}
	}
	switch {
	case arrived != "":
		return facts.ALGRuledOut, arrived
	case likely != "":
		return facts.ALGLikely, likely
	case len(open) > 0:
		return facts.ALGCouldNotTell, words.Said("saw.alg-open", "n", len(open), "all", len(open)+clean) + " " + open[0]
	case clean == 0:
		return facts.ALGCouldNotTell, words.Said("saw.alg-none")
	}
	return facts.ALGNotSeen, words.Said("saw.alg-clean", "n", clean) + " " + words.Said("saw.alg-untried")
}

// seenDirectly tells the address that the provider sees, where that is the box's own and what must be repeated was
// repeated (A6): nothing is translated then, and what rewrites SIP for the sake of translation has nothing to do.
func seenDirectly(proofs []facts.Proof) (own netip.Addr, ok bool) {
	repeated := false
	for _, p := range proofs {
		if p.ID == "A6" {
			if p.Result != algClean {
				return netip.Addr{}, false
			}
			repeated = true
		}
		if p.Probe.Reply == nil {
			continue
		}
		sent := sip.HostPort(sip.Split([]byte(p.Probe.Sent)).Via().SentBy).Addr()
		if seen := p.Probe.Reply.SeenAs.Addr(); sent.IsValid() && seen == sent {
			own = sent
		}
	}
	return own, repeated && own.IsValid()
}
