package reflector

import (
	"bytes"
	"hash/fnv"
	"net/netip"
	"strconv"
	"strings"

	"trunktester/reflector/wire"
)

// arrival is how a request came in.
type arrival struct {
	from      netip.AddrPort
	transport string // "udp", "tcp" or "tls"
	tos       int    // -1: not seen
	framing   wire.Framing
}

// status is the status line's code and reason.
//
// Nothing may stay open after a reply. A 2xx to INVITE, SUBSCRIBE or REFER would make a dialog (RFC 3261
// section 12.1, RFC 6665, RFC 3515), and a 2xx to INVITE an ACK and retransmissions without end: they get
// 488, "not acceptable here", which is true. Requests that belong inside a dialog get 481, as there is none
// (RFC 3261 section 12.2.2). A 200 to REGISTER lists no Contact, so that nothing is registered.
func status(method string) string {
	switch strings.ToUpper(method) {
	case "INVITE", "SUBSCRIBE", "REFER":
		return "488 Not Acceptable Here"
	case "BYE", "CANCEL", "PRACK", "UPDATE", "INFO", "NOTIFY":
		return "481 Call/Transaction Does Not Exist"
	}
	return "200 OK"
}

// reply builds the response, never longer than wire.Most: where the reflection is too long beside the header
// fields that a response must repeat, only the facts are told.
func reply(r request, a arrival, refused []string) []byte {
	facts := wire.Reflection{
		Source: a.from, Transport: a.transport, TOS: a.tos, Framing: a.framing,
		Length: len(r.raw), Refused: refused, Message: r.raw,
	}
	most := wire.Most(len(r.raw))
	if !r.wish.FactsOnly {
		if b := response(r, a, facts, most); len(b) <= most {
			return b
		}
		facts.Refused = append(facts.Refused, "message")
	}
	facts.Message, facts.Sum = nil, wire.Sum(r.raw)
	// All that is repeated is in the request once, longer by at most a byte a line; the rest is shorter than 450 bytes.
	return response(r, a, facts, most)
}

// response is the whole response, padded as the caller wishes but not beyond most bytes.
func response(r request, a arrival, facts wire.Reflection, most int) []byte {
	head := make([]byte, 0, most)
	head = append(head, "SIP/2.0 "+status(r.method)+"\r\n"...)
	repeated := map[string]bool{}
	for field := range r.fields {
		name := fieldName(field)
		switch first := !repeated[name]; {
		case name == "via" && first:
			head = appendField(head, stamped(field, a.from))
		case name == "via", first && (name == "from" || name == "call-id" || name == "cseq"):
			head = appendField(head, field)
		case first && name == "to":
			head = append(head, field...)
			if !bytes.Contains(bytes.ToLower(field), []byte("tag=")) {
				head = append(head, ";tag="+tag(r)...)
			}
			head = append(head, "\r\n"...)
		}
		repeated[name] = true
	}
	head = append(head, "Content-Type: text/plain\r\nContent-Length: "...)

	if r.wish.Pad > most {
		facts.Refused = append(facts.Refused, "pad")
	}
	body := facts.Encoded()
	want := min(r.wish.Pad, most)
	pad := want - len(head) - len(strconv.Itoa(want)) - len("\r\n\r\n") - len(body)
	if pad > 0 {
		body = append(body, "\r\n"...)
		body = append(body, bytes.Repeat([]byte("."), max(pad-2, 0))...)
	}
	head = strconv.AppendInt(head, int64(len(body)), 10)
	return append(append(head, "\r\n\r\n"...), body...)
}

// appendField writes a header field as it came, with the line end that a response has.
func appendField(b, field []byte) []byte { return append(append(b, field...), "\r\n"...) }

// stamped is the topmost Via as the server gives it back: received always, and rport where it was asked for (RFC
// 3261 section 18.2.1, RFC 3581 section 4). A received that came with the request is left out: only the server
// may say it; so is an rport after the first.
func stamped(field []byte, from netip.AddrPort) []byte {
	hop, others, several := bytes.Cut(field, []byte(",")) // a comma list: the first is the topmost
	var b []byte
	told := false
	for i, param := range bytes.Split(hop, []byte(";")) {
		name, _, _ := bytes.Cut(param, []byte("="))
		switch trimmed := bytes.TrimSpace(name); {
		case i == 0:
			b = append(b, param...)
			continue
		case bytes.EqualFold(trimmed, []byte("received")), bytes.EqualFold(trimmed, []byte("rport")) && told:
			continue
		case bytes.EqualFold(trimmed, []byte("rport")):
			told = true
			param = strconv.AppendInt([]byte("rport="), int64(from.Port()), 10)
		}
		b = append(append(b, ';'), param...)
	}
	b = append(bytes.TrimRight(b, " \t\r\n"), ";received="+from.Addr().String()...)
	if several {
		b = append(append(b, ','), others...)
	}
	return b
}

// tag is the To tag: the same for a retransmission, and at every reflector, without any state.
func tag(r request) string {
	sum := fnv.New64a()
	for field := range r.fields {
		switch fieldName(field) {
		case "call-id", "cseq", "from":
			sum.Write(field)
		}
	}
	return strconv.FormatUint(sum.Sum64(), 36)
}
