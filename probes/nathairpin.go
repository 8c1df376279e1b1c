package probes

import (
	"context"
	"net"
	"net/netip"
	"time"

	"golang.org/x/net/ipv4"

	"trunktester/probes/sip"
)

// Limits of the look at hairpinning.
const (
	hairpinTTL   = 4 // enough for two routers of the site and one of the carrier: what is not for them goes no further
	hairpinSends = 3
	hairpinGap   = 100 * time.Millisecond
	hairpinWait  = 500 * time.Millisecond // after the last
)

// hairpin sends from one socket to the public address and port of another.
func (n *natLook) hairpin(ctx context.Context) {
	server, ok := n.known.Public.Witnessed(n.nat.Provider)
	if !ok {
		return
	}
	a, err := n.socket(ctx)
	if err != nil {
		return
	}
	defer a.Close()
	seen, err := a.ask(ctx, server)
	if err != nil || seen.from != server || seen.mapped == a.local() || seen.mapped.Addr() != n.known.Public.Addr || inside(seen.mapped.Addr()) {
		return
	}
	b, err := n.socket(ctx)
	if err != nil {
		return
	}
	defer b.Close()
	if err := ipv4.NewPacketConn(b.PacketConn).SetTTL(hairpinTTL); err != nil {
		return
	}
	in := knock(ctx, b, a, seen.mapped)
	if ctx.Err() == nil {
		n.nat.Hairpin = &in
	}
}

// knock sends from one socket to the address, and says whether that arrives at the other.
func knock(ctx context.Context, from, at net.PacketConn, to netip.AddrPort) bool {
	defer context.AfterFunc(ctx, func() { at.SetReadDeadline(time.Now()) })()
	word := "trunktester " + sip.Token(16)
	buf := make([]byte, 1500)
	for i := range hairpinSends {
		if _, err := from.WriteTo([]byte(word), net.UDPAddrFromAddrPort(to)); err != nil {
			continue // an ICMP error of the one before: refused
		}
		wait := hairpinGap
		if i == hairpinSends-1 {
			wait = hairpinWait
		}
		at.SetReadDeadline(time.Now().Add(wait))
		for {
			n, _, err := at.ReadFrom(buf)
			if err != nil {
				break
			}
			if string(buf[:n]) == word {
				return true
			}
		}
		if ctx.Err() != nil {
			return false
		}
	}
	return false
}
