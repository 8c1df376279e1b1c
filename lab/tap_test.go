package lab

import (
	"encoding/binary"
	"net/netip"
	"strings"
	"testing"
)

// packetOf wraps a payload in IPv4 and UDP or TCP.
func packetOf(proto byte, payload string) []byte {
	header := map[byte]int{1: 8, 17: 8, 6: 20}[proto]
	p := make([]byte, 20+header)
	p[0], p[9] = 0x45, proto
	copy(p[12:], []byte{192, 168, 50, 100, 198, 51, 100, 5})
	binary.BigEndian.PutUint16(p[20:], 40000)
	binary.BigEndian.PutUint16(p[22:], 5060)
	if proto == 6 {
		p[32] = 5 << 4
	}
	p = append(p, payload...)
	binary.BigEndian.PutUint16(p[2:], uint16(len(p)))
	return p
}

// sixPacketOf wraps a payload in IPv6 and UDP or TCP.
func sixPacketOf(proto byte, payload string) []byte {
	four := packetOf(17, payload)
	if proto == 6 {
		four = packetOf(6, payload)
	}
	p := make([]byte, 40)
	p[0], p[6] = 0x60, proto
	binary.BigEndian.PutUint16(p[4:], uint16(len(four)-20))
	from, to := netip.MustParseAddr("2001:db8:50::20").As16(), netip.MustParseAddr("2001:db8::5").As16()
	copy(p[8:], from[:])
	copy(p[24:], to[:])
	return append(p, four[20:]...)
}

const loggedIn = "REGISTER sip:example.net SIP/2.0\r\nUser-Agent: trunktester/1\r\nCall-ID: a@b\r\nauthorization: Digest x\r\n\r\n"

func TestParseRequest(t *testing.T) {
	for proto, transport := range map[byte]string{17: "udp", 6: "tcp"} {
		m, segment, ok := parseRequest(packetOf(proto, loggedIn))
		if !ok || m.Transport != transport || m.Method != "REGISTER" || !m.Credentials || m.UserAgent != "trunktester/1" || m.CallID != "a@b" ||
			m.Source.String() != "192.168.50.100:40000" || m.Local.String() != "198.51.100.5:5060" || (segment != "") != (proto == 6) {
			t.Errorf("%v %v %v", m, segment, ok)
		}
	}
	for proto, transport := range map[byte]string{17: "udp", 6: "tcp"} {
		m, _, ok := parseRequest(sixPacketOf(proto, loggedIn))
		if !ok || m.Transport != transport || !m.Credentials || m.Source.String() != "[2001:db8:50::20]:40000" || m.Local.String() != "[2001:db8::5]:5060" {
			t.Errorf("over IPv6: %v %v", m, ok)
		}
	}
	cut := sixPacketOf(17, loggedIn)
	fragment := packetOf(17, loggedIn)
	fragment[7] = 1
	for name, packet := range map[string][]byte{
		"a response": packetOf(17, "SIP/2.0 200 OK\r\n\r\n"), "a later fragment": fragment, "an empty packet": nil, "ICMP": packetOf(1, loggedIn), "a TCP acknowledgement": packetOf(6, ""),
		"an IPv6 packet that was cut short": cut[:60], "ICMPv6": sixPacketOf(58, loggedIn), "half an IPv6 header": cut[:20],
	} {
		if m, _, ok := parseRequest(packet); ok {
			t.Errorf("%s counts: %v", name, m)
		}
	}
}

func FuzzParseRequest(f *testing.F) {
	for _, proto := range []byte{1, 6, 17} {
		f.Add(packetOf(proto, loggedIn))
		f.Add(sixPacketOf(proto, loggedIn))
		f.Add(packetOf(proto, strings.Repeat("A", 40))[:25])
	}
	f.Fuzz(func(t *testing.T, packet []byte) {
		if m, _, ok := parseRequest(packet); ok && m.Method == "" {
			t.Error("a request without a method")
		}
	})
}
