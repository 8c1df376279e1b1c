package verdict

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"trunktester/appliance/catalogue"
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
	text := fmt.Sprintf("%d independent hosts in the outside world are silent to ping, to TCP and to DNS", len(f.Internet.Targets))
	if !dead {
		who := "The provider's host answers"
		if !providerAlive(f) {
			who = "SIP hosts on the internet answer"
		}
		return candidate{code: "2-1", kind: catalogue.Hurts, minor: true,
			text: who + ", but " + text + ". On a line that is only for voice this may be intended."}
	}
	c := candidate{code: "2-1", kind: catalogue.Stops,
		text: fmt.Sprintf("The router %s answers, but nothing behind it does: %s.", f.Gateway.Addr, text)}
	if edgeSeen(f) {
		c.text = fmt.Sprintf("The edge device of the leased line, %s, answers, but nothing behind it does: %s.", f.Edge.Addr, text)
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
		c.text = "The router gave no name server (DNS), so no name can be looked up."
	case len(r.Local) == 0:
		c.text = "No name server (DNS) is set on the box, so no name can be looked up."
	default:
		c.text = fmt.Sprintf("The name server %s does not answer.", list(f.Address.DNS))
		if r.Local[0].Rcode == "SERVFAIL" {
			c.text = fmt.Sprintf("The name server %s fails for every name (SERVFAIL).", list(f.Address.DNS))
		}
	}
	for _, a := range r.Public {
		if a.Answer == facts.Answered {
			c.text += fmt.Sprintf(" The public name server %s answers.", a.Server)
			return []candidate{c}
		}
	}
	if !internetAnswers(f) {
		return nil
	}
	c.text += " Public name servers do not answer either, so a firewall may block DNS."
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
		c := candidate{code: "2-4", kind: catalogue.Stops, text: fmt.Sprintf(
			"The router's name server loses the SIP records (SRV) of %s; public name servers lead it to %s by them.", n.Asked, told.Targets[0].Addr)}
		if replied(f.Witness.Server) {
			c.text += " SIP is answered there."
		}
		return []candidate{c}
	}
	if public == nameHasAddress || told.Way != "" {
		return []candidate{{code: "2-4", kind: catalogue.Stops,
			text: fmt.Sprintf("The router's name server knows no address for %s, but public name servers do.", n.Asked)}}
	}
	if local == nameOnlyIPv6 || public == nameOnlyIPv6 {
		return onlyIPv6(f, n)
	}
	c := candidate{code: "2-3", kind: catalogue.Stops,
		text: fmt.Sprintf("The provider's name %s does not exist: NXDOMAIN. The box's file may be mistyped.", n.Asked)}
	if local == nameNoAddress {
		c.text = fmt.Sprintf("The provider's name %s exists, but has no address for a SIP server. The box's file may be mistyped.", n.Asked)
	}
	if public == nameSilent {
		c.text += " Only the router's own name server could be asked: public ones did not answer."
	} else {
		c.text += " A public name server says the same."
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
