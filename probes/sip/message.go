// Package sip is SIP on the wire: our own bytes out, whatever bytes come in, and the ICMP errors beside
// them. It judges nothing, answers no challenge and keeps every byte, so that a device which rewrites
// SIP cannot hide behind a parser. Conduct sees to it that the provider is treated politely.
package sip

import (
	"bytes"
	"strconv"
	"strings"
	"time"
)

// Header is one header field; the name as it was written, the value unfolded and trimmed.
type Header struct{ Name, Value string }

// Message is whatever came, split. A field that could not be found is zero; nothing is refused.
type Message struct {
	Raw     []byte // verbatim
	Start   string // the start line
	Code    int    // 100 to 699 of a response, 0 of anything else
	Reason  string // control characters replaced: it is shown to people
	Method  string // of a request, "" otherwise
	URI     string
	Headers []Header // in order
	Body    []byte   // everything after the blank line, whatever Content-Length says
}

// Split takes a message apart tolerantly: bare LF, folded lines (RFC 3261 section 7.3.1), compact names,
// space before the colon, lines without a colon (kept as a Header without a name), leading blank lines.
// It keeps a copy of raw.
func Split(raw []byte) *Message {
	m := &Message{Raw: bytes.Clone(raw)}
	rest := bytes.TrimLeft(m.Raw, "\r\n")
	line, rest := cutLine(rest)
	m.start(string(line))
	for len(rest) > 0 {
		line, rest = cutLine(rest)
		if len(line) == 0 {
			m.Body = rest
			break
		}
		if n := len(m.Headers); (line[0] == ' ' || line[0] == '\t') && n > 0 {
			m.Headers[n-1].Value = strings.TrimSpace(m.Headers[n-1].Value + " " + string(bytes.TrimSpace(line)))
			continue
		}
		name, value, found := strings.Cut(string(line), ":")
		if !found {
			name, value = "", string(line)
		}
		m.Headers = append(m.Headers, Header{strings.TrimSpace(name), strings.TrimSpace(value)})
	}
	return m
}

// cutLine gives the first line without its end, and what follows.
func cutLine(b []byte) (line, rest []byte) {
	line, rest, _ = bytes.Cut(b, []byte("\n"))
	return bytes.TrimSuffix(line, []byte("\r")), rest
}

func (m *Message) start(line string) {
	m.Start = line
	first, after, _ := strings.Cut(line, " ")
	if strings.EqualFold(first, "SIP/2.0") {
		code, reason, _ := strings.Cut(strings.TrimLeft(after, " "), " ")
		if n, err := strconv.Atoi(code); err == nil && len(code) == 3 && n >= 100 && n <= 699 {
			m.Code, m.Reason = n, strings.Map(printable, strings.TrimSpace(reason))
		}
		return
	}
	if uri, version, ok := strings.Cut(strings.TrimSpace(after), " "); ok && strings.EqualFold(strings.TrimSpace(version), "SIP/2.0") {
		m.Method, m.URI = first, uri
	}
}

// compact names of RFC 3261 section 7.3.3 and its extensions.
var compact = map[string]string{
	"v": "Via", "f": "From", "t": "To", "i": "Call-ID", "m": "Contact", "l": "Content-Length",
	"c": "Content-Type", "k": "Supported", "s": "Subject", "e": "Content-Encoding",
}

func canonical(name string) string {
	if long, ok := compact[strings.ToLower(name)]; ok {
		return long
	}
	return name
}

// Values are the values of every header of that name, compact form included, in order.
func (m *Message) Values(name string) []string {
	var values []string
	for _, h := range m.Headers {
		if strings.EqualFold(canonical(h.Name), name) {
			values = append(values, h.Value)
		}
	}
	return values
}

// Get is the value of the first header of that name, "" when there is none.
func (m *Message) Get(name string) string {
	if v := m.Values(name); len(v) > 0 {
		return v[0]
	}
	return ""
}

// CSeq is the sequence number and the method; 0 and "" when it cannot be read.
func (m *Message) CSeq() (uint32, string) {
	number, method, _ := strings.Cut(m.Get("CSeq"), " ")
	n, err := strconv.ParseUint(number, 10, 32)
	if err != nil {
		return 0, ""
	}
	return uint32(n), strings.TrimSpace(method)
}

// Date is the Date header (RFC 3261 section 20.17), nil when there is none that can be read.
func (m *Message) Date() *time.Time {
	for _, layout := range []string{time.RFC1123, "Mon, _2 Jan 2006 15:04:05 MST", time.RFC1123Z} {
		if t, err := time.Parse(layout, m.Get("Date")); err == nil {
			t = t.UTC()
			return &t
		}
	}
	return nil
}

// RetryAfter is the Retry-After header: its leading seconds, without comment and parameters (RFC 3261
// section 20.33). 0 when there is none; a year at most.
func (m *Message) RetryAfter() time.Duration {
	v := m.Get("Retry-After")
	end := strings.IndexFunc(v, func(r rune) bool { return r < '0' || r > '9' })
	if end < 0 {
		end = len(v)
	}
	n, err := strconv.ParseUint(v[:end], 10, 32)
	if err != nil {
		return 0
	}
	return min(time.Duration(n)*time.Second, 365*24*time.Hour)
}
