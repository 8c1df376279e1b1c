package lab

import (
	"encoding/binary"
	"strings"
	"testing"
)

// datagram is an Ethernet frame with a UDP datagram.
func datagram(source, destination uint16, message string) []byte {
	frame := make([]byte, ethernetHeader+20+udpHeader, ethernetHeader+20+udpHeader+len(message))
	frame = append(frame, message...)
	frame[12] = 0x08
	ip := frame[ethernetHeader:]
	ip[0], ip[8], ip[9] = 0x45, 64, 17
	binary.BigEndian.PutUint16(ip[2:], uint16(len(ip)))
	binary.BigEndian.PutUint16(ip[20:], source)
	binary.BigEndian.PutUint16(ip[22:], destination)
	binary.BigEndian.PutUint16(ip[24:], uint16(len(ip)-20))
	return frame
}

func message(frame []byte) string {
	if frame == nil {
		return "swallowed"
	}
	return string(frame[ethernetHeader+20+udpHeader:])
}

func TestMeddler(t *testing.T) {
	const (
		options  = "OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/UDP 192.168.50.100:40000\r\nContent-Length: 0\r\n\r\n"
		register = "REGISTER sip:a SIP/2.0\r\nVia: SIP/2.0/UDP 192.168.50.100:40000\r\nContent-Length: 0\r\n\r\n"
		invite   = "INVITE sip:a SIP/2.0\r\nVia: SIP/2.0/UDP 192.168.50.100:40000\r\nContent-Length: 23\r\n\r\nc=IN IP4 192.168.50.100"
		answer   = "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 203.0.113.2:40000;received=203.0.113.2\r\nCSeq: 1 REGISTER\r\n\r\n"
	)
	outside := func(s string) string { return strings.ReplaceAll(s, "192.168.50.100", RouterWAN) }
	inside := func(s string) string { return strings.ReplaceAll(s, RouterWAN, "192.168.50.100") }
	head, body, _ := strings.Cut(invite, "\r\n\r\n")
	for _, c := range []struct {
		kind                            Meddler
		options, register, invite, back string
	}{
		{MeddlerNone, options, register, invite, answer},
		{MeddlerProxy, outside(options), outside(register), outside(invite), inside(answer)},
		{MeddlerOneWay, outside(options), outside(register), outside(invite), answer},
		{MeddlerRegister, options, outside(register), invite, inside(answer)},
		{MeddlerRegisters, options, outside(register), invite, strings.Replace(answer, "203.0.113.2", "192.168.50.100", 1)},
		{MeddlerLength, options, register, head + "\r\n\r\n" + outside(body), answer},
		{MeddlerSwallower, options, "swallowed", invite, answer},
		{MeddlerRelay, options, register, invite, answer},
	} {
		m := newMeddling(c.kind)
		up := func(s string) string { return message(m.up(datagram(40000, 5060, s))) }
		if got := [3]string{up(options), up(register), up(invite)}; got != [3]string{c.options, c.register, c.invite} {
			t.Errorf("%s: %q", c.kind, got)
		}
		if got := message(m.down(datagram(5060, 40000, answer))); got != c.back {
			t.Errorf("%s: back %q", c.kind, got)
		}
		if got := message(m.up(datagram(40000, 5080, options))); got != options {
			t.Errorf("%s: changed what goes to another port: %q", c.kind, got)
		}
	}
}

func TestMeddlerRenewsLife(t *testing.T) {
	m := newMeddling(MeddlerRelay)
	for port, want := range map[uint16]byte{5060: ownLife, 33434: 1} {
		frame := datagram(40000, port, "OPTIONS")
		frame[ethernetHeader+8] = 1
		ip := m.up(frame)[ethernetHeader:]
		if ip[8] != want || port == 5060 && checksum(ip[:20]) != 0 {
			t.Errorf("to port %d: time to live %d, header % x", port, ip[8], ip[:20])
		}
	}
	for _, broken := range [][]byte{nil, datagram(40000, 5060, "")[:20]} {
		if got := m.up(broken); len(got) != len(broken) {
			t.Errorf("%d bytes became %d", len(broken), len(got))
		}
	}
}

func TestMeddlerKeepsHeadersTrue(t *testing.T) {
	frame := newMeddling(MeddlerProxy).up(datagram(40000, 5060, "Via: SIP/2.0/UDP 192.168.50.100:40000\r\n"))
	ip := frame[ethernetHeader:]
	if total, udp := binary.BigEndian.Uint16(ip[2:]), binary.BigEndian.Uint16(ip[24:]); int(total) != len(ip) || int(udp) != len(ip)-20 {
		t.Errorf("lengths %d and %d of %d", total, udp, len(ip))
	}
	if checksum(ip[:20]) != 0 {
		t.Errorf("checksum of % x", ip[:20])
	}
	for _, broken := range [][]byte{nil, frame[:20], frame[:ethernetHeader+24]} {
		if got := newMeddling(MeddlerProxy).up(broken); len(got) != len(broken) {
			t.Errorf("%d bytes became %d", len(broken), len(got))
		}
	}
}
