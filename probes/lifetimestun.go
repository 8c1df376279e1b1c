package probes

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/pion/stun/v3"

	"trunktester/probes/facts"
	"trunktester/probes/via"
)

// LifetimeBySTUN has a STUN server send to the idle mapping: a second socket asks it to answer to the first
// one's port (RFC 5780 sections 4.6 and 7.5, RESPONSE-PORT). Not every server does.
type LifetimeBySTUN struct{}

// Name implements LifetimeWay.
func (LifetimeBySTUN) Name() string { return "STUN, RFC 5780" }

// Ready tries the servers that told our address, one after the other.
func (LifetimeBySTUN) Ready(ctx context.Context, i via.Interface, known facts.Facts) (LifetimeAsker, error) {
	if known.Public == nil || known.Address == nil {
		return nil, errors.New("no STUN server was asked")
	}
	var errs []error
	for _, a := range known.Public.Answers {
		if !a.From.IsValid() || a.Answer != facts.Answered {
			continue
		}
		asker := stunAsker{via: i, own: known.Address.Prefix.Addr(), server: a.From}
		ok, err := asker.alive(ctx, 0, 0)
		switch {
		case err != nil:
		case !ok:
			err = fmt.Errorf("%s does not answer to another port", a.From)
		default:
			return asker, nil
		}
		errs = append(errs, err)
	}
	if errs == nil {
		return nil, errors.New("no STUN server answered")
	}
	return nil, errors.Join(errs...)
}

// stunAsker asks one server.
type stunAsker struct {
	via    via.Interface
	own    netip.Addr
	server netip.AddrPort
}

// Server implements LifetimeAsker.
func (s stunAsker) Server() string { return s.server.String() }

// Close implements LifetimeAsker.
func (s stunAsker) Close() error { return nil }

// Alive implements LifetimeAsker.
func (s stunAsker) Alive(ctx context.Context, idle time.Duration) (bool, error) {
	return s.alive(ctx, lifetimePrime, idle)
}

// stunTurns are how often a question is put, and stunWait how long an answer is awaited each time.
const (
	stunTurns = 3
	stunWait  = 600 * time.Millisecond
)

func (s stunAsker) alive(ctx context.Context, prime, idle time.Duration) (bool, error) {
	mapped, first, err := s.primed(ctx, prime)
	if err != nil {
		return false, err
	}
	defer mapped.Close()
	if err := sleep(ctx, idle); err != nil {
		return false, err
	}
	caller, err := s.open(ctx)
	if err != nil {
		return false, err
	}
	defer caller.Close()
	outside, err := s.mapping(ctx, caller)
	if err != nil {
		return false, err
	}
	if outside.Addr() != first.Addr() {
		return false, fmt.Errorf("two sockets left by two public addresses, %s and %s", first.Addr(), outside.Addr())
	}
	return s.knock(ctx, caller, mapped, first.Port())
}

// primed is a socket with a mapping that had traffic both ways for so long, and the mapping.
func (s stunAsker) primed(ctx context.Context, prime time.Duration) (net.Conn, netip.AddrPort, error) {
	conn, err := s.open(ctx)
	if err != nil {
		return nil, netip.AddrPort{}, err
	}
	first, err := s.mapping(ctx, conn)
	if err == nil && prime > 0 {
		if err = sleep(ctx, prime); err == nil {
			var second netip.AddrPort
			if second, err = s.mapping(ctx, conn); err == nil && first != second {
				err = fmt.Errorf("the router changed the mapping from %s to %s while it was in use", first, second)
			}
		}
	}
	if err != nil {
		conn.Close()
		return nil, netip.AddrPort{}, err
	}
	return conn, first, nil
}

// knock has the server answer to the port, and says whether that arrives at the mapped socket.
func (s stunAsker) knock(ctx context.Context, caller, mapped net.Conn, port uint16) (bool, error) {
	m, err := stun.Build(stun.TransactionID, stun.BindingRequest, responsePort(port))
	if err != nil {
		return false, err
	}
	for range stunTurns {
		if _, err := caller.Write(m.Raw); err != nil {
			return false, fmt.Errorf("ask %s: %w", s.server, err)
		}
		if _, err := stunRead(ctx, mapped, m.TransactionID); err == nil {
			return true, nil
		}
		if ctx.Err() != nil {
			return false, ctx.Err()
		}
	}
	return false, nil
}

// mapping asks the server how it sees the socket.
func (s stunAsker) mapping(ctx context.Context, conn net.Conn) (netip.AddrPort, error) {
	m, err := stun.Build(stun.TransactionID, stun.BindingRequest)
	if err != nil {
		return netip.AddrPort{}, err
	}
	for range stunTurns {
		if _, err = conn.Write(m.Raw); err != nil {
			break
		}
		var raw []byte
		if raw, err = stunRead(ctx, conn, m.TransactionID); err == nil {
			mapped, why := publicRead(raw)
			if !mapped.IsValid() {
				return mapped, fmt.Errorf("%s %s", s.server, why)
			}
			return mapped, nil
		}
	}
	return netip.AddrPort{}, fmt.Errorf("ask %s: %w", s.server, err)
}

// stunRead waits for the message of one transaction.
func stunRead(ctx context.Context, conn net.Conn, id [stun.TransactionIDSize]byte) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := conn.SetReadDeadline(time.Now().Add(stunWait)); err != nil {
		return nil, err
	}
	defer context.AfterFunc(ctx, func() { conn.SetReadDeadline(time.Now()) })()
	buf := make([]byte, 1500)
	for {
		n, err := conn.Read(buf)
		if err != nil {
			return nil, err
		}
		m := &stun.Message{Raw: buf[:n]}
		if m.Decode() == nil && m.TransactionID == id {
			return buf[:n], nil
		}
	}
}

func (s stunAsker) open(ctx context.Context) (net.Conn, error) {
	return s.openFrom(ctx, netip.AddrPortFrom(s.own, 0))
}

func (s stunAsker) openFrom(ctx context.Context, local netip.AddrPort) (net.Conn, error) {
	d := s.via.Dialer()
	d.LocalAddr = net.UDPAddrFromAddrPort(local)
	return d.DialContext(ctx, "udp4", s.server.String())
}

// responsePort is the RESPONSE-PORT attribute.
type responsePort uint16

// AddTo implements stun.Setter.
func (p responsePort) AddTo(m *stun.Message) error {
	m.Add(stun.AttrResponsePort, append(binary.BigEndian.AppendUint16(nil, uint16(p)), 0, 0))
	return nil
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
