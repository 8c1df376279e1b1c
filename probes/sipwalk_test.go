package probes

import (
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"trunktester/probes/facts"
	"trunktester/probes/sip"
)

// silentPath is a trunk's path over which nothing was heard.
func silentPath(transport string, to netip.AddrPort) facts.Path {
	a := facts.Attempt{Target: to, Exchanges: []facts.Exchange{{Method: sip.OPTIONS, Sends: 4}}}
	if transport != "udp" {
		a = facts.Attempt{Target: to, Connect: facts.Silent}
	}
	return facts.Path{Transport: transport, Targets: []facts.Attempt{a}}
}

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

// Nothing is sent to the trunk's port where no router on the other shows that it would end on the way: the provider would get it.
func TestSIPWalkSendsTheProviderNothing(t *testing.T) {
	for _, transport := range []string{"udp", "tcp", "tls"} {
		heard := make(chan struct{}, 10)
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer listener.Close()
		go func() {
			for {
				conn, err := listener.Accept()
				if err != nil {
					return
				}
				heard <- struct{}{}
				conn.Close()
			}
		}()
		to := listener.Addr().(*net.TCPAddr).AddrPort()
		d, p := sipDialer(t), silentPath(transport, to)
		known := facts.Facts{}
		map[string]func(){"udp": func() { known.UDP = &p }, "tcp": func() { known.TCP = &p }, "tls": func() { known.TLS = &p }}[transport]()
		r := SIPWalk{Transport: transport, Dial: d, Domain: "example.net"}.Look(t.Context(), known)
		if r.File == nil || r.Outcome != facts.Passed {
			t.Fatalf("%s: %s: %s", transport, r.Outcome, r.Saw)
		}
		r.File(&known)
		w := known.SIPWalk
		if _, ok := w.Reached(); ok || len(w.SIP.Hops) > 0 || len(w.Pairs) > 0 || w.Other.Hops[0].Addr != to.Addr() || w.Other.To.Port() == to.Port() {
			t.Errorf("%s: %+v", transport, w)
		}
		if n, _ := d.Conduct.Sent(); n > 0 || len(heard) > 0 {
			t.Errorf("%s: %d requests, %d connections", transport, n, len(heard))
		}
	}
}

func TestSIPWalkKeepsToTheBudget(t *testing.T) {
	d := sipDialer(t)
	d.Conduct.Stop("the provider answered 403")
	w := SIPWalk{Transport: "udp", Dial: d, Domain: "example.net"}
	if _, err := w.messages(t.Context(), 1, ending{netip.MustParseAddrPort("127.0.0.1:5060"), 1}); err == nil || !polite(err) {
		t.Errorf("%v", err)
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
		"two refusals":        {icmp: []sip.ICMPError{refused, {Offender: router, Type: 3}}, want: facts.Hop{TTL: 2, Addr: firewall, Type: 3, Code: 13}},
		"a SIP answer":        {reply: true, want: facts.Hop{TTL: 2, Addr: server.Addr()}},
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

// A hop that tells ends the climb only where it is the target, and hops are asked one behind the other.
func TestSIPWalkClimbs(t *testing.T) {
	if !ownNet(t) {
		return
	}
	world := newOwnNetWorld(t)
	w := SIPWalk{Transport: "tcp", Dial: sipDialer(t)}
	w.Dial.Source = world.gateway
	start := time.Now()
	hops, err := w.climb(t.Context(), netip.AddrPortFrom(world.silent, 5060), 3)
	if err != nil || len(hops) != 3 || hops[2] != (facts.Hop{TTL: 3}) {
		t.Errorf("%+v, %v", hops, err)
	}
	if took := time.Since(start); took < 2*sipWalkGap+sipWalkSends*sipWalkWait {
		t.Errorf("took %v", took)
	}
	told := facts.Hop{TTL: 2, Addr: world.gateway, Type: 11}
	for _, c := range []struct {
		hops  []facts.Hop
		rests bool
	}{{[]facts.Hop{{TTL: 1}, told}, true}, {[]facts.Hop{told, {TTL: 2}}, false}, {[]facts.Hop{told, told}, false}} {
		start := time.Now()
		w.again(t.Context(), facts.Walk{To: netip.AddrPortFrom(world.silent, 443), Hops: c.hops})
		if took := time.Since(start); took >= sipWalkRest != c.rests {
			t.Errorf("%+v: took %v", c.hops, took)
		}
	}
	if _, err := w.climb(t.Context(), netip.AddrPortFrom(world.unreachable, 5060), 2); err == nil {
		t.Error("no error where there is no route")
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
		{[]facts.Hop{one, hop(2, "198.51.100.5", 0)}, nil, facts.Failed, "answered at hop 2 in the provider's name"},
	} {
		r := SIPWalk{Transport: "udp"}.result(facts.SIPWalk{SIP: facts.Walk{To: provider, Hops: c.sip}, Pairs: c.pairs,
			Other: facts.Walk{To: netip.AddrPortFrom(provider.Addr(), walkPort), Hops: []facts.Hop{one, two}}})
		if r.Outcome != c.outcome || !strings.Contains(r.Saw, c.saw) || len(r.Evidence) != 4+2*len(c.pairs) {
			t.Errorf("%s: %s, %d pieces of evidence", r.Outcome, r.Saw, len(r.Evidence))
		}
		spoken(t, r.Saw)
	}
}
