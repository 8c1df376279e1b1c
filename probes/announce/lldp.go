package announce

import (
	"encoding/binary"
	"net"
	"net/netip"

	"trunktester/probes/facts"
)

// LLDP and CDP name the protocol of an announcement.
const (
	LLDP = "lldp"
	CDP  = "cdp"
)

// TLV types of IEEE 802.1AB section 8.
const (
	tlvEnd          = 0
	tlvChassis      = 1
	tlvPort         = 2
	tlvTTL          = 3
	tlvPortText     = 4
	tlvName         = 5
	tlvDescription  = 6
	tlvCapabilities = 7
	tlvOwn          = 127 // of an organisation
)

// Subtypes of organisations, with their numbers: the port's own VLAN (IEEE 802.1Q annex D) and the network policy of
// LLDP-MED (ANSI/TIA-1057 section 10.2.3).
const (
	portVLAN      = 0x0080c201
	networkPolicy = 0x0012bb02
	forVoice      = 1 // application type
)

// readLLDP reads one LLDP data unit; ok is false for what is none, and for the last one of a device that goes (a time
// to live of 0).
func readLLDP(b []byte) (a facts.Announcement, ok bool) {
	a.Protocol = LLDP
	var chassis string
	described := ""
	for len(b) >= 2 {
		head := binary.BigEndian.Uint16(b)
		kind, size := int(head>>9), int(head&0x1ff)
		if len(b) < 2+size {
			return a, false
		}
		value := b[2 : 2+size]
		b = b[2+size:]
		switch {
		case kind == tlvEnd:
			b = nil
		case kind == tlvChassis:
			chassis = identifier(value, 4, 5)
		case kind == tlvPort:
			a.Port = identifier(value, 3, 4)
		case kind == tlvTTL && size >= 2:
			ok = binary.BigEndian.Uint16(value) > 0
		case kind == tlvPortText:
			described = text(value)
		case kind == tlvName:
			a.Name = text(value)
		case kind == tlvOwn && size >= 4:
			organisation(&a, binary.BigEndian.Uint32(value), value[4:])
		}
	}
	if a.Name == "" {
		a.Name = chassis
	}
	if a.Port == "" {
		a.Port = described
	}
	return a, ok && chassis != ""
}

// identifier is a chassis or port identifier: a subtype, whose numbers for a hardware and for a network address are
// given, and a value.
func identifier(b []byte, hardware, network byte) string {
	if len(b) < 2 {
		return ""
	}
	value := b[1:]
	switch b[0] {
	case hardware:
		return net.HardwareAddr(value[:min(len(value), 8)]).String()
	case network:
		if addr, ok := netip.AddrFromSlice(value[1:]); ok { // after the address family
			return addr.String()
		}
	}
	return text(value)
}

func organisation(a *facts.Announcement, kind uint32, value []byte) {
	switch {
	case kind == portVLAN && len(value) >= 2:
		a.PortVLAN = number(int(binary.BigEndian.Uint16(value)))
	case kind == networkPolicy && len(value) >= 4 && value[0] == forVoice:
		policy := binary.BigEndian.Uint32(value)
		unknown, tagged := policy>>23&1 == 1, policy>>22&1 == 1
		if !unknown && tagged {
			a.VoiceVLAN = number(int(policy >> 9 & 0xfff))
		}
	}
}

// number is a VLAN that can be one (IEEE 802.1Q table 9-2), else nil.
func number(vlan int) *int {
	if vlan < 1 || vlan > 4094 {
		return nil
	}
	return &vlan
}
