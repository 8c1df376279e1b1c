package probes

import (
	"net/netip"
	"strings"
	"testing"

	"trunktester/probes/facts"
)

func TestEdge(t *testing.T) {
	t.Parallel()
	if !ownNet(t) {
		return
	}
	world := newOwnNetWorld(t)
	look := func(addr string) (facts.Edge, Result) {
		r := Edge{Addr: netip.MustParseAddr(addr)}.Look(t.Context(), facts.Facts{})
		return *dnsFiled(t, r).Edge, r
	}
	ownNetPing(t, true)
	if f, r := look("127.0.0.2"); r.Outcome != facts.Passed || f.Ping.Back == 0 || !f.Seen() {
		t.Errorf("an edge that answers ping: %s %q %+v", r.Outcome, r.Saw, f)
	}
	ownNetPing(t, false)
	if f, r := look("127.0.0.2"); r.Outcome != facts.Passed || f.Ping.Back != 0 || !f.Seen() {
		t.Errorf("an edge that shows itself by an error alone: %s %q %+v", r.Outcome, r.Saw, f)
	}
	f, r := look(world.silent.String())
	if r.Outcome != facts.Failed || f.Ping.Sent == 0 || f.Seen() || f.Last().Addr.IsValid() || !strings.Contains(r.Saw, "nobody on the way") {
		t.Errorf("an edge that is silent: %s %q %+v", r.Outcome, r.Saw, f)
	}
	if len(r.Evidence) != 1+edgeHops {
		t.Errorf("evidence %+v", r.Evidence)
	}
	if f, r := look(world.unreachable.String()); r.Outcome != facts.Failed && r.Outcome != facts.Broken || f.Seen() {
		t.Errorf("no way there: %s %q %+v", r.Outcome, r.Saw, f)
	}
}

func TestEdgeLast(t *testing.T) {
	router := facts.Hop{TTL: 1, Addr: netip.MustParseAddr("192.0.2.1"), Type: 11}
	refuses := facts.Hop{TTL: 2, Addr: router.Addr, Type: 3}
	e := facts.Edge{Walk: facts.Walk{Hops: []facts.Hop{router, refuses, {TTL: 3}}}}
	if e.Last() != refuses {
		t.Errorf("%+v", e.Last())
	}
}
