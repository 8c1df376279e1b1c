package serve

import (
	"context"
	"encoding/binary"
	"net"
	"net/netip"
	"time"
)

// NTP tells the time (RFC 5905), as this machine knows it plus an offset.
type NTP struct {
	Board[NTPSettings]
	Seen Memory[NTPRequest]
}

// NTPSettings are the switches of a time server.
type NTPSettings struct {
	Silent         bool
	Offset         time.Duration // added to the true time
	Unsynchronised bool          // leap indicator 3: "do not believe me"
	KissOfDeath    string        // four letters such as "RATE": stratum 0 (RFC 5905 section 7.4)
}

// NTPRequest is one question for the time.
type NTPRequest struct {
	At   time.Time
	From netip.AddrPort
}

// NewNTP makes a time server.
func NewNTP(s NTPSettings) *NTP { return &NTP{Board: Board[NTPSettings]{v: s}} }

// Serve answers on conn until ctx ends.
func (s *NTP) Serve(ctx context.Context, conn net.PacketConn) error {
	return packets(ctx, conn, func(b []byte, from netip.AddrPort) {
		if reply, ok := s.answer(b, from, time.Now()); ok {
			_, _ = conn.WriteTo(reply, net.UDPAddrFromAddrPort(from))
		}
	})
}

// The packet of RFC 5905 section 7.3.
const (
	ntpSize        = 48
	ntpModeClient  = 3
	ntpModeServer  = 4
	ntpLeapUnknown = 3
)

func (s *NTP) answer(b []byte, from netip.AddrPort, now time.Time) ([]byte, bool) {
	if len(b) < ntpSize || b[0]&7 != ntpModeClient {
		return nil, false
	}
	s.Seen.add(NTPRequest{now, from})
	set := s.Settings()
	if set.Silent {
		return nil, false
	}
	told := ntpTime(now.Add(set.Offset))
	reply := make([]byte, ntpSize)
	reply[0] = b[0]&0x38 | ntpModeServer                 // the asker's version
	reply[1], reply[2], reply[3] = 2, b[2], 0xEC         // stratum 2, precision 2^-20 s
	copy(reply[12:16], []byte{192, 0, 2, 1})             // reference: a server that is nowhere (RFC 5737)
	binary.BigEndian.PutUint64(reply[16:], told-(1<<32)) // set a second ago
	copy(reply[24:32], b[40:48])                         // originate: the asker's transmit time
	binary.BigEndian.PutUint64(reply[32:], told)
	binary.BigEndian.PutUint64(reply[40:], told)
	if set.Unsynchronised {
		reply[0] |= ntpLeapUnknown << 6
	}
	if set.KissOfDeath != "" {
		reply[1] = 0
		copy(reply[12:16], set.KissOfDeath)
	}
	return reply, true
}

// ntpTime is 32 bits of seconds since 1900 and 32 bits of fraction.
func ntpTime(t time.Time) uint64 {
	const from1900To1970 = 2208988800
	return uint64(t.Unix()+from1900To1970)<<32 | uint64(t.Nanosecond())<<32/uint64(time.Second)
}
