package probes

import (
	"net/netip"
	"strings"
	"testing"

	"trunktester/probes/facts"
	"trunktester/probes/sip"
)

func TestSIPWalkOnlyWhereSIPIsSilent(t *testing.T) {
	to := netip.MustParseAddrPort("198.51.100.5:5060")
	change := func(transport string, with func(*facts.Attempt)) *facts.Path {
		p := silentPath(transport, to)
		with(&p.Targets[0])
		return &p
	}
	same := func(*facts.Attempt) {}
	two := silentPath("udp", to)
	two.Targets = append(two.Targets, facts.Attempt{Target: to, Exchanges: []facts.Exchange{{Method: sip.OPTIONS, Sends: 1, Reply: &facts.Reply{Code: 200}}}})
	for name, c := range map[string]struct {
		path   *facts.Path
		silent bool
	}{
		"nothing was tried":                  {nil, false},
		"the name leads nowhere":             {&facts.Path{}, false},
		"a server without an address":        {change("udp", func(a *facts.Attempt) { a.Target = netip.AddrPort{} }), false},
		"UDP is silent":                      {change("udp", same), true},
		"nothing was sent over UDP":          {change("udp", func(a *facts.Attempt) { a.Exchanges[0].Sends = 0 }), false},
		"UDP is answered":                    {change("udp", func(a *facts.Attempt) { a.Exchanges[0].Reply = &facts.Reply{Code: 403} }), false},
		"the second server answers":          {&two, false},
		"somebody refused by ICMP":           {change("udp", func(a *facts.Attempt) { a.ICMP = []facts.ICMP{{Type: 3, Code: 13}} }), false},
		"a message went round until it died": {change("udp", func(a *facts.Attempt) { a.ICMP = []facts.ICMP{{Type: 11}} }), true},
		"a connection is not answered":       {change("tcp", same), true},
		"a connection is reset":              {change("tls", func(a *facts.Attempt) { a.Connect = facts.Refused }), true},
		"a connection is made":               {change("tls", func(a *facts.Attempt) { a.Connect = facts.Answered }), false},
		"the box could not ask":              {change("tcp", func(a *facts.Attempt) { a.Connect = facts.CouldNotAsk }), false},
	} {
		if got, silent := silentServer(c.path); silent != c.silent || silent && got != to {
			t.Errorf("%s: %v, silent %v", name, got, silent)
		}
	}
	r := SIPWalk{Transport: "udp", Dial: sipDialer(t)}.Look(t.Context(), facts.Facts{UDP: change("udp", func(a *facts.Attempt) { a.Exchanges[0].Reply = &facts.Reply{Code: 200} })})
	if r.Outcome != facts.NotRun || r.File != nil {
		t.Errorf("SIP works: %s", r.Outcome)
	}
}

func TestHopOf(t *testing.T) {
	server, router, firewall := netip.MustParseAddrPort("198.51.100.5:5060"), netip.MustParseAddr("203.0.113.1"), netip.MustParseAddr("192.168.1.1")
	expired := sip.ICMPError{Offender: router, Type: 11, Quoted: []byte("OPTIONS")}
	refused := sip.ICMPError{Offender: firewall, Type: 3, Code: 13}
	for name, c := range map[string]struct {
		icmp  []sip.ICMPError
		reply bool
		want  facts.Hop
	}{
		"silence":             {want: facts.Hop{TTL: 2}},
		"a router":            {icmp: []sip.ICMPError{expired}, want: facts.Hop{TTL: 2, Addr: router, Type: 11}},
		"a refusal":           {icmp: []sip.ICMPError{refused}, want: facts.Hop{TTL: 2, Addr: firewall, Type: 3, Code: 13}},
		"a refusal, a router": {icmp: []sip.ICMPError{refused, expired}, want: facts.Hop{TTL: 2, Addr: router, Type: 11}},
		"a router after the refusal of another, and one more behind it": {icmp: []sip.ICMPError{refused, expired, {Offender: firewall, Type: 3, Code: 1}}, want: facts.Hop{TTL: 2, Addr: router, Type: 11}},
		"two refusals": {icmp: []sip.ICMPError{refused, {Offender: router, Type: 3}}, want: facts.Hop{TTL: 2, Addr: firewall, Type: 3, Code: 13}},
		"a SIP answer": {reply: true, want: facts.Hop{TTL: 2, Addr: server.Addr()}},
	} {
		x := sip.Exchange{Request: sip.Request{Hops: 2}, Remote: server, ICMP: c.icmp}
		if c.reply {
			x.Reply = &sip.Message{Code: 200}
		}
		if got := hopOf(x); got != c.want {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestSIPWalkSaw(t *testing.T) {
	hop := func(ttl int, addr string, kind int) facts.Hop {
		return facts.Hop{TTL: ttl, Addr: netip.MustParseAddr(addr), Type: kind}
	}
	one, two, provider := hop(1, "192.168.1.1", 11), hop(2, "203.0.113.1", 11), netip.MustParseAddrPort("198.51.100.5:5060")
	pair, near := facts.Pair{SIP: facts.Hop{TTL: 2}, Other: two}, facts.Pair{SIP: facts.Hop{TTL: 1}, Other: one}
	for _, c := range []struct {
		sip     []facts.Hop
		pairs   []facts.Pair
		outcome facts.Outcome
		saw     string
	}{
		{[]facts.Hop{one, two}, nil, facts.Passed, "gets as far as packets to port 33434, to hop 2 (203.0.113.1)"},
		{[]facts.Hop{one, {TTL: 2}}, []facts.Pair{pair}, facts.Passed, "tells too little"},
		{[]facts.Hop{one, {TTL: 2}}, []facts.Pair{pair, pair}, facts.Failed, "ends behind hop 1 (192.168.1.1); packets to port 33434 go on to hop 2 (203.0.113.1)"},
		{[]facts.Hop{{TTL: 1}, {TTL: 2}}, []facts.Pair{near, near}, facts.Failed, "ends behind hop 0 (the box); packets to port 33434 go on to hop 1 (192.168.1.1)"},
		{[]facts.Hop{one, hop(2, "192.168.1.1", 3)}, nil, facts.Failed, "turned away by 192.168.1.1"},
		{[]facts.Hop{one, two, hop(3, "198.51.100.5", 0)}, nil, facts.Passed, "gets as far"},
		{[]facts.Hop{one, hop(2, "198.51.100.5", 0)}, nil, facts.Failed, "answered at hop 2 in the provider's name"},
	} {
		r := SIPWalk{Transport: "udp"}.result(facts.SIPWalk{SIP: facts.Walk{To: provider, Hops: c.sip}, Pairs: c.pairs,
			Other: facts.Walk{To: netip.AddrPortFrom(provider.Addr(), walkPort), Hops: []facts.Hop{one, two}}})
		if r.Outcome != c.outcome || !strings.Contains(r.Saw, c.saw) || len(r.Evidence) != 2+len(c.sip)+2*len(c.pairs) {
			t.Errorf("%s: %s, %d pieces of evidence", r.Outcome, r.Saw, len(r.Evidence))
		}
		spoken(t, r.Saw)
	}
}

// Each packet of the walk says who answered it, and with what.
func TestHopEvidence(t *testing.T) {
	router := netip.MustParseAddr("192.168.1.1")
	walk := facts.Walk{To: netip.MustParseAddrPort("198.51.100.5:5060"), Hops: []facts.Hop{{TTL: 1, Addr: router, Type: 11}, {TTL: 2}, {TTL: 3, Addr: netip.MustParseAddr("198.51.100.5")}, {TTL: 4, Type: 3}}}
	all := hopEvidence("probe", walk)
	for i, want := range []string{"192.168.1.1 answered a packet to 198.51.100.5:5060 with time to live 1: ICMP type 11 code 0.", "Nobody answered", "was answered in the name of 198.51.100.5.", "Nobody answered"} {
		if !strings.Contains(all[i].Text, want) {
			t.Errorf("%s, want %s", all[i].Text, want)
		}
	}
}
