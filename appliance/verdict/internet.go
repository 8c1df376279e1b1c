package verdict

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
)

// internet judges light 2: does the router reach the outside world, and the provider's network?
func internet(in Input) []candidate {
	f := in.Facts
	found := portal(f)
	if trapped(f) {
		return found // it explains what else is silent or wrong outside
	}
	silent := outsideSilent(f)
	dead := silent && !providerAlive(f) && !anyControl(f)
	switch {
	case dead && edgeUnseen(f):
		found = append(found, edge(f))
	case silent:
		found = append(found, outside(f, dead))
	}
	if r := f.Resolver; r != nil && !dead {
		found = append(found, resolver(f, *r)...)
	}
	if n := f.Name; n != nil && len(n.Targets) == 0 && !dead {
		found = append(found, name(f, *n)...)
	}
	if !dead {
		found = append(found, altered(in)...)
	}
	if q := f.Quality; q != nil {
		found = append(found, quality(f, *q)...)
	}
	return slices.Concat(found, mtu(in), unreachable(in))
}

// outside is 2-1. Three silent hosts are a dead line, unless the provider's host or another SIP host shows that it is not.
func outside(f facts.Facts, dead bool) candidate {
	text := words.Said("verdict.outside-silent", "n", len(f.Internet.Targets))
	if !dead {
		alive := words.Said("verdict.outside-provider", "silent", text)
		if !providerAlive(f) {
			alive = words.Said("verdict.outside-sip", "silent", text)
		}
		return candidate{code: "2-1", kind: catalogue.Hurts, minor: true,
			text: alive}
	}
	c := candidate{code: "2-1", kind: catalogue.Stops,
		text: words.Said("verdict.behind-router", "router", f.Gateway.Addr, "silent", text)}
	if edgeSeen(f) {
		c.text = words.Said("verdict.behind-edge", "edge", f.Edge.Addr, "silent", text)
		c.acts = []catalogue.Actor{catalogue.ISP}
		c.advice = "edge"
	}
	return c
}

// providerAlive reports whether the provider's host showed any sign of life, SIP or not.
func providerAlive(f facts.Facts) bool {
	all := attempts(f)
	ping, _ := pinged(f)
	return ping || answeredAny(f) || refusedByServer(all) || interceptor(f) == nil && slices.ContainsFunc(all, func(a facts.Attempt) bool { return a.Connect == facts.Answered })
}

// outsideSilent: the gateway answers ARP, and three independent targets fail in all three ways.
func outsideSilent(f facts.Facts) bool {
	if f.Internet == nil || f.Gateway == nil || f.Gateway.MAC == "" || internetAnswers(f) || len(f.Internet.Targets) < internetNeeded {
		return false
	}
	for _, t := range f.Internet.Targets {
		for _, a := range []facts.Answer{t.ICMP, t.TCP, t.DNS} {
			if a == facts.Unasked || a == facts.CouldNotAsk {
				return false
			}
		}
	}
	return true
}

// resolverDead: every given resolver is silent, or answers SERVFAIL to everything, the provider's name included.
func resolverDead(f facts.Facts, r facts.Resolver) bool {
	said := r.Local
	if f.Name != nil {
		said = slices.Concat(said, f.Name.Answers)
	}
	for _, a := range said {
		if a.Answer == facts.CouldNotAsk || a.Answer == facts.Answered && a.Rcode != "SERVFAIL" {
			return false
		}
	}
	return f.Address != nil
}

func resolver(f facts.Facts, r facts.Resolver) []candidate {
	if !resolverDead(f, r) {
		return nil
	}
	c := candidate{code: "2-2", kind: catalogue.Stops}
	switch {
	case len(r.Local) == 0 && f.Address.Mode == "dhcp":
		c.text = words.Said("verdict.dns-not-given")
	case len(r.Local) == 0:
		c.text = words.Said("verdict.dns-not-set")
	default:
		c.text = words.Said("verdict.dns-silent", "server", list(f.Address.DNS))
		if r.Local[0].Rcode == "SERVFAIL" {
			c.text = words.Said("verdict.dns-fails", "server", list(f.Address.DNS))
		}
	}
	for _, a := range r.Public {
		if a.Answer == facts.Answered {
			c.text += " " + words.Said("verdict.dns-public", "server", a.Server)
			return []candidate{c}
		}
	}
	if !internetAnswers(f) {
		return nil
	}
	c.text += " " + words.Said("verdict.dns-blocked")
	return []candidate{c}
}

// name judges a provider's name that led to no server. "No such name" from two resolvers is a mistyped
// name; a name that only the local resolver does not know is a resolver that loses records.
func name(f facts.Facts, n facts.Name) []candidate {
	if len(n.Answers) == 0 {
		return onlyIPv6(f, n) // a literal, or nobody was asked
	}
	local, public := verdictOn(n.Asked, n.Answers), verdictOn(n.Asked, n.Public)
	told, _ := witness(f)
	if public == nameSilent {
		public = verdictOn(n.Asked, told.Answers)
	}
	bySRV := told.Way == "srv" || told.Way == "naptr"
	if local == nameSilent || local == nameHasAddress && !bySRV { // it has one, and its SRV records lead to a host without
		return nil
	}
	if local != nameUnknown && bySRV {
		c := candidate{code: "2-4", kind: catalogue.Stops, text: words.Said("verdict.srv-lost", "name", n.Asked, "server", told.Targets[0].Addr)}
		if replied(f.Witness.Server) {
			c.text += " " + words.Said("verdict.sip-there")
		}
		return []candidate{c}
	}
	if public == nameHasAddress || told.Way != "" {
		return []candidate{{code: "2-4", kind: catalogue.Stops,
			text: words.Said("verdict.name-local", "name", n.Asked)}}
	}
	if local == nameOnlyIPv6 || public == nameOnlyIPv6 {
		return onlyIPv6(f, n)
	}
	c := candidate{code: "2-3", kind: catalogue.Stops,
		text: words.Said("verdict.name-unknown", "name", n.Asked)}
	if local == nameNoAddress {
		c.text = words.Said("verdict.name-empty", "name", n.Asked)
	}
	if public == nameSilent {
		c.text += " " + words.Said("verdict.name-one-witness")
	} else {
		c.text += " " + words.Said("verdict.name-same")
	}
	return []candidate{c}
}

type nameState int

const (
	nameSilent nameState = iota
	nameUnknown
	nameNoAddress
	nameOnlyIPv6
	nameHasAddress
)

// verdictOn says what one side's answers amount to. Only IPv4 addresses, and the questions for them (A), count: that there is no SRV
// record is usual, and an empty AAAA says nothing about a question for A that was lost. A name whose
// question nobody answered leaves the whole open.
func verdictOn(asked string, answers []facts.NameAnswer) nameState {
	said := map[string]string{} // name → rcode of a resolver that answered for it, "" while none did
	six := false
	for _, a := range answers {
		if a.Type != "A" {
			six = six || a.Type == "AAAA" && len(a.Addrs) > 0
			continue
		}
		name, rcode := plain(a.Name), ""
		if a.Rcode == "NOERROR" || a.Rcode == "NXDOMAIN" {
			rcode = a.Rcode
		}
		if len(a.Addrs) > 0 {
			return nameHasAddress
		}
		said[name] = cmp.Or(said[name], rcode)
	}
	switch {
	case len(said) == 0 || slices.Contains(slices.Collect(maps.Values(said)), ""):
		return nameSilent
	case said[plain(asked)] == "NXDOMAIN":
		return nameUnknown
	case six:
		return nameOnlyIPv6
	}
	return nameNoAddress
}

// plain is a name as it is compared: without the root's dot, in lower case (RFC 4343).
func plain(name string) string { return strings.ToLower(strings.TrimSuffix(name, ".")) }
