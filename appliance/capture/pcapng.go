package capture

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
)

// Block types, option codes and constants of pcapng (draft-ietf-opsawg-pcapng, sections 3 and 4). The file is
// written here, not by gopacket/pcapgo, which brings every decoder of gopacket/layers into the program: 2 MB.
const (
	blockSection   = 0x0a0d0d0a
	blockInterface = 1
	blockPacket    = 6

	optionEnd         = 0
	optionComment     = 1 // of a section or a packet
	optionApplication = 4 // of a section
	optionName        = 2 // of an interface
	optionResolution  = 9 // of an interface: times count 10^-n s

	byteOrder     = 0x1a2b3c4d
	lengthUnknown = 1<<64 - 1 // of a section
	linkEthernet  = 1         // LINKTYPE_ETHERNET
	nanoseconds   = 9
)

// write writes records as one section with one interface, little-endian, times in ns since 1970.
func write(w io.Writer, name, comment string, records []record) error {
	out := bufio.NewWriter(w) // keeps its first error until Flush

	section := le32(nil, byteOrder)
	section = binary.LittleEndian.AppendUint16(section, 1) // version 1.0
	section = binary.LittleEndian.AppendUint16(section, 0)
	section = binary.LittleEndian.AppendUint64(section, lengthUnknown)
	section = option(section, optionApplication, "trunktester")
	section = option(section, optionComment, comment)
	block(out, blockSection, option(section, optionEnd, ""))

	iface := le32(nil, linkEthernet, 0) // no limit on the length of packets
	iface = option(iface, optionName, name)
	iface = option(iface, optionResolution, string([]byte{nanoseconds}))
	block(out, blockInterface, option(iface, optionEnd, ""))

	for _, r := range records {
		at, length := uint64(r.at.UnixNano()), uint32(len(r.data))
		packet := le32(nil, 0, uint32(at>>32), uint32(at), length, length)
		packet = padded(append(packet, r.data...))
		if r.caption != "" {
			packet = option(option(packet, optionComment, r.caption), optionEnd, "")
		}
		block(out, blockPacket, packet)
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write pcapng: %w", err)
	}
	return nil
}

// block writes a block whose body is padded already; its length stands before and behind it.
func block(w *bufio.Writer, kind uint32, body []byte) {
	const frame = 12
	length := uint32(len(body) + frame)
	w.Write(le32(nil, kind, length))
	w.Write(body)
	w.Write(le32(nil, length))
}

// option appends an option; a value longer than an option can hold is cut.
func option(b []byte, code uint16, value string) []byte {
	value = value[:min(len(value), 1<<16-1)]
	b = binary.LittleEndian.AppendUint16(b, code)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(value)))
	return padded(append(b, value...))
}

func le32(b []byte, words ...uint32) []byte {
	for _, word := range words {
		b = binary.LittleEndian.AppendUint32(b, word)
	}
	return b
}

// padded fills up to 32 bits.
func padded(b []byte) []byte { return append(b, make([]byte, -len(b)&3)...) }
