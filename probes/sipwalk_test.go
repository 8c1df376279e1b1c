package probes

import (
	"net"
	"net/netip"
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
