package probes

import (
	"slices"
	"strings"

	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
)

// nameInward reports whether a server's address is private or shared: then a witness is worth the wait.
func nameInward(targets []facts.Target) bool {
	return slices.ContainsFunc(targets, func(t facts.Target) bool { return inside(t.Addr.Addr()) })
}

// nameHidesIPv4 reports whether public resolvers know an IPv4 address for a name for which the given ones know none.
func nameHidesIPv4(found facts.Name) bool {
	knows := func(answers []facts.NameAnswer, name string) bool {
		return slices.ContainsFunc(answers, func(a facts.NameAnswer) bool { return a.Type == "A" && a.Name == name && len(a.Addrs) > 0 })
	}
	return slices.ContainsFunc(found.Public, func(a facts.NameAnswer) bool {
		return knows(found.Public, a.Name) && !knows(found.Answers, a.Name)
	})
}

// sentence sums up what the local resolvers said.
func (n Name) sentence(found facts.Name, asked bool) (facts.Outcome, string) {
	transport := strings.ToUpper(n.Transport)
	if found.Way != "" {
		t := found.Targets[0]
		how := map[string]string{"naptr": words.Said("saw.name-by-naptr"), "srv": words.Said("saw.name-by-srv"), "address": words.Said("saw.name-by-address")}[found.Way]
		saw := words.Said("saw.name-leads", "name", n.Host, "server", t.Addr, "transport", transport, "how", how)
		if found.ByIPv6() {
			saw += " " + words.Said("saw.name-by-six")
		}
		return facts.Passed, saw
	}
	if six := found.OnlyIPv6(); len(six) > 0 && nameHidesIPv4(found) {
		return facts.Failed, words.Said("saw.name-hidden-four", "name", n.Host, "address", six[0])
	} else if len(six) > 0 {
		return facts.NotRun, words.Said("saw.name-only-six", "name", n.Host, "address", six[0], "why", n.noIPv6())
	}
	if !asked {
		return facts.Failed, words.Said("saw.name-no-dns", "name", n.Host)
	}
	seen := map[string]int{}
	silent, own := 0, 0
	for _, a := range found.Answers {
		seen[a.Rcode]++
		switch a.Answer {
		case facts.CouldNotAsk:
			own++
		case facts.Silent, facts.Refused, facts.Unreachable:
			silent++
		}
	}
	switch {
	case len(found.Answers) == 0:
		return facts.Broken, words.Said("saw.name-no-time", "name", n.Host)
	case own == len(found.Answers):
		return facts.Broken, words.Said("saw.name-broken", "name", n.Host)
	case own+silent == len(found.Answers):
		return facts.Failed, words.Said("saw.name-silent", "name", n.Host)
	case seen["NXDOMAIN"] > 0 && seen["NOERROR"] == 0:
		return facts.Failed, words.Said("saw.name-unknown", "name", n.Host)
	case seen["NOERROR"] > 0:
		return facts.Failed, words.Said("saw.name-empty", "name", n.Host, "transport", transport)
	}
	return facts.Failed, words.Said("saw.name-failed", "name", n.Host, "rcode", found.Answers[0].Rcode)
}
