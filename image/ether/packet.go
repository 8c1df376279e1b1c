package ether

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
)

// kind is the type of a packet of the usbredir protocol (usbredirproto.h, version 0.7).
type kind uint32

// The packets that an adapter meets. Those of isochronous and bulk transfers are not among them: see endpoints.
const (
	kindHello               kind = 0
	kindConnect             kind = 1
	kindReset               kind = 3
	kindInterfaces          kind = 4
	kindEndpoints           kind = 5
	kindSetConfiguration    kind = 6
	kindGetConfiguration    kind = 7
	kindConfigurationStatus kind = 8
	kindSetAlternate        kind = 9
	kindGetAlternate        kind = 10
	kindAlternateStatus     kind = 11
	kindStartInterrupts     kind = 15
	kindStopInterrupts      kind = 16
	kindInterruptsStatus    kind = 17
	kindControl             kind = 100
	kindInterrupt           kind = 103
)

// capabilities of ours, as bits: the connect packet has a device version (1), the endpoint packet has sizes (4), and
// packets have 64 bits of ID once both sides have said hello (5).
const capabilities uint32 = 1<<1 | 1<<4 | capWideIDs

const capWideIDs uint32 = 1 << 5

const (
	statusSuccess byte = 0
	statusStall   byte = 4
)

// longest is the largest body taken, in bytes: a header and 64 KiB of data.
const longest = 1<<16 + 1<<8

// packet is one packet of the protocol; the ID is that of the request it answers.
type packet struct {
	kind kind
	id   uint64
	body []byte
}

// readPacket reads one packet; wide says whether IDs have 64 bits. The error is io.EOF between packets only.
func readPacket(r io.Reader, wide bool) (packet, error) {
	head := make([]byte, 12, 16)
	if wide {
		head = head[:16]
	}
	if _, err := io.ReadFull(r, head); err != nil {
		return packet{}, err
	}
	p := packet{kind: kind(binary.LittleEndian.Uint32(head))}
	if wide {
		p.id = binary.LittleEndian.Uint64(head[8:])
	} else {
		p.id = uint64(binary.LittleEndian.Uint32(head[8:]))
	}
	size := binary.LittleEndian.Uint32(head[4:])
	if size > longest {
		return packet{}, fmt.Errorf("usbredir packet of type %d with %d bytes: more than %d", p.kind, size, longest)
	}
	p.body = make([]byte, size)
	if _, err := io.ReadFull(r, p.body); err != nil {
		return packet{}, fmt.Errorf("usbredir packet of type %d: %w", p.kind, noEOF(err))
	}
	return p, nil
}

// noEOF tells a packet that was cut off from an end between two.
func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// append writes the packet behind b.
func (p packet) append(b []byte, wide bool) []byte {
	b = binary.LittleEndian.AppendUint32(b, uint32(p.kind))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(p.body)))
	if wide {
		b = binary.LittleEndian.AppendUint64(b, p.id)
	} else {
		b = binary.LittleEndian.AppendUint32(b, uint32(p.id&math.MaxUint32))
	}
	return append(b, p.body...)
}

// versionBytes is the length of the name that a hello begins with.
const versionBytes = 64

func hello(caps uint32) packet {
	body := make([]byte, versionBytes)
	copy(body, "trunktester")
	return packet{kind: kindHello, body: binary.LittleEndian.AppendUint32(body, caps)}
}

// parseHello reads the first 32 capabilities; an old peer has none.
func parseHello(p packet) (caps uint32, err error) {
	if p.kind != kindHello || len(p.body) < versionBytes {
		return 0, fmt.Errorf("usbredir packet of type %d with %d bytes instead of a hello", p.kind, len(p.body))
	}
	if len(p.body) < versionBytes+4 {
		return 0, nil
	}
	return binary.LittleEndian.Uint32(p.body[versionBytes:]), nil
}

// control is a control transfer: the request as in the USB 2.0 specification, section 9.3, and its data.
type control struct {
	endpoint, request, requestType, status byte
	value, index, length                   uint16
	data                                   []byte
}

const controlBytes = 10

func parseControl(body []byte) (control, error) {
	if len(body) < controlBytes {
		return control{}, fmt.Errorf("usbredir control packet of %d bytes", len(body))
	}
	number := binary.LittleEndian.Uint16
	return control{endpoint: body[0], request: body[1], requestType: body[2], status: body[3],
		value: number(body[4:]), index: number(body[6:]), length: number(body[8:]), data: body[controlBytes:]}, nil
}

func (c control) packet(id uint64) packet {
	b := bytes.NewBuffer([]byte{c.endpoint, c.request, c.requestType, c.status})
	for _, n := range []uint16{c.value, c.index, c.length} {
		b.Write(binary.LittleEndian.AppendUint16(nil, n))
	}
	b.Write(c.data)
	return packet{kind: kindControl, id: id, body: b.Bytes()}
}

// interrupt is one USB packet of an endpoint of that type.
type interrupt struct {
	endpoint, status byte
	data             []byte
}

const interruptBytes = 4

// parseInterrupt goes by the packet's own length: the length field repeats it.
func parseInterrupt(body []byte) (interrupt, error) {
	if len(body) < interruptBytes {
		return interrupt{}, fmt.Errorf("usbredir interrupt packet of %d bytes", len(body))
	}
	return interrupt{endpoint: body[0], status: body[1], data: body[interruptBytes:]}, nil
}

func (i interrupt) packet(id uint64) packet {
	body := binary.LittleEndian.AppendUint16([]byte{i.endpoint, i.status}, uint16(len(i.data)))
	return packet{kind: kindInterrupt, id: id, body: append(body, i.data...)}
}
