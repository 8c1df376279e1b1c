package serve

import (
	"encoding/binary"
	"net"
)

// Announcement is what a switch says about itself and one socket.
type Announcement struct {
	Name, Port string
	Voice      uint16 // VLAN of the phones' tagged frames, 0 for none
	Untagged   uint16 // VLAN of frames without a tag, 0 for not told
}

// LLDP is the announcement as a frame of IEEE 802.1AB, from the switch's hardware address.
func (a Announcement) LLDP(from net.HardwareAddr) []byte {
	frame := ethernet([]byte{0x01, 0x80, 0xc2, 0, 0, 0x0e}, from, 0x88cc)
	tlv := func(kind int, value ...byte) {
		frame = binary.BigEndian.AppendUint16(frame, uint16(kind<<9|len(value)))
		frame = append(frame, value...)
	}
	tlv(1, append([]byte{4}, from...)...)   // chassis: a hardware address
	tlv(2, append([]byte{5}, a.Port...)...) // port: the interface's name
	tlv(3, 0, 120)                          // good for two minutes
	tlv(5, []byte(a.Name)...)               // system's name
	if a.Untagged != 0 {                    // port VLAN, of IEEE 802.1
		tlv(127, 0x00, 0x80, 0xc2, 1, byte(a.Untagged>>8), byte(a.Untagged))
	}
	if a.Voice != 0 { // network policy of LLDP-MED: voice, known, tagged, priority 5, DSCP 46
		policy := 1<<22 | uint32(a.Voice)<<9 | 5<<6 | 46
		tlv(127, 0x00, 0x12, 0xbb, 2, 1, byte(policy>>16), byte(policy>>8), byte(policy))
	}
	tlv(0)
	return frame
}

// CDP is the announcement as a frame of Cisco's own protocol, version 2.
func (a Announcement) CDP(from net.HardwareAddr) []byte {
	body := []byte{0xaa, 0xaa, 0x03, 0x00, 0x00, 0x0c, 0x20, 0x00, 2, 180, 0, 0} // LLC, SNAP, version, seconds, checksum
	field := func(kind uint16, value ...byte) {
		body = binary.BigEndian.AppendUint16(body, kind)
		body = binary.BigEndian.AppendUint16(body, uint16(4+len(value)))
		body = append(body, value...)
	}
	field(0x0001, []byte(a.Name)...)
	field(0x0003, []byte(a.Port)...)
	if a.Untagged != 0 {
		field(0x000a, byte(a.Untagged>>8), byte(a.Untagged))
	}
	if a.Voice != 0 {
		field(0x000e, 1, byte(a.Voice>>8), byte(a.Voice))
	}
	binary.BigEndian.PutUint16(body[10:], checksum(body[8:]))
	return append(ethernet([]byte{0x01, 0x00, 0x0c, 0xcc, 0xcc, 0xcc}, from, uint16(len(body))), body...) // 802.3: a length
}

// LoginRequest is the frame with which a socket asks for a network login: an EAP request for an identity (IEEE 802.1X,
// RFC 3748 section 5.1).
func LoginRequest(from net.HardwareAddr) []byte {
	return append(ethernet([]byte{0x01, 0x80, 0xc2, 0, 0, 0x03}, from, 0x888e),
		2, 0, 0, 5, // version, EAP, length
		1, 1, 0, 5, 1) // request, its number, length, identity
}

// Broadcast is what any device sends now and then: it asks for an address by ARP. vlan is its tag, 0 for none.
func Broadcast(from net.HardwareAddr, vlan uint16) []byte {
	frame := append([]byte{255, 255, 255, 255, 255, 255}, from...)
	if vlan != 0 {
		frame = binary.BigEndian.AppendUint16(append(frame, 0x81, 0x00), 5<<13|vlan)
	}
	frame = append(frame, 0x08, 0x06, 0, 1, 8, 0, 6, 4, 0, 1)
	frame = append(append(frame, from...), 10, 20, 0, 1)
	return append(frame, 0, 0, 0, 0, 0, 0, 10, 20, 0, 2)
}

func ethernet(to, from []byte, kind uint16) []byte {
	return binary.BigEndian.AppendUint16(append(append([]byte(nil), to...), from...), kind)
}

// checksum is that of RFC 1071.
func checksum(b []byte) uint16 {
	var sum uint32
	for i := 0; i < len(b); i += 2 {
		word := uint32(b[i]) << 8
		if i+1 < len(b) {
			word |= uint32(b[i+1])
		}
		sum += word
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}
