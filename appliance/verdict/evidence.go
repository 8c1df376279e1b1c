package verdict

import (
	"net/netip"
	"slices"

	"trunktester/appliance/profile"
	"trunktester/probes/facts"
)

// This file reads the facts: small questions that several rules ask.

// path is the SIP path over one transport, nil when it was not looked at.
func path(f facts.Facts, transport string) *facts.Path {
	switch transport {
	case "udp":
		return f.UDP
	case "tcp":
		return f.TCP
	case "tls":
		return f.TLS
	}
	return nil
}

// replies are all final SIP replies that came over one path.
func replies(p *facts.Path) []facts.Reply {
	var all []facts.Reply
	if p == nil {
		return nil
	}
	for _, a := range p.Targets {
		for _, x := range a.Exchanges {
			if x.Reply != nil {
				all = append(all, *x.Reply)
			}
		}
	}
	return all
}

// answered reports whether the provider sent any SIP reply over the transport; what an interceptor said in
// its place is none.
func answered(f facts.Facts, transport string) bool {
	if imposed(f, transport) {
		return false
	}
	if len(replies(path(f, transport))) > 0 {
		return true
	}
	return f.Login != nil && f.Login.Transport == transport && (f.Login.First != nil || f.Login.Reply != nil)
}

// answeredAny reports whether the provider sent any SIP reply at all.
func answeredAny(f facts.Facts) bool {
	return answered(f, "udp") || answered(f, "tcp") || answered(f, "tls")
}

// accepted reports whether the provider took the login.
func accepted(f facts.Facts) bool { return f.Login != nil && f.Login.Accepted }

// let reports whether the provider took the login, or asked for none.
func let(f facts.Facts) bool {
	return f.Login != nil && (f.Login.Accepted || f.Login.Open && !imposed(f, f.Login.Transport))
}

// internetAnswers reports whether anything in the outside world answered. A refused connection came from
// out there as well; a refused DNS question did not: routers that intercept DNS answer so while their
// line is down.
func internetAnswers(f facts.Facts) bool {
	if f.Internet == nil {
		return false
	}
	return slices.ContainsFunc(f.Internet.Targets, func(t facts.InternetTarget) bool {
		return t.ICMP == facts.Answered || t.TCP == facts.Answered || t.TCP == facts.Refused || t.DNS == facts.Answered
	})
}

// pinged reports whether any server of the provider answers ping, and whether it was asked.
func pinged(f facts.Facts) (answers, asked bool) {
	if f.Ping == nil {
		return false, false
	}
	for _, t := range f.Ping.Targets {
		asked = asked || t.Sent > 0
		answers = answers || t.Back > 0
	}
	return answers, asked
}

// attempts are all attempts over every transport.
func attempts(f facts.Facts) []facts.Attempt {
	var all []facts.Attempt
	for _, p := range []*facts.Path{f.UDP, f.TCP, f.TLS} {
		if p != nil {
			all = append(all, p.Targets...)
		}
	}
	return all
}

// lossy reports whether packets were seen to be lost on this line: by a measurement, or by a SIP message
// that was answered only when it was repeated.
func lossy(f facts.Facts) bool {
	if f.Quality != nil && slices.ContainsFunc(f.Quality.Far, func(e facts.Echo) bool {
		return e.Back > 0 && float64(e.Sent-e.Back) >= qualityLoss*float64(e.Sent)
	}) {
		return true
	}
	return slices.ContainsFunc(attempts(f), func(a facts.Attempt) bool {
		return slices.ContainsFunc(a.Exchanges, func(x facts.Exchange) bool { return x.Reply != nil && x.Sends > 1 })
	})
}

// refuser is the first device on the way, not the provider itself, that refused one of the attempts.
func refuser(of []facts.Attempt) (facts.ICMP, bool) {
	for _, a := range of {
		for _, e := range a.ICMP {
			if !e.Provider && e.Unreachable() {
				return e, true
			}
		}
	}
	return facts.ICMP{}, false
}

// filter is the first refusal that is a firewall's word, not a router's that knows no way (ICMP
// codes of RFC 792 and RFC 1812 section 5.2.7.1).
func filter(of []facts.Attempt) (facts.ICMP, bool) {
	for _, a := range of {
		for _, e := range a.ICMP {
			if e.Unreachable() && !e.NoWay() {
				return e, true
			}
		}
	}
	return facts.ICMP{}, false
}

// serverRefusal is the first refusal by the provider's own host: its port is closed, or its firewall refuses.
func serverRefusal(of []facts.Attempt) (facts.ICMP, bool) {
	for _, a := range of {
		for _, e := range a.ICMP {
			if e.Provider && e.Unreachable() {
				return e, true
			}
		}
	}
	return facts.ICMP{}, false
}

// refusedByServer reports whether the provider's own host refused.
func refusedByServer(of []facts.Attempt) bool {
	_, did := serverRefusal(of)
	return did
}

// passesUDP reports whether a SIP host that is not the provider's server answers over UDP. Where a device answers in
// everybody's place, nobody knows whom it was that answered; and they are asked by IPv4 alone.
func passesUDP(f facts.Facts) bool {
	if f.Controls == nil || imposed(f, "udp") || byIPv6(f) {
		return false
	}
	answers, _ := controlReplies(f.Controls.UDP)
	return answers
}

// controlReplies tells whether one of the hosts sent a SIP reply, and whether one was asked.
func controlReplies(hosts []facts.Attempt) (answers, asked bool) {
	for _, a := range hosts {
		for _, x := range a.Exchanges {
			asked = asked || x.Sends > 0
			answers = answers || x.Reply != nil
		}
	}
	return answers, asked
}

// controlsAnswer reports whether a SIP host that is not the provider's answers over any transport, on the trunk's way.
func controlsAnswer(f facts.Facts) bool { return !byIPv6(f) && anyControl(f) }

// anyControl reports the same, whatever the trunk's way.
func anyControl(f facts.Facts) bool {
	if f.Controls == nil {
		return false
	}
	udp, _ := controlReplies(f.Controls.UDP)
	udp = udp && !imposed(f, "udp")
	tcp, _ := controlReplies(f.Controls.TCP)
	return udp || tcp && !imposed(f, "tcp")
}

// sameWay reports whether a SIP host that is not the provider's answers on the trunk's own port and transport; for TLS a
// connection to that port is enough, as nobody asks there for more.
func sameWay(in Input) bool {
	f, own := in.Facts, trunk(in).Transport
	p := path(f, own)
	if f.Controls == nil || p == nil || len(p.Targets) == 0 || imposed(f, own) || byIPv6(f) {
		return false
	}
	hosts := f.Controls.TCP
	if own == "udp" {
		hosts = f.Controls.UDP
	}
	return slices.ContainsFunc(hosts, func(a facts.Attempt) bool {
		answers, _ := controlReplies([]facts.Attempt{a})
		return a.Target.Port() == p.Targets[0].Target.Port() && (answers || own == "tls" && a.Connect == facts.Answered)
	})
}

// blockedForAll reports whether SIP passes to nobody: two hosts that have nothing to do with each other, nor with the provider, are
// as silent as it is.
func blockedForAll(in Input) bool {
	return !controlsAnswer(in.Facts) && len(silentHosts(in)) >= controlsNeeded
}

// silentHosts are the SIP hosts, each in a network of its own, that are silent and not the provider's: what is
// dead with the provider says nothing of the way.
func silentHosts(in Input) []netip.Addr {
	f := in.Facts
	var found []netip.Addr
	if f.Controls == nil || byIPv6(f) { // they are asked by IPv4 alone
		return nil
	}
	for _, a := range f.Controls.UDP {
		at := a.Target.Addr()
		answers, asked := controlReplies([]facts.Attempt{a})
		alive := slices.ContainsFunc(f.Controls.TCP, func(t facts.Attempt) bool { return t.Target == a.Target && t.Connect == facts.Answered })
		neighbour := slices.ContainsFunc(found, func(other netip.Addr) bool { return near(other, at) })
		if !asked || answers || alive || neighbour || !stranger(in, a) {
			continue
		}
		found = append(found, at)
	}
	return found
}

// stranger reports whether a SIP host has nothing to do with the provider: what is dead with that says nothing of the way.
func stranger(in Input, host facts.Attempt) bool {
	return !ofProvider(in, host.Target.Addr()) && (host.Host == "" || host.Host != in.Profile.Provider.Reflector)
}

// cut reports whether the trunk's own kind of transport, datagrams or connections, reaches no SIP host at all, a stranger's
// among them that answers over the other kind: what the provider does cannot be seen from here then. Which hosts serve
// both is not known, so a refused connection says nothing.
func cut(in Input) bool {
	f := in.Facts
	if trunk(in).Transport != "udp" {
		return streamsCut(in)
	}
	return controlsAnswer(f) && !passesUDP(f) && slices.ContainsFunc(f.Controls.UDP, func(a facts.Attempt) bool {
		_, asked := controlReplies([]facts.Attempt{a})
		return asked && stranger(in, a) && answersAt(f.Controls.TCP, a.Target)
	})
}

// answersAt reports whether the host at this address is one of those that sent a SIP reply.
func answersAt(hosts []facts.Attempt, at netip.AddrPort) bool {
	return slices.ContainsFunc(hosts, func(a facts.Attempt) bool {
		answers, _ := controlReplies([]facts.Attempt{a})
		return answers && a.Target == at
	})
}

// sends counts what was sent without an answer, over how long at most.
func sends(p *facts.Path) (n int, span facts.Duration) {
	if p == nil {
		return 0, 0
	}
	for _, a := range p.Targets {
		for _, x := range a.Exchanges {
			n += x.Sends
			span = max(span, x.Spanned)
		}
	}
	return n, span
}

// unanswered counts the sends of a method that the first server left without any reply, and over how long; zero when it
// answered one.
func unanswered(p *facts.Path, method string) (n int, span facts.Duration) {
	if p == nil || len(p.Targets) == 0 {
		return 0, 0
	}
	for _, x := range p.Targets[0].Exchanges {
		if x.Method == method && x.Reply != nil {
			return 0, 0
		}
		if x.Method == method {
			n, span = n+x.Sends, max(span, x.Spanned)
		}
	}
	return n, span
}

// contrasted reports whether REGISTER fares worse in the clear than over TLS (A9).
func contrasted(f facts.Facts) bool {
	return f.ALG != nil && slices.ContainsFunc(f.ALG.Proofs, func(p facts.Proof) bool { return p.ID == "A9" && p.Result == "proof" })
}

// notRegistered reports whether the PBX is proved not to be registered: an empty list from a provider
// that is known to show its list, or a person who saw no entry.
func notRegistered(in Input) bool {
	if in.Answers.PortalShowsPBX != nil {
		return !*in.Answers.PortalShowsPBX
	}
	b := in.Facts.Bindings
	return let(in.Facts) && b != nil && b.NotShown == "" && len(b.Contacts) == 0 && showsBindings(in)
}

// isRegistered reports whether something shows that the trunk is registered.
func isRegistered(in Input) bool {
	if said := in.Answers.PortalShowsPBX; said != nil && *said {
		return true
	}
	return listsAny(in.Facts)
}

// listsAny reports whether the provider listed a registration.
func listsAny(f facts.Facts) bool { return f.Bindings != nil && len(f.Bindings.Contacts) > 0 }

// showsBindings reports whether this provider is known to list bindings. There is a trunk.
func showsBindings(in Input) bool {
	if o := in.Facts.OwnBinding; o != nil && o.Shown != nil {
		return *o.Shown
	}
	if in.Profile.Provider.ShowsBindings != nil {
		return *in.Profile.Provider.ShowsBindings
	}
	return in.Facts.Remembered != nil && in.Facts.Remembered.ContactSeen
}

// trunk is the trunk of the profile; zero without one.
func trunk(in Input) profile.Trunk {
	if in.Profile == nil {
		return profile.Trunk{}
	}
	return in.Profile.Trunk
}
