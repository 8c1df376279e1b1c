package sip

import (
	"net/netip"
	"strconv"
	"strings"
)

// Param is one parameter; Value is unquoted and "" for a flag.
type Param struct{ Name, Value string }

// Params are parameters in order.
type Params []Param

// Get is the value of a parameter, and whether it is there.
func (p Params) Get(name string) (string, bool) {
	for _, q := range p {
		if strings.EqualFold(q.Name, name) {
			return q.Value, true
		}
	}
	return "", false
}

// splitOutside cuts s at every sep that stands outside of quoted strings and angle brackets.
func splitOutside(s string, sep byte) []string {
	var parts []string
	start, depth, quoted := 0, 0, false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '<':
			depth++
		case c == '>' && depth > 0:
			depth--
		case c == sep && depth == 0:
			parts = append(parts, s[start:i])
			start = i + 1
		}
	}
	return append(parts, s[start:])
}

// unquote takes the quotes and backslashes of a quoted string away; anything else stays as it is.
func unquote(s string) string {
	s = strings.TrimSpace(s)
	if len(s) == 0 || s[0] != '"' {
		return s
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		if s[i] == '"' {
			break
		}
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// params reads name=value parts; empty parts are left out.
func params(parts []string) Params {
	var ps Params
	for _, part := range parts {
		name, value, _ := strings.Cut(part, "=")
		if name = strings.TrimSpace(name); name != "" {
			ps = append(ps, Param{name, unquote(value)})
		}
	}
	return ps
}

// Via is one hop of a Via header.
type Via struct {
	Transport string // "UDP"
	SentBy    string // host or host:port, as written
	Params    Params
}

// Vias are all hops, topmost first, comma lists taken apart.
func (m *Message) Vias() []Via {
	var vias []Via
	for _, value := range m.Values("Via") {
		for _, hop := range splitOutside(value, ',') {
			if strings.TrimSpace(hop) != "" {
				vias = append(vias, parseVia(hop))
			}
		}
	}
	return vias
}

// Via is the topmost hop, zero when there is none.
func (m *Message) Via() Via {
	if v := m.Vias(); len(v) > 0 {
		return v[0]
	}
	return Via{}
}

func parseVia(hop string) Via {
	parts := splitOutside(hop, ';')
	// "SIP / 2.0 / UDP host" is legal (RFC 4475 section 3.1.1.1): the third word after the slashes counts.
	slashed := strings.SplitN(parts[0], "/", 3)
	words := strings.Fields(slashed[len(slashed)-1])
	v := Via{Params: params(parts[1:])}
	if len(words) > 0 {
		v.Transport = words[0]
		v.SentBy = strings.Join(words[1:], "") // "host : port" is legal as well
	}
	return v
}

// Received is the received parameter; zero when there is none or it is no address.
func (v Via) Received() netip.Addr {
	s, _ := v.Params.Get("received")
	a, _ := netip.ParseAddr(strings.Trim(s, "[]"))
	return a.Unmap()
}

// RPort is the value of the rport parameter, 0 when it has none (RFC 3581).
func (v Via) RPort() uint16 {
	s, _ := v.Params.Get("rport")
	n, _ := strconv.ParseUint(s, 10, 16)
	return uint16(n)
}

// SeenAs is how the far end saw the sender: received, else the sent-by's address, with rport, else the
// sent-by's port. Zero when neither is an address.
func (v Via) SeenAs() netip.AddrPort {
	sent := HostPort(v.SentBy)
	addr := v.Received()
	if !addr.IsValid() {
		addr = sent.Addr()
	}
	port := v.RPort()
	if port == 0 {
		port = sent.Port()
	}
	if !addr.IsValid() {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(addr, port)
}

// HostPort reads an address with an optional port (5060 where there is none); zero for a name.
func HostPort(s string) netip.AddrPort {
	if ap, err := netip.ParseAddrPort(s); err == nil {
		return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
	}
	a, err := netip.ParseAddr(strings.Trim(s, "[]"))
	if err != nil {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(a.Unmap(), 5060)
}

// Host is a host as it stands in a URI or a Via: an IPv6 address in brackets (RFC 3261 section 25.1, IPv6reference).
func Host(s string) string {
	if a, err := netip.ParseAddr(s); err == nil && a.Is6() {
		return "[" + s + "]"
	}
	return s
}

// Contact is one entry of a Contact header.
type Contact struct {
	Display string
	URI     string // "*" for the wildcard
	Params  Params // of the header, not of the URI
}

// Contacts are all entries of all Contact headers, in order.
func (m *Message) Contacts() []Contact {
	var contacts []Contact
	for _, value := range m.Values("Contact") {
		for _, entry := range splitOutside(value, ',') {
			if strings.TrimSpace(entry) != "" {
				contacts = append(contacts, parseContact(entry))
			}
		}
	}
	return contacts
}

func parseContact(s string) Contact {
	parts := splitOutside(s, ';')
	c := Contact{URI: strings.TrimSpace(parts[0]), Params: params(parts[1:])}
	open := indexOutsideQuotes(parts[0], '<')
	if open < 0 {
		return c
	}
	c.Display = unquote(parts[0][:open])
	c.URI, _, _ = strings.Cut(parts[0][open+1:], ">")
	c.URI = strings.TrimSpace(c.URI)
	return c
}

func indexOutsideQuotes(s string, want byte) int {
	quoted := false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case !quoted && c == want:
			return i
		}
	}
	return -1
}

// Host is the address and port of the URI (5060, or 5061 for sips, where none is written); zero when the host is a name.
func (c Contact) Host() netip.AddrPort {
	_, host, userinfo := strings.Cut(c.URI, "@")
	scheme, afterScheme, _ := strings.Cut(c.URI, ":")
	if !userinfo {
		host = afterScheme
	}
	if end := strings.IndexAny(host, ";?>"); end >= 0 {
		host = host[:end]
	}
	ap := HostPort(host)
	if ap.IsValid() && strings.EqualFold(scheme, "sips") {
		if _, err := netip.ParseAddrPort(host); err != nil {
			return netip.AddrPortFrom(ap.Addr(), 5061)
		}
	}
	return ap
}
