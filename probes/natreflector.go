package probes

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"time"

	"trunktester/probes/sip"
	"trunktester/reflector/wire"
)

// otherPort says whether an answer from the reflector's other port comes in, where an answer from the port that was asked
// does: the control. The socket is to be a new one.
func (m mirror) otherPort(ctx context.Context, conn net.PacketConn) (in bool, err error) {
	if _, _, err := m.askFrom(ctx, conn, wire.Wish{FactsOnly: true}); err != nil {
		return false, err
	}
	seen, from, err := m.askFrom(ctx, conn, wire.Wish{FactsOnly: true, OtherPort: true})
	switch {
	case errors.Is(err, errNoAnswer):
		return false, nil
	case err != nil:
		return false, err
	case slices.Contains(seen.Refused, "port"):
		return false, errors.New("it has no other port")
	case from.Addr() != m.to.Addr() || from.Port() == m.to.Port():
		return false, fmt.Errorf("the answer came from %s", from)
	}
	return true, nil
}

// askFrom puts one wish, again while nothing comes, and takes its reflection from wherever it comes. The error is
// errNoAnswer for silence.
func (m mirror) askFrom(ctx context.Context, conn net.PacketConn, w wire.Wish) (seen wire.Reflection, from netip.AddrPort, err error) {
	defer context.AfterFunc(ctx, func() { conn.SetReadDeadline(time.Now()) })()
	buf := make([]byte, 65535)
	for range natTurns {
		if err := ctx.Err(); err != nil {
			return seen, from, err
		}
		raw, callID, err := m.request(udpAddrPort(conn.LocalAddr()), w)
		if err != nil {
			return seen, from, err
		}
		if _, err := conn.WriteTo(raw, net.UDPAddrFromAddrPort(m.to)); err != nil {
			return seen, from, fmt.Errorf("send to the reflector %s: %w", m.to, err)
		}
		conn.SetReadDeadline(time.Now().Add(natWait))
		for {
			n, addr, err := conn.ReadFrom(buf)
			if err != nil {
				break
			}
			if answer := sip.Split(buf[:n]); answer.Code != 0 && answer.Get("Call-ID") == callID {
				seen, err := wire.ParseReflection(answer.Body)
				return seen, udpAddrPort(addr), err
			}
		}
	}
	return seen, from, fmt.Errorf("ask the reflector %s: %w", m.to, errNoAnswer)
}
