package capture

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"

	"trunktester/probes/sip"
)

// redact overwrites the secrets of SIP in place, with the same length, and mends the checksums of what it
// changed. Every protocol is searched, since an ICMP error quotes our requests as well.
func redact(records []record) {
	streams := map[flow][]piece{}
	for i, r := range records {
		if p, ok := dissect(i, r.data); ok {
			streams[p.flow] = append(streams[p.flow], p)
		}
	}
	for _, pieces := range streams {
		redactStream(pieces)
	}
}

// piece is a packet's part of a byte stream: of one direction of a TCP connection, of a fragmented
// datagram, or of one packet alone.
type piece struct {
	flow  flow
	at    uint32 // position in the stream; TCP's wraps around
	start bool   // the stream begins here
	data  []byte // within the packet
	mend  func() // computes the packet's checksum anew
}

// redactStream joins the pieces in their order, so that a secret which is cut by a segment's end is found.
func redactStream(pieces []piece) {
	origin := pieces[0].at
	slices.SortStableFunc(pieces, func(a, b piece) int { return cmp.Compare(int32(a.at-origin), int32(b.at-origin)) })
	base := pieces[0].at
	changed := make([]bool, len(pieces))
	for from := 0; from < len(pieces); {
		begin := int(pieces[from].at - base)
		to, end := from, begin
		for to < len(pieces) && int(pieces[to].at-base) <= end {
			end = max(end, int(pieces[to].at-base)+len(pieces[to].data))
			to++
		}
		redactRun(pieces[from:to], changed[from:to], base+uint32(begin), end-begin)
		from = to
	}
	datagram := pieces[0].flow.fragments && slices.Contains(changed, true)
	for i, p := range pieces {
		if changed[i] || datagram {
			p.mend()
		}
	}
}

// redactRun handles pieces without a gap between them: what is secret in the whole is blanked in each.
func redactRun(pieces []piece, changed []bool, base uint32, length int) {
	stream := make([]byte, length)
	whole := false
	for _, p := range pieces {
		copy(stream[p.at-base:], p.data)
		whole = whole || p.start
	}
	clean := []byte(sip.Redact(string(stream)))
	if !whole {
		blankRest(clean)
	}
	for i, p := range pieces {
		offset := int(p.at - base)
		for j := range p.data {
			if clean[offset+j] != stream[offset+j] && p.data[j] != '*' {
				p.data[j], changed[i] = '*', true
			}
		}
		// A segment that was sent again with other bytes is searched by itself.
		if alone := []byte(sip.Redact(string(p.data))); !bytes.Equal(alone, p.data) {
			copy(p.data, alone)
			changed[i] = true
		}
	}
}

// blankRest blanks the first line of a text whose beginning is lost: it may be the rest of a secret.
func blankRest(stream []byte) {
	line, _, _ := bytes.Cut(stream, []byte("\n"))
	binary := func(r rune) bool { return r < ' ' && r != '\r' && r != '\t' || r >= 0x7f }
	if bytes.ContainsFunc(line, binary) {
		return
	}
	for i := range line {
		if line[i] != '\r' {
			line[i] = '*'
		}
	}
}

// sum is the Internet checksum (RFC 1071) over the parts, each of even length but the last.
func sum(parts ...[]byte) uint16 {
	var s uint32
	for _, b := range parts {
		for ; len(b) > 1; b = b[2:] {
			s += uint32(binary.BigEndian.Uint16(b))
		}
		if len(b) == 1 {
			s += uint32(b[0]) << 8
		}
	}
	for s > 0xffff {
		s = s>>16 + s&0xffff
	}
	return ^uint16(s)
}
