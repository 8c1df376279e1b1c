package probes

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"time"

	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
	"trunktester/reflector/wire"
)

// Limits of the look at the voice ports.
const (
	rtpPorts   = 5                       // across the range: its ends and three between
	rtpPackets = 5                       // to each port; no verdict stands on one lost packet
	rtpGap     = 40 * time.Millisecond   // between two to the same port
	rtpWait    = 1000 * time.Millisecond // for the last echo
	rtpSize    = 172                     // 20 ms of G.711 in an RTP packet (RFC 3551)
	rtpDSCP    = 46                      // expedited forwarding, as voice is marked (RFC 4594)
)

// RTP asks: do voice packets pass, across the range of ports that the firewall is set for? The provider's reflector
// sends them back. It passed when every port that the reflector serves gave an echo.
type RTP struct {
	FarEnd
	Low, Top int            // expect.rtp
	Networks []netip.Prefix // provider.networks: only a reflector inside speaks for the way to the provider
}

// Look needs known.Address and, as the control, SIP to the same reflector.
func (p RTP) Look(ctx context.Context, known facts.Facts) Result {
	m, err := p.found(ctx, known)
	if err != nil {
		return Result{Outcome: facts.NotRun, Saw: words.Said("saw.rtp-untested", "why", err)}
	}
	found := facts.RTP{Server: m.to.Addr(), Inside: slices.ContainsFunc(p.Networks, func(n netip.Prefix) bool { return n.Contains(m.to.Addr()) })}
	var all sync.WaitGroup
	ports := rtpSpread(p.Low, p.Top)
	found.Ports = make([]facts.RTPPort, len(ports))
	failed := make([]error, len(ports))
	for i, port := range ports {
		all.Go(func() { found.Ports[i], failed[i] = m.voice(ctx, port) })
	}
	conn, err := m.socket(ctx)
	if err == nil {
		_, _, err = m.ask(ctx, conn, wire.Wish{})
		conn.Close()
	}
	found.SIP = err == nil
	all.Wait()
	return p.result(found, failed)
}

// rtpSpread gives ports across the range, its ends among them; even ones, as RTP wants (RFC 3550 section 11).
func rtpSpread(low, top int) []uint16 {
	var ports []uint16
	for i := range rtpPorts {
		port := uint16(low+(top-low)*i/(rtpPorts-1)) &^ 1
		if int(port) < low {
			port += 2
		}
		if !slices.Contains(ports, port) && int(port) <= top {
			ports = append(ports, port)
		}
	}
	return ports
}

// voice sends a few voice packets to one port and counts their echoes.
func (m mirror) voice(ctx context.Context, port uint16) (facts.RTPPort, error) {
	found := facts.RTPPort{Port: int(port), Answer: facts.CouldNotAsk, TOS: -1, TOSBack: -1}
	s, err := m.stream(ctx, port, rtpPackets, 0, rtpGap, rtpWait)
	if err != nil {
		return found, err
	}
	found.Answer, found.Sent = facts.Silent, s.count()
	for _, e := range s.firsts() {
		found.Back, found.Answer = found.Back+1, facts.Answered
		found.TOS, found.TOSBack = e.heard.TOS, e.tos
		found.RTT = facts.Duration(e.at - s.sent[e.seq])
	}
	for _, e := range s.icmp {
		err = fmt.Errorf("%s", e)
		if found.Back > 0 {
			continue
		}
		if found.Answer = facts.Unreachable; e.Offender == m.to.Addr() {
			found.Answer = facts.Refused // nothing listens there: what came to the reflector has passed
		}
	}
	return found, err
}
