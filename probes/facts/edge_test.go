package facts

import (
	"net/netip"
	"testing"
)

// The edge is seen by its own packets alone.
func TestEdgeSeen(t *testing.T) {
	const edge, router = "198.51.100.1", "192.168.1.1"
	for ticket, c := range map[string]struct {
		edge Edge
		seen bool
		last string
	}{
		"it answers ping":                  {Edge{Ping: Echo{Sent: 3, Back: 1}, Walk: by(router, "")}, true, router},
		"it answers a datagram":            {Edge{Ping: Echo{Sent: 3}, Walk: by(router, edge)}, true, edge},
		"it answers nothing":               {Edge{Ping: Echo{Sent: 3}, Walk: by(router, "", "")}, false, router},
		"nobody on the way answers either": {Edge{Ping: Echo{Sent: 3}, Walk: by("", "")}, false, ""},
	} {
		c.edge.Addr = netip.MustParseAddr(edge)
		last := c.edge.Last().Addr
		if c.edge.Seen() != c.seen || last.IsValid() != (c.last != "") || last.IsValid() && last.String() != c.last {
			t.Errorf("%s: seen %v, last %s", ticket, c.edge.Seen(), last)
		}
	}
}
