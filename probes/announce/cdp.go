package announce

import (
	"bytes"
	"encoding/binary"

	"trunktester/probes/facts"
)

// cdpHeader is LLC with SNAP, Cisco's number and the protocol (Cisco's "CDP packet format").
var cdpHeader = []byte{0xaa, 0xaa, 0x03, 0x00, 0x00, 0x0c, 0x20, 0x00}

// CDP's types.
const (
	cdpDevice     = 0x0001
	cdpPort       = 0x0003
	cdpNativeVLAN = 0x000a
	cdpVoiceVLAN  = 0x000e
)

// readCDP reads the payload of an 802.3 frame; ok is false for what is no CDP, and for a device that goes.
func readCDP(b []byte) (a facts.Announcement, ok bool) {
	a.Protocol = CDP
	if len(b) < len(cdpHeader)+4 || !bytes.Equal(b[:len(cdpHeader)], cdpHeader) {
		return a, false
	}
	b = b[len(cdpHeader):]
	ok = b[1] > 0                 // seconds that it is good for
	for b = b[4:]; len(b) >= 4; { // after version, time to live and checksum
		kind, size := binary.BigEndian.Uint16(b), int(binary.BigEndian.Uint16(b[2:]))
		if size < 4 || size > len(b) {
			break // the padding of a short frame
		}
		value := b[4:size]
		b = b[size:]
		switch {
		case kind == cdpDevice:
			a.Name = text(value)
		case kind == cdpPort:
			a.Port = text(value)
		case kind == cdpNativeVLAN && len(value) >= 2:
			a.PortVLAN = number(int(binary.BigEndian.Uint16(value)))
		case kind == cdpVoiceVLAN && len(value) >= 3:
			a.VoiceVLAN = number(int(binary.BigEndian.Uint16(value[1:])))
		}
	}
	return a, ok && a.Name != ""
}
