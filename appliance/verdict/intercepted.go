package verdict

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
)

// intercepted judges SIP answers from addresses where nothing lives. A device that catches SIP stops the
// trunk where it is shown to speak in the provider's name, or where nothing of the provider's comes back.
func intercepted(in Input) []candidate {
	f, own := in.Facts, trunk(in).Transport
	answers := interceptor(f)
	if answers == nil || onSite(f) {
		return nil
	}
	c := candidate{code: "3-9", kind: catalogue.Hurts}
	c.text = words.Said("verdict.intercepted", "places", places(answers), "answer", quoted(answers[0]))
	why, inPlace := speaksFor(f, own)
	switch {
	case accepted(f):
		c.text += " " + words.Said("verdict.login-works")
	case inPlace:
		c.kind = catalogue.Stops
		c.text += " " + words.Said("verdict.in-place", "why", why) + loginSeen(f) + boxAddress
	case !answered(f, own):
		c.kind = catalogue.Stops
		c.text += " " + words.Said("verdict.nothing-comes", "transport", strings.ToUpper(own)) + boxAddress
	default:
		c.text += " " + words.Said("verdict.whose-unknown")
	}
	return []candidate{c}
}

// whoseUnknown reports whether a device answers in the place of others, and the answers over the trunk's transport do not
// name another program than that device's.
func whoseUnknown(in Input) bool {
	f := in.Facts
	answers := interceptor(f)
	return answers != nil && !onSite(f) && slices.ContainsFunc(replies(path(f, trunk(in).Transport)), func(r facts.Reply) bool {
		return r.Server == "" || r.Server == answers[0].Server
	})
}

// interceptor gives the SIP answers from addresses where nothing lives; nil unless every one that was asked
// gave one, as a single host that misuses such an address is no interceptor.
func interceptor(f facts.Facts) []facts.Reply {
	if f.Nowhere == nil || len(f.Nowhere.Targets) < 2 {
		return nil
	}
	var all []facts.Reply
	for _, a := range f.Nowhere.Targets {
		i := slices.IndexFunc(a.Exchanges, func(x facts.Exchange) bool { return x.Reply != nil })
		if i < 0 {
			return nil
		}
		all = append(all, *a.Exchanges[i].Reply)
	}
	return all
}

// onSite reports whether the provider's server is a machine of the site itself: then a border controller
// is managed here, and may take all SIP to itself.
func onSite(f facts.Facts) bool {
	return f.Name != nil && len(f.Name.Targets) > 0 && private(f.Name.Targets[0].Addr.Addr())
}

// speaksFor reports whether the replies over a transport are the interceptor's own, and how that is known:
// they name the same program, which the provider does not name over TLS; or they came sooner than
// the provider can answer. A login that was accepted speaks against it.
func speaksFor(f facts.Facts, transport string) (why string, is bool) {
	answers := interceptor(f)
	if answers == nil || accepted(f) || transport == "tls" || onSite(f) {
		return "", false
	}
	got := replies(path(f, transport))
	named := func(r facts.Reply) bool { return r.Server != "" && r.Server == answers[0].Server }
	if slices.ContainsFunc(got, named) && !slices.ContainsFunc(replies(f.TLS), named) {
		return words.Said("verdict.same-program", "program", strconv.Quote(answers[0].Server)), true
	}
	for _, r := range got {
		if least := pingTime(f, r); 2*r.RTT < least {
			return words.Said("verdict.too-fast", "time", r.RTT, "ping", least), true
		}
	}
	return "", false
}

// imposed reports whether the replies over a transport are an interceptor's and not the provider's.
func imposed(f facts.Facts, transport string) bool {
	_, is := speaksFor(f, transport)
	return is
}

// pingTime is the shortest ping to the server of a reply, 0 where that is not long enough to compare with.
func pingTime(f facts.Facts, r facts.Reply) facts.Duration {
	if f.Ping == nil {
		return 0
	}
	for _, e := range f.Ping.Targets {
		if e.Addr == r.From.Addr() && e.Back >= pingsToCompare && time.Duration(e.Min) >= pingFar {
			return e.Min
		}
	}
	return 0
}

// loginSeen says how the login ended, since the box could not know whom it asked.
func loginSeen(f facts.Facts) string {
	switch l := f.Login; {
	case l == nil:
	case l.Reply != nil:
		return " " + words.Said("verdict.login-answered", "answer", quoted(*l.Reply))
	case l.First != nil:
		return " " + words.Said("verdict.login-answered", "answer", quoted(*l.First))
	}
	return ""
}

func places(answers []facts.Reply) string {
	var from []string
	for _, r := range answers {
		from = append(from, r.From.String())
	}
	return strings.Join(from, ", ")
}
