package probes

import (
	"context"
	"net"
	"net/netip"
	"time"

	"trunktester/probes/via"
)

// Limits of the wait for an IPv6 address.
const (
	// IPv6Patience is for a name that has nothing else. The kernel asks for a router within a second or two of the
	// cable (RFC 4861 section 6.3.7), a router may leave three seconds between two answers (section 6.2.6), and the
	// address is in use after another one or two (RFC 4862 section 5.4).
	IPv6Patience = 6 * time.Second
	// IPv6Contrast is for a name that is tested by IPv4: what IPv6 does beside it is information.
	IPv6Contrast = 3 * time.Second

	ipv6Look = 100 * time.Millisecond // between two looks
)

// ipv6Way is the box's own IPv6 address towards a host, as the kernel chooses it (RFC 6724); nothing is sent. It is
// zero where there is no route, or no address that the host could answer: a link-local one, or one of the site alone
// (RFC 4193) towards a host outside.
func ipv6Way(i via.Interface, to netip.Addr) netip.Addr {
	conn, err := i.Dialer().Dial("udp6", netip.AddrPortFrom(to, walkPort).String())
	if err != nil {
		return netip.Addr{}
	}
	defer conn.Close()
	own := conn.LocalAddr().(*net.UDPAddr).AddrPort().Addr()
	switch {
	case own == to: // this machine's own
	case !own.IsGlobalUnicast(), own.IsPrivate() && !to.IsPrivate():
		return netip.Addr{}
	}
	return own
}

// ipv6Wait is ipv6Way, asked again until it tells an address or patience ends. Where the kernel takes no part in IPv6
// nothing is waited for.
func ipv6Wait(ctx context.Context, i via.Interface, to netip.Addr, patience time.Duration) netip.Addr {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		own := ipv6Way(i, to)
		if own.IsValid() || ipv6Deaf(string(i)) != "" {
			return own
		}
		select {
		case <-ctx.Done():
			return own
		case <-time.After(ipv6Look):
		}
	}
}
