package wire

import (
	"crypto/hmac"
	"encoding/binary"
	"errors"
	"net/netip"
	"time"
)

// A voice packet is an RTP packet (RFC 3550 section 5.1: version 2, no CSRC, no extension, no padding) with our
// own payload of 64 bytes or more; 160 are 20 ms of G.711. Numbers are big-endian, places count from the
// payload's first byte:
//
//	 0  4  "TTrq" of the probe, "TTec" of the echo: an echo is never echoed again
//	 4  1  version, 1
//	 5  1  probe: DSCP wanted for the echo, 0 to 63; echo: the TOS byte of the probe as received
//	 6  2  echo: UDP port that the probe came from
//	 8  8  the caller's own, such as its send time
//	16 16  proof: HMAC-SHA256 of the RTP header and bytes 0 to 15, or the caller's own without a token
//	32  4  echo: how many probes of this stream (source and SSRC) the reflector has received, 0 for not counted
//	36  4  echo: how many of these the reflector did not echo, for its limits
//	40  8  echo: when the reflector received the probe, nanoseconds since 1970 by its own clock
//	48 16  echo: address that the probe came from, IPv4 as ::ffff:a.b.c.d
//	64     as sent
const (
	rtpHeader = 12
	// ShortestVoice and LongestVoice are the lengths of a voice packet in bytes, RTP header included.
	ShortestVoice = rtpHeader + 64
	LongestVoice  = 1472 // an Ethernet frame full
)

const (
	probeMark = "TTrq"
	echoMark  = "TTec"
)

// ErrVoice is the error of a packet that is no voice packet of ours.
var ErrVoice = errors.New("not a voice packet of a probe")

// Probe is one voice packet of the caller.
type Probe struct {
	Sequence  uint16
	Timestamp uint32
	SSRC      uint32
	DSCP      int    // wanted for the echo
	Own       uint64 // comes back as it is
}

// Packet is the probe as it is sent, of size bytes (ShortestVoice at least).
func (p Probe) Packet(token string, size int) []byte {
	b := make([]byte, max(size, ShortestVoice))
	b[0] = 2 << 6 // version 2, payload type 0: PCMU
	binary.BigEndian.PutUint16(b[2:], p.Sequence)
	binary.BigEndian.PutUint32(b[4:], p.Timestamp)
	binary.BigEndian.PutUint32(b[8:], p.SSRC)
	payload := b[rtpHeader:]
	copy(payload, probeMark)
	payload[4] = 1
	payload[5] = byte(p.DSCP)
	binary.BigEndian.PutUint64(payload[8:], p.Own)
	if token != "" {
		copy(payload[16:32], proof(token, "voice", b[:rtpHeader+16]))
	}
	return b
}

// Voice says whether the packet is a probe's and, where a token is set, proven with it; in constant time.
func Voice(packet []byte, token string) bool {
	if !voice(packet, probeMark) {
		return false
	}
	return token == "" || hmac.Equal(packet[rtpHeader+16:rtpHeader+32], proof(token, "voice", packet[:rtpHeader+16]))
}

func voice(packet []byte, mark string) bool {
	return len(packet) >= ShortestVoice && len(packet) <= LongestVoice && packet[0] == 2<<6 &&
		string(packet[rtpHeader:rtpHeader+4]) == mark && packet[rtpHeader+4] == 1
}

// Stream tells the voice packet's stream apart from others of the same source: its SSRC.
func Stream(packet []byte) uint32 { return binary.BigEndian.Uint32(packet[8:]) }

// Heard is what the reflector adds to an echo.
type Heard struct {
	Source netip.AddrPort
	TOS    int       // of the probe as received, 0 to 255
	Count  uint32    // probes of this stream received, this one included; 0 where it does not count
	At     time.Time // by the reflector's clock

	Skipped uint32 // of those counted, so many were not sent back for the reflector's limits: not lost
}

// Echo turns a probe into its echo, in its place, and gives the DSCP wanted for it.
func Echo(packet []byte, h Heard) (dscp int) {
	payload := packet[rtpHeader:]
	dscp = int(payload[5] & 63)
	copy(payload, echoMark)
	payload[5] = byte(h.TOS)
	binary.BigEndian.PutUint16(payload[6:], h.Source.Port())
	binary.BigEndian.PutUint32(payload[32:], h.Count)
	binary.BigEndian.PutUint32(payload[36:], h.Skipped)
	binary.BigEndian.PutUint64(payload[40:], uint64(h.At.UnixNano()))
	from := h.Source.Addr().As16()
	copy(payload[48:64], from[:])
	return dscp
}

// ParseEcho reads an echo: the probe in it, and what the reflector heard.
//
// The counts tell loss up from loss down: of n probes sent, the last count is what arrived; what is
// missing between that and the echoes that came back was lost on the way down, less those skipped. Times at the
// reflector give the jitter of each way (RFC 3550 section 6.4.1 needs no common clock).
func ParseEcho(packet []byte) (Probe, Heard, error) {
	if !voice(packet, echoMark) {
		return Probe{}, Heard{}, ErrVoice
	}
	payload := packet[rtpHeader:]
	p := Probe{
		Sequence:  binary.BigEndian.Uint16(packet[2:]),
		Timestamp: binary.BigEndian.Uint32(packet[4:]),
		SSRC:      Stream(packet),
		Own:       binary.BigEndian.Uint64(payload[8:]),
	}
	h := Heard{
		Source:  netip.AddrPortFrom(netip.AddrFrom16([16]byte(payload[48:64])).Unmap(), binary.BigEndian.Uint16(payload[6:])),
		TOS:     int(payload[5]),
		Count:   binary.BigEndian.Uint32(payload[32:]),
		Skipped: binary.BigEndian.Uint32(payload[36:]),
		At:      time.Unix(0, int64(binary.BigEndian.Uint64(payload[40:]))),
	}
	return p, h, nil
}
