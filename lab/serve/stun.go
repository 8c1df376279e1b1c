package serve

import (
	"context"
	"encoding/binary"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/pion/stun/v3"
)

// STUN answers binding requests (RFC 8489). Served on two addresses with two ports each it tells how a router maps and
// filters (RFC 5780).
type STUN struct {
	Board[STUNSettings]
	Seen Memory[STUNRequest]

	mu      sync.Mutex
	sockets map[netip.AddrPort]net.PacketConn
}

// STUNSettings are the switches of a STUN server.
type STUNSettings struct {
	Silent bool
	Tell   netip.AddrPort // told to everybody instead of the truth; zero: the truth

	NoResponsePort bool // does not answer to another port (RFC 5780), as most public ones
	NoOther        bool // does not answer from another address or port (RFC 5780), as most public ones
}

// STUNRequest is one binding request.
type STUNRequest struct {
	At   time.Time
	From netip.AddrPort
}

// NewSTUN makes a STUN server.
func NewSTUN(s STUNSettings) *STUN {
	return &STUN{Board: Board[STUNSettings]{v: s}, sockets: map[netip.AddrPort]net.PacketConn{}}
}

// Serve answers on conn until ctx ends.
func (s *STUN) Serve(ctx context.Context, conn net.PacketConn) error {
	at := addrPort(conn.LocalAddr())
	s.mu.Lock()
	s.sockets[at] = conn
	s.mu.Unlock()
	return packets(ctx, conn, func(b []byte, from netip.AddrPort) {
		reply, to, ok := s.answer(b, from, at)
		if ok {
			// A lost reply is the asker's to notice, as on any network.
			_, _ = s.from(b, conn, at).WriteTo(reply, net.UDPAddrFromAddrPort(to))
		}
	})
}

// other is the address and port that differ from those of the socket, zero where there is none.
func (s *STUN) other(at netip.AddrPort) netip.AddrPort {
	s.mu.Lock()
	defer s.mu.Unlock()
	for o := range s.sockets {
		if o.Addr() != at.Addr() && o.Port() != at.Port() {
			return o
		}
	}
	return netip.AddrPort{}
}

// from is the socket that the asker wants to be answered from (CHANGE-REQUEST, RFC 5780 section 7.2).
func (s *STUN) from(b []byte, conn net.PacketConn, at netip.AddrPort) net.PacketConn {
	var m stun.Message
	if stun.Decode(b, &m) != nil || s.Settings().NoOther {
		return conn
	}
	change, err := m.Get(stun.AttrChangeRequest)
	other := s.other(at)
	if err != nil || len(change) < 4 || !other.IsValid() {
		return conn
	}
	if change[3]&4 != 0 {
		at = netip.AddrPortFrom(other.Addr(), at.Port())
	}
	if change[3]&2 != 0 {
		at = netip.AddrPortFrom(at.Addr(), other.Port())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if c, ok := s.sockets[at]; ok {
		return c
	}
	return conn
}

// answer gives the reply and where it goes: to the asker, or to the port of his that he names (RFC 5780
// section 7.5).
func (s *STUN) answer(b []byte, from, at netip.AddrPort) (reply []byte, to netip.AddrPort, ok bool) {
	var m stun.Message
	if stun.Decode(b, &m) != nil || m.Type != stun.BindingRequest {
		return nil, to, false
	}
	s.Seen.add(STUNRequest{time.Now(), from})
	set := s.Settings()
	if set.Silent {
		return nil, to, false
	}
	to = from
	if port, err := m.Get(stun.AttrResponsePort); err == nil && len(port) >= 2 {
		if set.NoResponsePort {
			refusal, err := stun.Build(stun.NewTransactionIDSetter(m.TransactionID), stun.BindingError, stun.CodeUnknownAttribute)
			return refusal.Raw, from, err == nil
		}
		to = netip.AddrPortFrom(from.Addr(), binary.BigEndian.Uint16(port))
	}
	if _, err := m.Get(stun.AttrChangeRequest); err == nil && set.NoOther {
		refusal, err := stun.Build(stun.NewTransactionIDSetter(m.TransactionID), stun.BindingError, stun.CodeUnknownAttribute)
		return refusal.Raw, from, err == nil
	}
	told := from
	if set.Tell.IsValid() {
		told = set.Tell
	}
	setters := []stun.Setter{stun.NewTransactionIDSetter(m.TransactionID), stun.BindingSuccess,
		&stun.XORMappedAddress{IP: told.Addr().AsSlice(), Port: int(told.Port())}}
	if other := s.other(at); other.IsValid() && !set.NoOther {
		setters = append(setters, &stun.OtherAddress{IP: other.Addr().AsSlice(), Port: int(other.Port())})
	}
	answer, err := stun.Build(append(setters, stun.NewSoftware("lab"), stun.Fingerprint)...)
	return answer.Raw, to, err == nil
}
