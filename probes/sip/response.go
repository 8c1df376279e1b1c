package sip

import (
	"bytes"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// Respond makes the response to a request that came from there (RFC 3261 section 8.2.6): Via with received and
// rport filled in (section 18.2.1, RFC 3581 section 4), a To with this tag, and the headers given.
func (m *Message) Respond(code int, reason, tag string, from netip.AddrPort, headers ...Header) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "SIP/2.0 %d %s\r\n", code, reason)
	for i, via := range m.Values("Via") {
		if i == 0 {
			via = stamped(via, from)
		}
		fmt.Fprintf(&b, "Via: %s\r\n", via)
	}
	to := m.Get("To")
	if _, tagged := parseContact(to).Params.Get("tag"); !tagged && code > 100 {
		to += ";tag=" + tag
	}
	fmt.Fprintf(&b, "From: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %s\r\n", m.Get("From"), to, m.Get("Call-ID"), m.Get("CSeq"))
	for _, h := range headers {
		fmt.Fprintf(&b, "%s: %s\r\n", h.Name, h.Value)
	}
	b.WriteString("Content-Length: 0\r\n\r\n")
	return b.Bytes()
}

// stamped is a Via header whose first hop says where the request came from.
func stamped(header string, from netip.AddrPort) string {
	hops := splitOutside(header, ',')
	parts := splitOutside(hops[0], ';')
	kept := []string{parts[0]}
	asked := false
	for _, p := range parts[1:] {
		name, _, _ := strings.Cut(p, "=")
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "received":
		case "rport":
			asked = true
		default:
			kept = append(kept, p)
		}
	}
	if asked {
		kept = append(kept, "rport="+strconv.Itoa(int(from.Port())))
	}
	hops[0] = strings.Join(append(kept, "received="+from.Addr().String()), ";")
	return strings.Join(hops, ",")
}

// ReplyTo is where the response over UDP goes: back to the source, else to the port that the request names
// (RFC 3261 section 18.2.2, RFC 3581 section 4). It never leaves the address that the request came from.
func (m *Message) ReplyTo(from netip.AddrPort) netip.AddrPort {
	via := m.Via()
	if _, asked := via.Params.Get("rport"); asked {
		return from
	}
	port := uint16(5060)
	if i := strings.LastIndexByte(via.SentBy, ':'); i >= 0 && !strings.HasSuffix(via.SentBy, "]") {
		if n, err := strconv.ParseUint(via.SentBy[i+1:], 10, 16); err == nil && n > 0 {
			port = uint16(n)
		}
	}
	return netip.AddrPortFrom(from.Addr(), port)
}
