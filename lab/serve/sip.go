package serve

import (
	"bytes"
	"errors"
	"net/netip"
	"strconv"
	"strings"
)

// sipMessage is a SIP message (RFC 3261 section 7), split tolerantly: bare LF, folded lines and compact
// names are taken. Values are as received, without the space around them.
type sipMessage struct {
	start   string
	headers []sipHeader
	body    []byte
}

type sipHeader struct{ name, value string } // name in lower case, long form

var errNotSIP = errors.New("not a SIP message")

// compact forms (RFC 3261 section 7.3.3 and the IANA registry).
var compact = map[string]string{
	"v": "via", "f": "from", "t": "to", "m": "contact", "i": "call-id", "l": "content-length",
	"c": "content-type", "e": "content-encoding", "k": "supported", "s": "subject",
}

// parseSIP splits a message. Without a start line that speaks of SIP/2.0 it fails; other damage is kept
// for the caller to judge.
func parseSIP(b []byte) (sipMessage, error) {
	b = bytes.TrimLeft(b, "\r\n")
	head, body := b, []byte(nil)
	if i, n := headEnd(b); i >= 0 {
		head, body = b[:i], b[i+n:]
	}
	lines := strings.Split(string(head), "\n")
	m := sipMessage{start: strings.TrimRight(lines[0], "\r"), body: body}
	if !strings.HasPrefix(m.start, "SIP/2.0 ") && !strings.HasSuffix(m.start, " SIP/2.0") {
		return m, errNotSIP
	}
	for _, line := range lines[1:] {
		line = strings.TrimRight(line, "\r")
		if line != "" && (line[0] == ' ' || line[0] == '\t') && len(m.headers) > 0 {
			last := &m.headers[len(m.headers)-1]
			last.value += " " + strings.TrimSpace(line)
			continue
		}
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			continue
		}
		name = strings.ToLower(strings.TrimSpace(name))
		if long, ok := compact[name]; ok {
			name = long
		}
		m.headers = append(m.headers, sipHeader{name, strings.TrimSpace(value)})
	}
	return m, nil
}

// headEnd finds the empty line: its place and length, or -1.
func headEnd(b []byte) (at, length int) {
	at, length = bytes.Index(b, []byte("\r\n\r\n")), 4
	if bare := bytes.Index(b, []byte("\n\n")); bare >= 0 && (at < 0 || bare < at) {
		at, length = bare, 2
	}
	return at, length
}

// get is the first value of a header, "" without one.
func (m sipMessage) get(name string) string {
	for _, h := range m.headers {
		if h.name == name {
			return h.value
		}
	}
	return ""
}

// all is every value of a header; lists with commas are taken apart.
func (m sipMessage) all(name string) (values []string) {
	for _, h := range m.headers {
		if h.name == name {
			values = append(values, splitList(h.value, ',')...)
		}
	}
	return values
}

// request gives method and Request-URI, both "" for a response.
func (m sipMessage) request() (method, uri string) {
	parts := strings.Fields(m.start)
	if len(parts) < 3 || parts[0] == "SIP/2.0" {
		return "", ""
	}
	return parts[0], parts[1]
}

// status is the code of a response, 0 for a request.
func (m sipMessage) status() int {
	rest, ok := strings.CutPrefix(m.start, "SIP/2.0 ")
	if !ok || len(rest) < 3 {
		return 0
	}
	code, err := strconv.Atoi(rest[:3])
	if err != nil || code < 100 {
		return 0
	}
	return code
}

// splitList cuts at sep outside of quotes and angle brackets, and drops empty parts.
func splitList(s string, sep byte) (parts []string) {
	quoted, angle, from := false, false, 0
	cut := func(to int) {
		if part := strings.TrimSpace(s[from:to]); part != "" {
			parts = append(parts, part)
		}
		from = to + 1
	}
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '<':
			angle = true
		case c == '>':
			angle = false
		case c == sep && !angle:
			cut(i)
		}
	}
	cut(len(s))
	return parts
}

// params reads ;name=value pairs; names in lower case, quotes taken off.
func params(parts []string) map[string]string {
	ps := map[string]string{}
	for _, p := range parts {
		name, value, _ := strings.Cut(p, "=")
		ps[strings.ToLower(strings.TrimSpace(name))] = unquote(strings.TrimSpace(value))
	}
	return ps
}

// unquote takes the quotes and escapes off a quoted-string (RFC 3261 section 25.1).
func unquote(s string) string {
	if len(s) < 2 || s[0] != '"' || s[len(s)-1] != '"' {
		return s
	}
	s = s[1 : len(s)-1]
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// via is one Via value (RFC 3261 section 20.42).
type via struct {
	head   string // "SIP/2.0/UDP host:port", as received
	host   string // without brackets
	port   uint16 // 0: none given
	params []string
}

func parseVia(value string) (via, bool) {
	parts := splitList(value, ';')
	if len(parts) == 0 {
		return via{}, false
	}
	v := via{head: parts[0], params: parts[1:]}
	protocol := strings.SplitN(v.head, "/", 3)
	if len(protocol) != 3 {
		return via{}, false
	}
	fields := strings.Fields(protocol[2])
	if len(fields) < 2 {
		return via{}, false
	}
	v.host, v.port = hostPort(strings.Join(fields[1:], ""))
	return v, v.host != ""
}

// hostPort reads host[:port]; a port that is none reads as 0.
func hostPort(s string) (host string, port uint16) {
	rest := s
	if strings.HasPrefix(s, "[") {
		end := strings.IndexByte(s, ']')
		if end < 0 {
			return "", 0
		}
		host, rest = s[1:end], s[end+1:]
	} else if i := strings.LastIndexByte(s, ':'); i >= 0 {
		host, rest = s[:i], s[i:]
	} else {
		return s, 0
	}
	n, _ := strconv.ParseUint(strings.TrimPrefix(rest, ":"), 10, 16)
	return host, uint16(n)
}

// stamped is the Via as the server gives it back: received and rport filled in (RFC 3261 section
// 18.2.1, RFC 3581 section 4).
func (v via) stamped(source netip.AddrPort, s RegistrarSettings) string {
	sentBy, err := netip.ParseAddr(v.host)
	differs := err != nil || sentBy.Unmap() != source.Addr()
	out, asked := v.head, false
	for _, p := range v.params {
		name, value, _ := strings.Cut(p, "=")
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "received":
			continue // only the server may say it
		case "rport":
			if value == "" {
				asked, p = true, "rport="+strconv.Itoa(int(source.Port()))
			}
		}
		out += ";" + p
	}
	if !s.NoReceived && (differs || asked && !s.SparseReceived) {
		out += ";received=" + source.Addr().String()
	}
	return out
}

// replyTo is where a response over UDP goes (RFC 3261 section 18.2.2, RFC 3581 section 4).
func (v via) replyTo(source netip.AddrPort) netip.AddrPort {
	for _, p := range v.params {
		if strings.EqualFold(strings.TrimSpace(p), "rport") {
			return source
		}
	}
	if v.port != 0 {
		return netip.AddrPortFrom(source.Addr(), v.port)
	}
	return netip.AddrPortFrom(source.Addr(), 5060)
}

// nameAddr is a From, To or Contact value: its URI and the parameters behind it.
type nameAddr struct {
	uri    string
	params map[string]string
}

func parseNameAddr(value string) nameAddr {
	parts := splitList(value, ';')
	if len(parts) == 0 {
		return nameAddr{params: map[string]string{}}
	}
	uri := parts[0]
	if i := strings.LastIndexByte(uri, '<'); i >= 0 {
		uri = strings.TrimSuffix(uri[i+1:], ">")
	}
	return nameAddr{strings.TrimSpace(uri), params(parts[1:])}
}

// sipURI is scheme:user@host:port;params.
type sipURI struct {
	scheme, user, host string
	port               uint16
	rest               string // from the first ; or ? on
}

func parseURI(s string) sipURI {
	scheme, rest, ok := strings.Cut(s, ":")
	if !ok {
		return sipURI{host: s}
	}
	u := sipURI{scheme: strings.ToLower(scheme)}
	if i := strings.LastIndexByte(rest, '@'); i >= 0 {
		u.user, _, _ = strings.Cut(rest[:i], ":")
		rest = rest[i+1:]
	}
	if i := strings.IndexAny(rest, ";?"); i >= 0 {
		rest, u.rest = rest[:i], rest[i:]
	}
	u.host, u.port = hostPort(rest)
	return u
}
