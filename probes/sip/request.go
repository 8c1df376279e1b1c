package sip

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"trunktester/reflector/wire"
)

// Methods that may be sent to a trunk. An INVITE would ring somebody's telephone; a reflector makes no call of it. An UPDATE
// outside of any call is refused by everybody (RFC 3311 section 5.2: 481), and is the one message with a session
// description that rings nowhere.
const (
	OPTIONS  = "OPTIONS"
	REGISTER = "REGISTER"
	UPDATE   = "UPDATE"
	INVITE   = "INVITE" // to a reflector only

	ack = "ACK"
)

// ErrForbidden is the answer to a request that must never leave the box: any method but OPTIONS, REGISTER and
// UPDATE to anybody but a reflector, or "Contact: *", which would remove the PBX's own binding.
var ErrForbidden = errors.New("request is never sent to a trunk")

// Request is the template of one request. The order of the headers and every byte are ours: Via first,
// so that an ICMP error that quotes little still quotes it.
type Request struct {
	Method  string
	URI     string // Request-URI: "sip:example.net"
	SentBy  string // Via sent-by; "" is the socket's own address and port
	NoRPort bool   // leave the rport parameter out (RFC 3581)
	Branch  string // "" is a new one
	From    string // URI of the From header, without brackets
	FromTag string // "" is a new one
	To      string // URI of the To header
	ToTag   string // "" for none, as in every request outside a dialog
	CallID  string // "" is a new one
	CSeq    uint32 // 0 is 1
	Contact string // value of the Contact header; "" for none: a REGISTER then changes nothing (RFC 3261 section 10.2.3)
	Headers []Header
	Agent   string // User-Agent; "" is the dialer's
	Body    []byte
	Sends   int // most sends over UDP; 0 is the whole schedule of four
	Hops    int // over UDP: the time to live, so that the message ends at that hop; the socket keeps it; 0 is the usual

	// Canary says that silence is a finding and not a sign that the provider has begun to ignore us.
	Canary bool

	begun func() // called after the first send, and again at the end
}

// Token gives n random bytes in hexadecimal, for branches, tags and Call-IDs.
func Token(n int) string {
	b := make([]byte, n)
	rand.Read(b) // never fails (crypto/rand)
	return hex.EncodeToString(b)
}

// Filled gives the request with every empty identifier drawn and the sent-by set to the local address,
// so that the caller knows the bytes before they are sent.
func (r Request) Filled(local netip.AddrPort) Request {
	if r.SentBy == "" {
		r.SentBy = local.String()
	}
	if r.Branch == "" {
		r.Branch = "z9hG4bK" + Token(8) // RFC 3261 section 8.1.1.7
	}
	if r.FromTag == "" {
		r.FromTag = Token(4)
	}
	if r.CallID == "" {
		r.CallID = Token(10)
	}
	if r.CSeq == 0 {
		r.CSeq = 1
	}
	return r
}

// Bytes is the request as it goes over the wire; transport is "udp", "tcp" or "tls". It refuses with
// ErrForbidden what must never be sent, and anything that would break out of its line.
func (r Request) Bytes(transport string) ([]byte, error) {
	toReflector := strings.HasPrefix(r.URI, "sip:"+wire.User+"@") && (r.Method == INVITE || r.Method == ack)
	if r.Method != OPTIONS && r.Method != REGISTER && r.Method != UPDATE && !toReflector {
		return nil, fmt.Errorf("method %q: %w", r.Method, ErrForbidden)
	}
	if strings.TrimSpace(r.Contact) == "*" {
		return nil, fmt.Errorf("Contact %q: %w", r.Contact, ErrForbidden)
	}
	via := "SIP/2.0/" + strings.ToUpper(transport) + " " + r.SentBy
	if !r.NoRPort {
		via += ";rport"
	}
	to := "<" + r.To + ">"
	if r.ToTag != "" {
		to += ";tag=" + r.ToTag
	}
	headers := []Header{
		{"Via", via + ";branch=" + r.Branch},
		{"Max-Forwards", "70"},
		{"From", "<" + r.From + ">;tag=" + r.FromTag},
		{"To", to},
		{"Call-ID", r.CallID},
		{"CSeq", strconv.FormatUint(uint64(r.CSeq), 10) + " " + r.Method},
	}
	if r.Contact != "" {
		headers = append(headers, Header{"Contact", r.Contact})
	}
	headers = append(headers, r.Headers...)
	headers = append(headers, Header{"User-Agent", r.Agent}, Header{"Content-Length", strconv.Itoa(len(r.Body))})

	var b bytes.Buffer
	b.WriteString(r.Method + " " + r.URI + " SIP/2.0\r\n")
	if strings.ContainsAny(r.URI, " \r\n\t\x00") || r.URI == "" {
		return nil, fmt.Errorf("request-URI %q is not one word", r.URI)
	}
	for _, h := range headers {
		if strings.ContainsAny(h.Name+h.Value, "\r\n\x00") {
			return nil, fmt.Errorf("header %s holds a line break", strings.Map(printable, h.Name))
		}
		if strings.EqualFold(canonical(h.Name), "Contact") && strings.TrimSpace(h.Value) == "*" {
			return nil, fmt.Errorf("Contact %q: %w", h.Value, ErrForbidden)
		}
		b.WriteString(h.Name + ": " + h.Value + "\r\n")
	}
	b.WriteString("\r\n")
	b.Write(r.Body)
	return b.Bytes(), nil
}

// credentials says whether the request carries a digest.
func (r Request) credentials() bool {
	for _, h := range r.Headers {
		if strings.EqualFold(h.Name, "Authorization") || strings.EqualFold(h.Name, "Proxy-Authorization") {
			return true
		}
	}
	return false
}

func printable(r rune) rune {
	if r < ' ' || r == 0x7f {
		return '?'
	}
	return r
}
