package probes

import (
	"slices"
	"strings"

	"github.com/miekg/dns"

	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
)

// internetRoot reports whether the message names servers of the root zone.
func internetRoot(m *dns.Msg) bool {
	return m != nil && m.Rcode == dns.RcodeSuccess && slices.ContainsFunc(m.Answer, func(rr dns.RR) bool {
		return rr.Header().Rrtype == dns.TypeNS && rr.Header().Name == "."
	})
}

// internetSentence sums the ways up.
func internetSentence(found facts.Internet) (facts.Outcome, string) {
	asked := 0
	for _, t := range found.Targets {
		var ways []string
		for _, w := range []struct {
			name   string
			answer facts.Answer
		}{{"ping", t.ICMP}, {"TCP", t.TCP}, {"DNS", t.DNS}} {
			if w.answer == facts.Answered {
				ways = append(ways, w.name)
			}
			if w.answer != facts.CouldNotAsk && w.answer != facts.Unasked {
				asked++
			}
		}
		if len(ways) > 0 {
			return facts.Passed, words.Said("saw.internet-answers", "host", t.Addr, "ways", strings.Join(ways, ", "), "time", t.RTT)
		}
	}
	if asked == 0 {
		return facts.Broken, words.Said("saw.internet-broken")
	}
	return facts.Failed, words.Said("saw.internet-silent", "n", len(found.Targets))
}
