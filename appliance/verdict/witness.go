package verdict

import (
	"net/netip"
	"slices"
	"strings"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
)

// altered is 2-4 where a name did lead to an address: a wrong one, or one for a name that does not exist.
func altered(in Input) []candidate {
	if c, ok := misled(in); ok {
		return []candidate{c}
	}
	if lies := invented(in.Facts); len(lies) > 0 {
		return []candidate{{code: "2-4", kind: catalogue.Hurts, text: words.Said("verdict.dns-invents", "name", in.Facts.Resolver.Absent, "addresses", list(lies))}}
	}
	return nil
}

// misled is the fault of a name that leads to where no SIP server is, against what public resolvers say. A
// different answer alone is none: providers answer by place, and sites lead names to servers of their own. So
// SIP must be unanswered there, and the address must be private, or that of names that do not exist, or SIP
// must be answered where the public ones lead to.
func misled(in Input) (candidate, bool) {
	f := in.Facts
	own := serversFor(f.Name, in)
	if len(own) == 0 || answeredAny(f) || f.Name.Way == "literal" {
		return candidate{}, false
	}
	told, answers := witness(f)
	theirs := serversFor(&told, in)
	wild, public := within(addrs(own), invented(f)), verdictOn(f.Name.Asked, told.Answers)
	c := candidate{code: "2-4", kind: catalogue.Stops}
	leads := func(key string) string {
		return words.Said(key, "name", f.Name.Asked, "servers", servers(own))
	}
	switch {
	case wild && (public == nameUnknown || public == nameNoAddress):
		text := words.Said("verdict.misled-unknown", "name", f.Name.Asked, "addresses", list(addrs(own)))
		if public == nameNoAddress {
			text = words.Said("verdict.misled-empty", "name", f.Name.Asked, "addresses", list(addrs(own)))
		}
		return candidate{code: "2-3", kind: catalogue.Stops, text: text}, true
	case !answers && wild:
		c.text = leads("verdict.misled-wild") + " " + words.Said("verdict.no-second-witness")
		return c, true
	case len(theirs) == 0 || slices.ContainsFunc(theirs, func(a netip.AddrPort) bool { return slices.Contains(own, a) }):
		return candidate{}, false
	}
	there, https := replied(f.Witness.Server), slices.ContainsFunc(f.Witness.HTTPS.Answers, facts.NameAnswer.Usable)
	switch {
	case wild:
		c.text = leads("verdict.misled-wild")
	case all(own, inward) && !all(theirs, inward):
		c.text = leads("verdict.misled-private")
	case there && told.Way != "address" && f.Name.Way == "address":
		c.text = leads("verdict.misled-srv")
	case there && !providers(in, own):
		c.text = leads("verdict.misled-plain")
	default:
		return candidate{}, false
	}
	c.text += " " + words.Said(elsewhereKey(there, https), "servers", servers(theirs))
	if !wild && all(own, inward) {
		c.text += " " + words.Said("verdict.misled-site")
	}
	return c, true
}

// elsewhereKey is the sentence of what public name servers say: whether SIP is answered there, and whether they were
// asked over HTTPS.
func elsewhereKey(there, https bool) string {
	switch {
	case there && https:
		return "verdict.led-there-https"
	case there:
		return "verdict.led-there"
	case https:
		return "verdict.led-silent-https"
	}
	return "verdict.led-silent"
}

// wrongServer reports whether what was asked by SIP was not the provider at all.
func wrongServer(in Input) bool {
	_, is := misled(in)
	return is
}

// witness is what the public resolvers said, and whether one answered at all.
func witness(f facts.Facts) (told facts.Name, answers bool) {
	if f.Witness == nil {
		return facts.Name{}, false
	}
	told = f.Witness.Told()
	return told, slices.ContainsFunc(told.Answers, func(a facts.NameAnswer) bool { return a.Answer == facts.Answered })
}

// serversFor are the servers that a name led to for the trunk's own transport.
func serversFor(n *facts.Name, in Input) []netip.AddrPort {
	var all []netip.AddrPort
	if n == nil {
		return nil
	}
	for _, t := range n.Targets {
		if t.Transport == trunk(in).Transport && !slices.Contains(all, t.Addr) {
			all = append(all, t.Addr)
		}
	}
	return all
}

// providers reports whether the profile names all of the servers' networks as the provider's own.
func providers(in Input, of []netip.AddrPort) bool {
	return all(of, func(a netip.Addr) bool {
		return slices.ContainsFunc(in.Profile.Provider.Networks, func(p netip.Prefix) bool { return p.Contains(a) })
	})
}

func addrs(of []netip.AddrPort) []netip.Addr {
	var found []netip.Addr
	for _, s := range of {
		found = append(found, s.Addr())
	}
	return found
}

func all(of []netip.AddrPort, is func(netip.Addr) bool) bool {
	return !slices.ContainsFunc(of, func(s netip.AddrPort) bool { return !is(s.Addr()) })
}

func servers(of []netip.AddrPort) string {
	all := make([]string, len(of))
	for i, s := range of {
		all[i] = s.String()
	}
	return strings.Join(all, ", ")
}

// invented are the addresses that the given resolvers told for a random name.
func invented(f facts.Facts) []netip.Addr {
	var addrs []netip.Addr
	if f.Resolver == nil || f.Resolver.Absent == "" {
		return nil
	}
	for _, a := range f.Resolver.Local {
		if strings.EqualFold(plain(a.Name), plain(f.Resolver.Absent)) {
			addrs = append(addrs, a.Addrs...)
		}
	}
	return addrs
}

// within reports whether all of some addresses are among others.
func within(some, others []netip.Addr) bool {
	return !slices.ContainsFunc(some, func(a netip.Addr) bool { return !slices.Contains(others, a) })
}

// inward reports whether an address is private, shared (RFC 6598) or the host's own: no provider's in public DNS.
func inward(a netip.Addr) bool {
	return a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() || a.IsUnspecified() || netip.MustParsePrefix("100.64.0.0/10").Contains(a)
}

func replied(a *facts.Attempt) bool {
	return a != nil && slices.ContainsFunc(a.Exchanges, func(x facts.Exchange) bool { return x.Reply != nil })
}
