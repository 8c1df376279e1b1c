package lab

import (
	"bytes"
	"encoding/binary"
	"regexp"
	"slices"
	"sync"
)

// Meddler is what a device on the line does to SIP over UDP port 5060, in the ways of ALGs that are not Linux's. It
// stands where the router's packets leave: behind its address translation.
type Meddler string

// The kinds that are documented of real devices.
const (
	MeddlerNone      Meddler = ""
	MeddlerProxy     Meddler = "proxy"         // rewrites the private address wherever it stands, Call-ID and From too, and puts it back in replies (FortiGate's)
	MeddlerOneWay    Meddler = "one-way"       // the same, and does not put it back
	MeddlerRegister  Meddler = "register-only" // as proxy, REGISTER only
	MeddlerRegisters Meddler = "registers"     // as register-only, and leaves received= in replies as it is
	MeddlerLength    Meddler = "length"        // rewrites bodies only, and leaves Content-Length as it was
	MeddlerSwallower Meddler = "swallower"     // lets no REGISTER pass
	MeddlerRelay     Meddler = "relay"         // sends messages on as its own: with a new time to live
)

// meddling is a Meddler at work: it remembers which private address spoke from a port.
type meddling struct {
	kind   Meddler
	mu     sync.Mutex
	inside map[uint16][]byte
}

func newMeddling(kind Meddler) *meddling { return &meddling{kind: kind, inside: map[uint16][]byte{}} }

// privateText is an address of the customer's network as text.
var privateText = regexp.MustCompile(`192\.168\.50\.[0-9]{1,3}`)

// up and down give the frame as it goes on, towards the provider or the customer; nil: it does not.
func (m *meddling) up(frame []byte) []byte {
	frame = m.through(frame, func(source, destination uint16, message []byte) ([]byte, bool) {
		if destination != 5060 {
			return message, true
		}
		if own := privateText.Find(message); own != nil {
			m.mu.Lock()
			m.inside[source] = bytes.Clone(own)
			m.mu.Unlock()
		}
		register := bytes.HasPrefix(message, []byte("REGISTER "))
		switch m.kind {
		case MeddlerSwallower:
			return message, !register
		case MeddlerLength:
			head, body, _ := bytes.Cut(message, []byte("\r\n\r\n"))
			return slices.Concat(head, []byte("\r\n\r\n"), privateText.ReplaceAll(body, []byte(RouterWAN))), true
		case MeddlerRegister, MeddlerRegisters:
			if !register {
				return message, true
			}
		}
		return privateText.ReplaceAll(message, []byte(RouterWAN)), true
	})
	if m.kind == MeddlerRelay {
		return renewed(frame)
	}
	return frame
}

// ownLife is the time to live of what Linux sends by itself.
const ownLife = 64

// renewed gives a datagram to port 5060 a new time to live.
func renewed(frame []byte) []byte {
	if len(frame) < ethernetHeader+20+udpHeader || frame[12] != 0x08 || frame[13] != 0x00 {
		return frame
	}
	ip := frame[ethernetHeader:]
	header := int(ip[0]&0x0f) * 4
	if ip[9] != 17 || len(ip) < header+udpHeader || binary.BigEndian.Uint16(ip[header+2:]) != 5060 {
		return frame
	}
	out := bytes.Clone(frame)
	ip = out[ethernetHeader:]
	ip[8] = ownLife
	binary.BigEndian.PutUint16(ip[10:], 0)
	binary.BigEndian.PutUint16(ip[10:], checksum(ip[:header]))
	return out
}

func (m *meddling) down(frame []byte) []byte {
	return m.through(frame, func(source, destination uint16, message []byte) ([]byte, bool) {
		m.mu.Lock()
		inside := m.inside[destination]
		m.mu.Unlock()
		registers := m.kind == MeddlerRegister || m.kind == MeddlerRegisters
		restores := m.kind == MeddlerProxy || registers && bytes.Contains(message, []byte(" REGISTER\r\n"))
		if source != 5060 || inside == nil || !restores {
			return message, true
		}
		restored := bytes.ReplaceAll(message, []byte(RouterWAN), inside)
		if m.kind == MeddlerRegisters {
			restored = bytes.ReplaceAll(restored, append([]byte("received="), inside...), []byte("received="+RouterWAN))
		}
		return restored, true
	})
}

const (
	ethernetHeader = 14
	udpHeader      = 8
)

// through changes the payload of a frame that holds a whole UDP datagram over IPv4; others pass as they are.
func (m *meddling) through(frame []byte, change func(source, destination uint16, message []byte) ([]byte, bool)) []byte {
	if m.kind == MeddlerNone || m.kind == MeddlerRelay || len(frame) < ethernetHeader+20+udpHeader || frame[12] != 0x08 || frame[13] != 0x00 {
		return frame
	}
	ip := frame[ethernetHeader:]
	header, total := int(ip[0]&0x0f)*4, int(binary.BigEndian.Uint16(ip[2:]))
	fragment := binary.BigEndian.Uint16(ip[6:]) & 0x3fff
	if ip[9] != 17 || fragment != 0 || total > len(ip) || total < header+udpHeader {
		return frame
	}
	udp := ip[header:total]
	message, passes := change(binary.BigEndian.Uint16(udp), binary.BigEndian.Uint16(udp[2:]), udp[udpHeader:])
	if !passes {
		return nil
	}
	if bytes.Equal(message, udp[udpHeader:]) {
		return frame
	}
	out := slices.Concat(frame[:ethernetHeader+header+udpHeader], message)
	ip = out[ethernetHeader:]
	binary.BigEndian.PutUint16(ip[2:], uint16(len(ip)))
	binary.BigEndian.PutUint16(ip[10:], 0)
	binary.BigEndian.PutUint16(ip[10:], checksum(ip[:header]))
	binary.BigEndian.PutUint16(ip[header+4:], uint16(len(ip)-header))
	binary.BigEndian.PutUint16(ip[header+6:], 0) // none, as RFC 768 allows
	return out
}

// checksum is that of RFC 1071.
func checksum(b []byte) uint16 {
	sum := uint32(0)
	for i := 0; i+1 < len(b); i += 2 {
		sum += uint32(binary.BigEndian.Uint16(b[i:]))
	}
	for sum>>16 != 0 {
		sum = sum&0xffff + sum>>16
	}
	return ^uint16(sum)
}
