package capture

import (
	"encoding/binary"
	"net/netip"
)

// flow names a stream; packet tells single packets apart.
type flow struct {
	source, destination netip.AddrPort
	protocol            uint8
	fragments           bool
	id                  uint32
	packet              int
}

// Protocols (IANA).
const (
	protoICMP   = 1
	protoTCP    = 6
	protoUDP    = 17
	protoICMPv6 = 58
)

// network is what the IP header says.
type network struct {
	source, destination netip.Addr
	protocol            uint8
	payload             []byte
	offset              uint32 // of a fragment
	fragment            bool
	id                  uint32
}

// dissect finds the part of a frame that may hold text; false when there is none.
func dissect(number int, frame []byte) (piece, bool) {
	n, ok := networkLayer(frame)
	if !ok {
		return piece{}, false
	}
	if n.fragment {
		return n.fragmentPiece()
	}
	p := piece{flow: flow{protocol: n.protocol, packet: number}, start: true, mend: func() {}}
	switch b := n.payload; {
	case n.protocol == protoUDP && len(b) >= 8:
		p.data = b[8:]
		if binary.BigEndian.Uint16(b[6:]) != 0 { // 0: none was computed (RFC 768)
			p.mend = func() { n.checksum(6) }
		}
	case n.protocol == protoTCP && len(b) >= 20 && int(b[12]>>4)*4 >= 20 && int(b[12]>>4)*4 <= len(b):
		return n.segment()
	case (n.protocol == protoICMP || n.protocol == protoICMPv6) && len(b) >= 8:
		p.data, p.mend = b[8:], func() { n.checksum(2) }
	default:
		return piece{}, false
	}
	return p, len(p.data) > 0
}

// segment is a TCP segment that carries data or begins the connection.
func (n network) segment() (piece, bool) {
	b := n.payload
	header := int(b[12]>>4) * 4
	syn := b[13]&2 != 0
	p := piece{
		flow: flow{
			source:      netip.AddrPortFrom(n.source, binary.BigEndian.Uint16(b)),
			destination: netip.AddrPortFrom(n.destination, binary.BigEndian.Uint16(b[2:])),
			protocol:    protoTCP,
		},
		at: binary.BigEndian.Uint32(b[4:]), start: syn, data: b[header:], mend: func() { n.checksum(16) },
	}
	if syn {
		p.at++ // the SYN counts as one byte
	}
	return p, syn || len(p.data) > 0
}

// fragmentPiece is a part of a datagram. Its checksum covers parts that other packets carry: the first one
// then says that none was computed.
func (n network) fragmentPiece() (piece, bool) {
	p := piece{
		flow: flow{
			source: netip.AddrPortFrom(n.source, 0), destination: netip.AddrPortFrom(n.destination, 0),
			protocol: n.protocol, fragments: true, id: n.id,
		},
		at: n.offset, start: n.offset == 0, data: n.payload, mend: func() {},
	}
	if n.offset == 0 && n.protocol == protoUDP && len(n.payload) >= 8 {
		p.mend = func() { clear(n.payload[6:8]) }
	}
	return p, len(p.data) > 0
}

// networkLayer reads Ethernet with VLAN tags and IPv4 or IPv6, within the bounds of the frame.
func networkLayer(frame []byte) (network, bool) {
	if len(frame) < 14 {
		return network{}, false
	}
	kind, b := binary.BigEndian.Uint16(frame[12:]), frame[14:]
	for (kind == 0x8100 || kind == 0x88a8) && len(b) >= 4 {
		kind, b = binary.BigEndian.Uint16(b[2:]), b[4:]
	}
	switch kind {
	case 0x0800:
		return ipv4(b)
	case 0x86dd:
		return ipv6(b)
	}
	return network{}, false
}

func ipv4(b []byte) (network, bool) {
	if len(b) < 20 || b[0]>>4 != 4 {
		return network{}, false
	}
	header, total := int(b[0]&15)*4, int(binary.BigEndian.Uint16(b[2:]))
	if total == 0 || total > len(b) { // 0: an offloaded segment of more than 64 KiB
		total = len(b)
	}
	if header < 20 || header > total {
		return network{}, false
	}
	place := binary.BigEndian.Uint16(b[6:])
	return network{
		source: netip.AddrFrom4([4]byte(b[12:16])), destination: netip.AddrFrom4([4]byte(b[16:20])),
		protocol: b[9], payload: b[header:total],
		offset: uint32(place&0x1fff) * 8, fragment: place&0x3fff != 0, id: uint32(binary.BigEndian.Uint16(b[4:])),
	}, true
}

func ipv6(b []byte) (network, bool) {
	if len(b) < 40 || b[0]>>4 != 6 {
		return network{}, false
	}
	n := network{source: netip.AddrFrom16([16]byte(b[8:24])), destination: netip.AddrFrom16([16]byte(b[24:40])), protocol: b[6]}
	length := int(binary.BigEndian.Uint16(b[4:]))
	n.payload = b[40:]
	if length > 0 && length < len(n.payload) {
		n.payload = n.payload[:length]
	}
	for {
		p := n.payload
		switch n.protocol {
		case 0, 43, 60: // hop-by-hop, routing, destination options (RFC 8200 section 4)
			if len(p) < 8 || len(p) < (int(p[1])+1)*8 {
				return network{}, false
			}
			n.protocol, n.payload = p[0], p[(int(p[1])+1)*8:]
		case 44: // fragment
			if len(p) < 8 {
				return network{}, false
			}
			place := binary.BigEndian.Uint16(p[2:])
			n.offset, n.fragment, n.id = uint32(place&^7), place&^6 != 0, binary.BigEndian.Uint32(p[4:])
			n.protocol, n.payload = p[0], p[8:]
			if n.offset > 0 {
				return n, true
			}
		default:
			return n, true
		}
	}
}

// checksum writes the transport's checksum, which stands at the given place, anew.
func (n network) checksum(at int) {
	field := n.payload[at : at+2]
	clear(field)
	var value uint16
	if n.protocol == protoICMP {
		value = sum(n.payload)
	} else {
		value = sum(n.source.AsSlice(), n.destination.AsSlice(), pseudo(n.protocol, len(n.payload)), n.payload)
	}
	if value == 0 && n.protocol == protoUDP {
		value = 0xffff
	}
	binary.BigEndian.PutUint16(field, value)
}

// pseudo is the tail of the pseudo header; IPv4's and IPv6's (RFC 8200 section 8.1) add up to the same.
func pseudo(protocol uint8, length int) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(length))
	return append(b, 0, protocol)
}
