package verdict

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
)

// serversSilent judges a provider of whose servers for the trunk's own transport some answer and some do not (RFC 3263
// section 4): the PBX may choose a silent one, so that the trunk fails now and then. A server that is only there for when the
// others fail is information.
func serversSilent(in Input) []candidate {
	f, own := in.Facts, trunk(in).Transport
	p := path(f, own)
	if p == nil || imposed(f, own) {
		return nil
	}
	var dead []facts.Attempt
	var reasons []string
	byReason := map[string][]facts.Attempt{}
	best := -1 // preference of the best server that answers; less is better
	for _, a := range p.Targets {
		switch why := unserved(a, *p, ""); {
		case replied(&a):
			if n := preference(f, a.Target, own); best < 0 || n < best {
				best = n
			}
		case why != "":
			if byReason[why] == nil {
				reasons = append(reasons, why)
			}
			dead, byReason[why] = append(dead, a), append(byReason[why], a)
		}
	}
	if best < 0 || len(dead) == 0 {
		return nil
	}
	for i, why := range reasons {
		of := byReason[why]
		reasons[i] = unserved(of[0], *p, servers(targets(of)))
	}
	c := candidate{code: "3-1", kind: catalogue.Hurts, title: "servers", advice: "servers",
		acts: []catalogue.Actor{catalogue.Provider, catalogue.IT},
		text: words.Said("verdict.servers-silent", "transport", strings.ToUpper(own), "how", strings.Join(reasons, "; "), "others", whoAnswered(*p))}
	spare := !slices.ContainsFunc(dead, func(a facts.Attempt) bool { return preference(f, a.Target, own) <= best })
	e, refused := refuser(dead)
	switch {
	case refused:
		c.text += refusal(e)
		c.acts = []catalogue.Actor{catalogue.IT}
	case severe(f):
		c.kind = catalogue.Tells
		c.text += " " + words.Said("verdict.maybe-chance")
	}
	if spare {
		c.kind = catalogue.Tells
		c.text += " " + words.Said("verdict.spare")
	} else {
		c.text += " " + words.Said("verdict.chooses-it")
	}
	c.text += boxAddress
	return []candidate{c}
}

// unserved says in what way a server does not serve, "" when that is not known; who are the servers of which it is said. Silence counts only where another server of
// the provider answered the same kind of message: some ignore one kind.
func unserved(a facts.Attempt, p facts.Path, who string) string {
	switch a.Connect {
	case facts.Silent:
		return words.Said("verdict.server-conn-silent", "servers", who)
	case facts.Refused:
		return words.Said("verdict.server-conn-refused", "servers", who)
	case facts.Unreachable:
		return words.Said("verdict.server-no-way", "servers", who)
	}
	if _, ok := refuser([]facts.Attempt{a}); ok {
		return words.Said("verdict.server-not-reached", "servers", who)
	}
	if e, ok := serverRefusal([]facts.Attempt{a}); ok {
		return words.Said("verdict.server-refuses", "servers", who, "error", e)
	}
	for _, x := range a.Exchanges {
		enough := x.Sends >= sipSends && x.Spanned >= facts.Duration(sipSpan) || a.Connect == facts.Answered && x.Sends > 0
		if enough && answers(p, x.Method) {
			return words.Said("verdict.server-silent", "servers", who, "n", x.Sends,
				"time", facts.Duration(time.Duration(x.Spanned).Round(100*time.Millisecond)))
		}
	}
	return ""
}

// answers reports whether one of the servers answered a message of that kind.
func answers(p facts.Path, method string) bool {
	return slices.ContainsFunc(p.Targets, func(a facts.Attempt) bool {
		return slices.ContainsFunc(a.Exchanges, func(x facts.Exchange) bool { return x.Method == method && x.Reply != nil })
	})
}

// targets are the servers that were tried.
func targets(of []facts.Attempt) []netip.AddrPort {
	all := make([]netip.AddrPort, len(of))
	for i, a := range of {
		all[i] = a.Target
	}
	return all
}

// whoAnswered are the servers that answered.
func whoAnswered(p facts.Path) string {
	var who []netip.AddrPort
	for _, a := range p.Targets {
		if replied(&a) {
			who = append(who, a.Target)
		}
	}
	return servers(who)
}

// preference is the priority of a server (RFC 2782): the least is tried first.
func preference(f facts.Facts, server netip.AddrPort, transport string) int {
	if f.Name != nil {
		for _, t := range f.Name.Targets {
			if t.Addr == server && t.Transport == transport {
				return t.Priority
			}
		}
	}
	return 0
}

// severe reports whether a measurement of the line lost so much that four lost messages in a row are no surprise.
func severe(f facts.Facts) bool {
	return f.Quality != nil && slices.ContainsFunc(f.Quality.Far, func(e facts.Echo) bool {
		return e.Back > 0 && float64(e.Sent-e.Back) >= severeLoss*float64(e.Sent)
	})
}
