package probes

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/pion/stun/v3"
)

// natTurns are how often a question is put, and natWait how long its answer is awaited each time: silence is an answer
// here, and no verdict stands on it.
const (
	natTurns = 3
	natWait  = 500 * time.Millisecond
)

// natSocket asks STUN servers, one question after the other, and takes answers from anywhere.
type natSocket struct{ net.PacketConn }

func (s natSocket) local() netip.AddrPort { return udpAddrPort(s.LocalAddr()) }

// udpAddrPort is the address of a UDP socket, without an IPv4-in-IPv6 cover; zero for another address.
func udpAddrPort(a net.Addr) netip.AddrPort {
	u, ok := a.(*net.UDPAddr)
	if !ok {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(u.AddrPort().Addr().Unmap(), u.AddrPort().Port())
}

// natReply is what came back.
type natReply struct {
	from   netip.AddrPort // who sent it
	mapped netip.AddrPort // us, as the server sees us
	other  netip.AddrPort // OTHER-ADDRESS (RFC 5780 section 7.4), zero for none
}

// changeRequest is the CHANGE-REQUEST attribute (RFC 5780 section 7.2).
type changeRequest struct{ host, port bool }

// AddTo implements stun.Setter.
func (c changeRequest) AddTo(m *stun.Message) error {
	var flags byte
	if c.host {
		flags |= 4
	}
	if c.port {
		flags |= 2
	}
	m.Add(stun.AttrChangeRequest, []byte{0, 0, 0, flags})
	return nil
}

// errNoAnswer is the error of a question that nobody answered.
var errNoAnswer = errors.New("no answer")

// ask puts a question. The error is errNoAnswer for silence.
func (s natSocket) ask(ctx context.Context, to netip.AddrPort, set ...stun.Setter) (natReply, error) {
	m, err := stun.Build(append([]stun.Setter{stun.TransactionID, stun.BindingRequest}, set...)...)
	if err != nil {
		return natReply{}, err
	}
	defer context.AfterFunc(ctx, func() { s.SetReadDeadline(time.Now()) })()
	for range natTurns {
		if err := ctx.Err(); err != nil {
			return natReply{}, err
		}
		if _, err := s.WriteTo(m.Raw, net.UDPAddrFromAddrPort(to)); err != nil {
			return natReply{}, fmt.Errorf("ask %s: %w", to, err)
		}
		s.SetReadDeadline(time.Now().Add(natWait))
		if raw, from, ok := s.hear(m.TransactionID); ok {
			return natRead(raw, from)
		}
	}
	return natReply{}, fmt.Errorf("ask %s: %w", to, errNoAnswer)
}

// hear waits until the deadline for the message of one transaction.
func (s natSocket) hear(id [stun.TransactionIDSize]byte) (raw []byte, from netip.AddrPort, ok bool) {
	buf := make([]byte, 1500)
	for {
		n, addr, err := s.ReadFrom(buf)
		if err != nil {
			return nil, from, false
		}
		if m := (&stun.Message{Raw: buf[:n]}); m.Decode() == nil && m.TransactionID == id {
			return buf[:n], udpAddrPort(addr), true
		}
	}
}

// natRead reads an answer; the error is that of one without an address.
func natRead(raw []byte, from netip.AddrPort) (natReply, error) {
	mapped, why := publicRead(raw)
	if !mapped.IsValid() {
		return natReply{}, fmt.Errorf("%s %s", from, why)
	}
	r := natReply{from: from, mapped: mapped}
	m := &stun.Message{Raw: raw}
	var other stun.OtherAddress
	if m.Decode() == nil && other.GetFrom(m) == nil {
		if a, ok := netip.AddrFromSlice(other.IP); ok && other.Port > 0 {
			r.other = netip.AddrPortFrom(a.Unmap(), uint16(other.Port))
		}
	}
	return r, nil
}
