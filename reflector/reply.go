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
// fields that a response must repeat, only the facts are told. Where even those are too long, it is nil.
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
	if b := response(r, a, facts, most); len(b) <= most {
		return b
	}
	return nil
}

// response is the whole response, padded as the caller wishes but not beyond most bytes.
func response(r request, a arrival, facts wire.Reflection, most int) []byte {
	head := make([]byte, 0, most)
	head = append(head, "SIP/2.0 "+status(r.method)+"\r\n"...)
	top := true
	for field := range r.fields {
		switch name(field) {
		case "via":
			head = appendField(head, field)
			if top {
				head = append(trimEnd(head), stamp(a.from, head)...)
			}
			top = false
		case "to":
			head = appendField(head, field)
			if !bytes.Contains(bytes.ToLower(field), []byte("tag=")) {
				head = append(trimEnd(head), ";tag="+tag(r)+"\r\n"...)
			}
		case "from", "call-id", "cseq":
			head = appendField(head, field)
		}
	}
	head = append(head, "Content-Type: text/plain\r\nContent-Length: "...)

	short := r.wish.Pad - most
	if short > 0 {
		facts.Refused = append(facts.Refused, "pad")
	}
	body := facts.Encoded()
	const lengthEnd = len("12345\r\n\r\n")
	if pad := min(r.wish.Pad, most) - len(head) - lengthEnd - len(body); pad > 2 {
		body = append(body, "\r\n"...)
		body = append(body, bytes.Repeat([]byte("."), pad-2)...)
	}
	head = strconv.AppendInt(head, int64(len(body)), 10)
	return append(append(head, "\r\n\r\n"...), body...)
}

// appendField writes a header field as it came, with the line end that a response has.
func appendField(b, field []byte) []byte { return append(append(b, field...), "\r\n"...) }

func trimEnd(b []byte) []byte { return bytes.TrimRight(b, "\r\n \t") }

// stamp is what is added to the topmost Via: received always, rport where it was asked for (RFC 3261 section
// 18.2.1, RFC 3581 section 4). An rport with a value is left alone: the caller did not ask.
func stamp(from netip.AddrPort, head []byte) string {
	line := head[bytes.LastIndexByte(head[:len(head)-2], '\n')+1:]
	text := ";received=" + from.Addr().String()
	for param := range bytes.SplitSeq(line, []byte(";")) {
		if strings.EqualFold(string(bytes.TrimSpace(param)), "rport") {
			text += ";rport=" + strconv.Itoa(int(from.Port()))
		}
	}
	return text + "\r\n"
}

// tag is the To tag: the same for a retransmission, and at every reflector, without any state.
func tag(r request) string {
	sum := fnv.New64a()
	for field := range r.fields {
		switch name(field) {
		case "call-id", "cseq", "from":
			sum.Write(field)
		}
	}
	return strconv.FormatUint(sum.Sum64(), 36)
}
