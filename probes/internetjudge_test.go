package probes

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"trunktester/probes/facts"
)

// One answer by one way is enough; what was not asked is no silence.
func TestInternetSentence(t *testing.T) {
	host := func(icmp, tcp, dns facts.Answer) facts.InternetTarget {
		return facts.InternetTarget{Addr: netip.MustParseAddr("192.0.2.9"), ICMP: icmp, TCP: tcp, DNS: dns}
	}
	for ticket, c := range map[string]struct {
		hosts   []facts.InternetTarget
		outcome facts.Outcome
		says    string
	}{
		"ping is answered":                      {[]facts.InternetTarget{host(facts.Answered, facts.Silent, facts.Silent)}, facts.Passed, "ping"},
		"TCP and DNS are":                       {[]facts.InternetTarget{host(facts.Silent, facts.Answered, facts.Answered)}, facts.Passed, "TCP, DNS"},
		"the second host answers":               {[]facts.InternetTarget{host(facts.Silent, facts.Silent, facts.Silent), host(facts.Unasked, facts.Answered, facts.Unasked)}, facts.Passed, "TCP"},
		"all are silent":                        {[]facts.InternetTarget{host(facts.Silent, facts.Silent, facts.Silent)}, facts.Failed, ""},
		"all is refused":                        {[]facts.InternetTarget{host(facts.Refused, facts.Refused, facts.Refused)}, facts.Failed, ""},
		"one way was asked, in vain":            {[]facts.InternetTarget{host(facts.CouldNotAsk, facts.Silent, facts.Unasked)}, facts.Failed, ""},
		"the box could not ask":                 {[]facts.InternetTarget{host(facts.CouldNotAsk, facts.CouldNotAsk, facts.CouldNotAsk)}, facts.Broken, ""},
		"nothing was waited for":                {[]facts.InternetTarget{host(facts.Unasked, facts.Unasked, facts.Unasked)}, facts.Broken, ""},
		"the box could not ask or did not wait": {[]facts.InternetTarget{host(facts.CouldNotAsk, facts.Unasked, facts.CouldNotAsk)}, facts.Broken, ""},
	} {
		if outcome, saw := internetSentence(facts.Internet{Targets: c.hosts}); outcome != c.outcome || !strings.Contains(saw, c.says) {
			t.Errorf("%s: %s: %s", ticket, outcome, saw)
		}
	}
}

// A router that catches DNS and has no line answers with an error, or with something else: that is no way out.
func TestInternetRoot(t *testing.T) {
	says := func(rcode int, records ...string) *dns.Msg {
		m := &dns.Msg{MsgHdr: dns.MsgHdr{Rcode: rcode}}
		for _, r := range records {
			rr, err := dns.NewRR(r)
			if err != nil {
				t.Fatal(err)
			}
			m.Answer = append(m.Answer, rr)
		}
		return m
	}
	for ticket, c := range map[string]struct {
		message *dns.Msg
		want    bool
	}{
		"the root's name servers":               {says(dns.RcodeSuccess, ". 60 IN NS a.root-servers.net."), true},
		"behind another record":                 {says(dns.RcodeSuccess, ". 60 IN A 192.168.1.1", ". 60 IN NS a.root-servers.net."), true},
		"nothing that can be read":              {nil, false},
		"an error":                              {says(dns.RcodeServerFailure), false},
		"an error that repeats what it kept":    {says(dns.RcodeServerFailure, ". 60 IN NS a.root-servers.net."), false},
		"no record":                             {says(dns.RcodeSuccess), false},
		"the router's own address for any name": {says(dns.RcodeSuccess, ". 60 IN A 192.168.1.1"), false},
		"the name servers of another zone":      {says(dns.RcodeSuccess, "lan. 60 IN NS router.lan."), false},
	} {
		if got := internetRoot(c.message); got != c.want {
			t.Errorf("%s: %v", ticket, got)
		}
	}
}
