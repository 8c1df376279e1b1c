package capture

import (
	"bytes"
	"encoding/binary"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
)

const (
	nonce    = "Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MA"
	cnonce   = "0a4f113b5e6f7788"
	response = "6629fae49393a05397450978507c4ef1"
)

var secrets = []string{nonce, cnonce, response}

const request = "REGISTER sip:sip.example.net SIP/2.0\r\n" +
	"Via: SIP/2.0/UDP 192.168.1.20:40000;rport;branch=z9hG4bK1\r\n" +
	"Authorization: Digest username=\"441632960000\", realm=\"sip.example.net\", nonce=\"" + nonce + "\", uri=\"sip:sip.example.net\", " +
	"response=\"" + response + "\", algorithm=MD5, qop=auth, nc=00000001, cnonce=\"" + cnonce + "\"\r\n" +
	"Content-Length: 0\r\n\r\n"

var (
	boxMAC      = net.HardwareAddr{2, 0, 0, 0, 0, 1}
	routerMAC   = net.HardwareAddr{2, 0, 0, 0, 0, 2}
	strangerMAC = net.HardwareAddr{2, 0, 0, 0, 0, 3}
	broadcast   = net.HardwareAddr{255, 255, 255, 255, 255, 255}
	boxIP       = net.IP{192, 168, 1, 20}
	providerIP  = net.IP{198, 51, 100, 5}
)

// frame builds a packet with right checksums.
func frame(t testing.TB, parts ...gopacket.SerializableLayer) []byte {
	t.Helper()
	b := gopacket.NewSerializeBuffer()
	if err := gopacket.SerializeLayers(b, gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}, parts...); err != nil {
		t.Fatal(err)
	}
	return slices.Clone(b.Bytes())
}

func ethernet(kind layers.EthernetType) *layers.Ethernet {
	return &layers.Ethernet{SrcMAC: boxMAC, DstMAC: routerMAC, EthernetType: kind}
}

func ip4(protocol layers.IPProtocol) *layers.IPv4 {
	return &layers.IPv4{Version: 4, TTL: 64, Id: 7, Protocol: protocol, SrcIP: boxIP, DstIP: providerIP}
}

func ip6(protocol layers.IPProtocol) *layers.IPv6 {
	return &layers.IPv6{Version: 6, HopLimit: 64, NextHeader: protocol, SrcIP: net.ParseIP("2001:db8::20"), DstIP: net.ParseIP("2001:db8::5")}
}

func udpFrame(t testing.TB, payload string) []byte {
	ip, udp := ip4(layers.IPProtocolUDP), &layers.UDP{SrcPort: 40000, DstPort: 5060}
	udp.SetNetworkLayerForChecksum(ip)
	return frame(t, ethernet(layers.EthernetTypeIPv4), ip, udp, gopacket.Payload(payload))
}

func udp6Frame(t testing.TB, payload string) []byte {
	ip, udp := ip6(layers.IPProtocolUDP), &layers.UDP{SrcPort: 40000, DstPort: 5060}
	udp.SetNetworkLayerForChecksum(ip)
	return frame(t, ethernet(layers.EthernetTypeIPv6), ip, udp, gopacket.Payload(payload))
}

func tcpFrame(t testing.TB, seq uint32, syn bool, payload string) []byte {
	ip, tcp := ip4(layers.IPProtocolTCP), &layers.TCP{SrcPort: 40000, DstPort: 5060, Seq: seq, SYN: syn, ACK: !syn, Window: 1000}
	tcp.SetNetworkLayerForChecksum(ip)
	return frame(t, ethernet(layers.EthernetTypeIPv4), ip, tcp, gopacket.Payload(payload))
}

func taggedFrame(t testing.TB, payload string) []byte {
	ip, udp := ip4(layers.IPProtocolUDP), &layers.UDP{SrcPort: 40000, DstPort: 5060}
	udp.SetNetworkLayerForChecksum(ip)
	return frame(t, ethernet(layers.EthernetTypeDot1Q), &layers.Dot1Q{VLANIdentifier: 7, Type: layers.EthernetTypeIPv4}, ip, udp, gopacket.Payload(payload))
}

func icmpFrame(t testing.TB, payload string) []byte {
	quoted := udpFrame(t, payload)[14:]
	quoted = quoted[:28+strings.Index(payload, "uri=")+60] // routers quote a part: cut within the response
	ip := &layers.IPv4{Version: 4, TTL: 64, Protocol: layers.IPProtocolICMPv4, SrcIP: providerIP, DstIP: boxIP}
	return frame(t, ethernet(layers.EthernetTypeIPv4), ip, &layers.ICMPv4{TypeCode: layers.CreateICMPv4TypeCode(3, 3)}, gopacket.Payload(quoted))
}

// fragmentFrames cuts a UDP datagram as IP does.
func fragmentFrames(t testing.TB, payload string, sizes ...int) [][]byte {
	datagram := udpFrame(t, payload)[34:]
	var frames [][]byte
	for at := 0; at < len(datagram); {
		size := len(datagram) - at
		if len(sizes) > 0 {
			size, sizes = min(size, sizes[0]), sizes[1:]
		}
		ip := ip4(layers.IPProtocolUDP)
		ip.FragOffset = uint16(at / 8)
		if at+size < len(datagram) {
			ip.Flags = layers.IPv4MoreFragments
		}
		frames = append(frames, frame(t, ethernet(layers.EthernetTypeIPv4), ip, gopacket.Payload(datagram[at:at+size])))
		at += size
	}
	return frames
}

func records(frames ...[]byte) []record {
	var rs []record
	for i, f := range frames {
		rs = append(rs, record{at: time.Unix(int64(i), 0), data: slices.Clone(f)})
	}
	return rs
}

func wantClean(t *testing.T, rs []record, secrets ...string) {
	t.Helper()
	for i, r := range rs {
		for _, secret := range secrets {
			for _, part := range []string{secret, secret[:len(secret)/2], secret[len(secret)/2:]} {
				if bytes.Contains(r.data, []byte(part)) {
					t.Errorf("packet %d holds a part of a secret", i+1)
				}
			}
		}
	}
}

// wantChecksums has another implementation compute every checksum.
func wantChecksums(t *testing.T, rs []record) {
	t.Helper()
	for i, r := range rs {
		p := gopacket.NewPacket(r.data, layers.LayerTypeEthernet, gopacket.Default)
		if transport, ok := p.TransportLayer().(interface {
			SetNetworkLayerForChecksum(gopacket.NetworkLayer) error
		}); ok {
			if err := transport.SetNetworkLayerForChecksum(p.NetworkLayer()); err != nil {
				t.Fatal(err)
			}
		}
		if err, bad := p.VerifyChecksums(); err != nil || len(bad) > 0 {
			t.Errorf("packet %d: wrong checksums %v, %v", i+1, bad, err)
		}
	}
}

func TestSecretsAreOverwritten(t *testing.T) {
	at := strings.Index(request, nonce) + 10 // within the nonce
	tests := []struct {
		name    string
		packets [][]byte
	}{
		{"UDP", [][]byte{udpFrame(t, request)}},
		{"UDP over IPv6", [][]byte{udp6Frame(t, request)}},
		{"VLAN tag", [][]byte{taggedFrame(t, request)}},
		{"odd length", [][]byte{udpFrame(t, request+"x")}},
		{"ICMP error", [][]byte{icmpFrame(t, request)}},
		{"TCP in one segment", [][]byte{tcpFrame(t, 99, true, ""), tcpFrame(t, 100, false, request)}},
		{"TCP cut within the nonce", [][]byte{tcpFrame(t, 99, true, ""), tcpFrame(t, 100, false, request[:at]), tcpFrame(t, 100+uint32(at), false, request[at:])}},
		{"TCP out of order and sent twice", [][]byte{tcpFrame(t, 100+uint32(at), false, request[at:]), tcpFrame(t, 99, true, ""), tcpFrame(t, 100, false, request[:at]), tcpFrame(t, 100, false, request)}},
		{"TCP sequence wraps", [][]byte{tcpFrame(t, 1<<32-11, true, ""), tcpFrame(t, 1<<32-10, false, request[:at]), tcpFrame(t, uint32(at)-10, false, request[at:])}},
		{"TCP beginning lost within the nonce", [][]byte{tcpFrame(t, 100+uint32(at), false, request[at:])}},
		{"TCP middle lost", [][]byte{tcpFrame(t, 99, true, ""), tcpFrame(t, 100, false, request[:at]), tcpFrame(t, 100+uint32(at)+5, false, request[at+5:])}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rs := records(tt.packets...)
			wantChecksums(t, rs)
			redact(rs)
			wantClean(t, rs, secrets...)
			wantChecksums(t, rs)
			for i, r := range rs {
				if len(r.data) != len(tt.packets[i]) {
					t.Errorf("packet %d changed its length", i+1)
				}
			}
		})
	}
}

func TestSecretsInFragments(t *testing.T) {
	cut := (strings.Index(request, nonce) + 8 + 15) / 8 * 8
	for name, order := range map[string]bool{"in order": false, "last first": true} {
		t.Run(name, func(t *testing.T) {
			frames := fragmentFrames(t, request, cut)
			if len(frames) != 2 {
				t.Fatalf("%d fragments", len(frames))
			}
			if order {
				slices.Reverse(frames)
			}
			rs := records(frames...)
			redact(rs)
			wantClean(t, rs, secrets...)
			for _, r := range rs {
				if binary.BigEndian.Uint16(r.data[20:])&0x1fff == 0 && binary.BigEndian.Uint16(r.data[40:]) != 0 {
					t.Error("the first fragment keeps a checksum that no longer holds")
				}
			}
		})
	}
}

func TestNothingElseChanges(t *testing.T) {
	plain := strings.ReplaceAll(request, "nonce", "nounce")
	plain = strings.ReplaceAll(plain, "response", "responce")
	frames := [][]byte{
		udpFrame(t, plain), tcpFrame(t, 99, true, ""), tcpFrame(t, 100, false, plain), tcpFrame(t, 5000, false, "\x16\x03\x01binary"),
		icmpFrame(t, plain), {1, 2, 3}, {}, udpFrame(t, request)[:30],
	}
	frames[0][40]++ // a wrong checksum, as offloading leaves it, stays as it was seen
	rs := records(frames...)
	redact(rs)
	for i, r := range rs {
		if !bytes.Equal(r.data, frames[i]) {
			t.Errorf("packet %d changed", i+1)
		}
	}
}

func TestRedactKeepsTheRest(t *testing.T) {
	rs := records(udpFrame(t, request))
	redact(rs)
	got := string(rs[0].data[42:])
	want := request
	for _, s := range secrets {
		want = strings.ReplaceAll(want, s, strings.Repeat("*", len(s)))
	}
	if got != want {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

func TestRingForgetsTheOldest(t *testing.T) {
	r := ring{limit: 10 * (100 + overhead)}
	for i := range 1000 {
		r.add(record{at: time.Unix(int64(i), 0), data: make([]byte, 100)})
		if r.size > r.limit {
			t.Fatalf("%d bytes kept, limit %d", r.size, r.limit)
		}
	}
	if len(r.records) != 10 || r.dropped != 990 || r.records[0].at.Unix() != 990 {
		t.Errorf("%d kept from %v, %d dropped", len(r.records), r.records[0].at, r.dropped)
	}
	r.add(record{data: make([]byte, 10_000)})
	if len(r.records) != 0 || r.size != 0 {
		t.Errorf("a packet larger than the limit: %d kept, %d bytes", len(r.records), r.size)
	}
}

func FuzzRedact(f *testing.F) {
	f.Add(udpFrame(f, request), tcpFrame(f, 1, false, request))
	f.Add(udp6Frame(f, request), icmpFrame(f, request))
	for _, x := range fragmentFrames(f, request, 64) {
		f.Add(x, taggedFrame(f, request))
	}
	f.Fuzz(func(t *testing.T, a, b []byte) {
		rs := records(a, b, a)
		redact(rs)
		if len(rs[0].data) != len(a) || len(rs[1].data) != len(b) {
			t.Fatal("a packet changed its length")
		}
	})
}
