package serve

import (
	"context"
	"encoding/binary"
	"net"
	"net/netip"
	"time"

	"github.com/pion/stun/v3"
)

// STUN answers binding requests (RFC 8489).
type STUN struct {
	Board[STUNSettings]
	Seen Memory[STUNRequest]
}

// STUNSettings are the switches of a STUN server.
type STUNSettings struct {
	Silent bool
	Tell   netip.AddrPort // told to everybody instead of the truth; zero: the truth

	NoResponsePort bool // does not answer to another port (RFC 5780), as most public ones
}

// STUNRequest is one binding request.
type STUNRequest struct {
	At   time.Time
	From netip.AddrPort
}

// NewSTUN makes a STUN server.
func NewSTUN(s STUNSettings) *STUN { return &STUN{Board: Board[STUNSettings]{v: s}} }

// Serve answers on conn until ctx ends.
func (s *STUN) Serve(ctx context.Context, conn net.PacketConn) error {
	return packets(ctx, conn, func(b []byte, from netip.AddrPort) {
		reply, to, ok := s.answer(b, from)
		if ok {
			// A lost reply is the asker's to notice, as on any network.
			_, _ = conn.WriteTo(reply, net.UDPAddrFromAddrPort(to))
		}
	})
}

// answer gives the reply and where it goes: to the asker, or to the port of his that he names (RFC 5780
// section 7.5).
func (s *STUN) answer(b []byte, from netip.AddrPort) (reply []byte, to netip.AddrPort, ok bool) {
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
	told := from
	if set.Tell.IsValid() {
		told = set.Tell
	}
	answer, err := stun.Build(
		stun.NewTransactionIDSetter(m.TransactionID), stun.BindingSuccess,
		&stun.XORMappedAddress{IP: told.Addr().AsSlice(), Port: int(told.Port())},
		stun.NewSoftware("lab"), stun.Fingerprint)
	return answer.Raw, to, err == nil
}
