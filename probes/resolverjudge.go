package probes

import (
	"slices"

	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
)

// resolverSentence judges what the local resolvers did; an error code from all of them for everything is
// as bad as silence.
func resolverSentence(found facts.Resolver, given int) (facts.Outcome, string) {
	if given == 0 {
		return facts.Failed, words.Said("saw.dns-none")
	}
	own, silent := 0, 0
	for _, a := range found.Local {
		switch {
		case a.Rcode == "NOERROR" || a.Rcode == "NXDOMAIN":
			return facts.Passed, words.Said("saw.dns-answers", "server", a.Server, "time", a.RTT)
		case a.Answer == facts.CouldNotAsk:
			own++
		case a.Answer != facts.Answered:
			silent++
		}
	}
	also := words.Said("saw.dns-public-silent")
	if slices.ContainsFunc(found.Public, func(a facts.NameAnswer) bool { return a.Rcode == "NOERROR" }) {
		also = words.Said("saw.dns-public-answers")
	}
	switch {
	case own == len(found.Local):
		return facts.Broken, words.Said("saw.dns-broken")
	case silent+own == len(found.Local):
		return facts.Failed, words.Said("saw.dns-silent", "n", given, "also", also)
	}
	return facts.Failed, words.Said("saw.dns-errors", "also", also)
}
