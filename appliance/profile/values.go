package profile

import (
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"unicode"
)

// text is a value that may hold any words. Control characters are filed: nothing needs them, and in SIP
// and in a terminal they would do harm.
func (c *checker) text(path string, f field[string]) string {
	s := get(c, path, f, "")
	if strings.ContainsFunc(s, unicode.IsControl) {
		c.fault(path, "has a control character in it; type it again")
		return ""
	}
	return s
}

// word is a text without the spaces around it.
func (c *checker) word(path string, f field[string]) string {
	return strings.TrimSpace(c.text(path, f))
}

// choice is one of several words, the first where nothing is written.
func (c *checker) choice(path string, f field[string], words ...string) string {
	s := c.word(path, f)
	if s == "" {
		return words[0]
	}
	for _, w := range words {
		if s == w {
			return w
		}
	}
	c.fault(path, "is %s; write %s", quote(s), either(words))
	return words[0]
}

// either is `"a", "b" or "c"`, without the empty word.
func either(words []string) string {
	var quoted []string
	for _, w := range words {
		if w != "" {
			quoted = append(quoted, strconv.Quote(w))
		}
	}
	last := len(quoted) - 1
	return strings.Join(quoted[:last], ", ") + " or " + quoted[last]
}

// number is a whole number from low to high, def where nothing is written.
func (c *checker) number(path string, f field[int64], def, low, high int) int {
	n := get(c, path, f, int64(def))
	if n < int64(low) || n > int64(high) {
		c.fault(path, "is %d; write a number from %d to %d", n, low, high)
		return def
	}
	return int(n)
}

// words are the texts of a list, nil where nothing is written. Empty ones are left out.
func (c *checker) words(path string, f field[[]any]) []string {
	var words []string
	for _, v := range get(c, path, f, nil) {
		s, ok := v.(string)
		if !ok || strings.ContainsFunc(s, unicode.IsControl) {
			c.fault(path, `must be a list of texts, as in ["one", "two"]`)
			return nil
		}
		if s = strings.TrimSpace(s); s != "" {
			words = append(words, s)
		}
	}
	return words
}

// addr is one host's address, zero where nothing is written.
func (c *checker) addr(path string, f field[string]) netip.Addr {
	s := c.word(path, f)
	if s == "" {
		return netip.Addr{}
	}
	return c.oneAddr(path, s)
}

func (c *checker) oneAddr(path, s string) netip.Addr {
	a, err := netip.ParseAddr(strings.Trim(s, "[]"))
	if err != nil || a.Zone() != "" || a.IsUnspecified() || a.IsMulticast() {
		c.fault(path, "is %s; write the address of one host, as in 192.0.2.10", quote(s))
		return netip.Addr{}
	}
	return a.Unmap()
}

// addrs are the addresses of a list, def where nothing is written.
func (c *checker) addrs(path string, f field[[]any], def []netip.Addr) []netip.Addr {
	words := c.words(path, f)
	if len(words) == 0 {
		return def
	}
	addrs := make([]netip.Addr, len(words))
	for i, s := range words {
		addrs[i] = c.oneAddr(path, s)
	}
	return addrs
}

// host is a name or an address literal without brackets, "" where nothing is written or it is filed.
func (c *checker) host(path, s string) string {
	if a, err := netip.ParseAddr(strings.Trim(s, "[]")); err == nil && a.Zone() == "" {
		return a.Unmap().String()
	}
	if remedy := hostFault(s); remedy != "" {
		c.fault(path, "is %s; %s", quote(s), remedy)
		return ""
	}
	return strings.TrimSuffix(s, ".")
}

// hostPort is a host and a port, def where none is written.
func (c *checker) hostPort(path, s string, def int) (string, int) {
	host, port, ok := splitPort(s)
	if !ok {
		return c.host(path, s), def
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 {
		c.fault(path, "is %s; write the port after the colon as a number from 1 to 65535", quote(s))
		return "", 0
	}
	return c.host(path, host), int(n)
}

// splitPort parts "host:port" and "[v6]:port"; a bare IPv6 address has no port.
func splitPort(s string) (host, port string, ok bool) {
	if _, err := netip.ParseAddr(s); err == nil || strings.Contains(s, "://") {
		return s, "", false
	}
	host, port, err := net.SplitHostPort(s)
	if err != nil || strings.EqualFold(host, "sip") || strings.EqualFold(host, "sips") {
		return s, "", false
	}
	return host, port, true
}

// hostPorts are the hosts of a list, joined with their ports; a port of 0 is left away.
func (c *checker) hostPorts(path string, f field[[]any], port int, def []string) []string {
	words := c.words(path, f)
	if len(words) == 0 {
		return def
	}
	hosts := make([]string, len(words))
	for i, s := range words {
		hosts[i] = joinPort(c.hostPort(path, s, port))
	}
	return hosts
}

// joinPort is host, or host:port.
func joinPort(host string, port int) string {
	if port == 0 || host == "" {
		return host
	}
	return net.JoinHostPort(host, strconv.Itoa(port))
}

// hostFault says what to write instead of s, "" when it is a host name (RFC 1123; with the underscore
// that names in the field have).
func hostFault(s string) string {
	lower := strings.ToLower(s)
	switch {
	case s == "":
		return "write a host name"
	case strings.Contains(s, "://"), strings.HasPrefix(lower, "sip:"), strings.HasPrefix(lower, "sips:"):
		return "write only the host name, without " + quote(s[:strings.Index(s, ":")+1])
	case strings.Contains(s, "@"):
		return "write only what stands behind the @"
	case strings.ContainsAny(s, "“”„‘’"):
		return "take the curly quotes away"
	case strings.Contains(s, ":"):
		return "write only the host name; the port stands in a key of its own"
	}
	labels := strings.Split(strings.TrimSuffix(s, "."), ".")
	for _, label := range labels {
		if label == "" || len(label) > 63 || strings.HasPrefix(label, "-") || strings.HasSuffix(label, "-") ||
			strings.ContainsFunc(label, notInNames) {
			return "write a host name of letters, digits, dots and hyphens"
		}
	}
	if len(s) > 253 {
		return "write a host name of at most 253 characters"
	}
	if !strings.ContainsFunc(labels[len(labels)-1], func(r rune) bool { return r < '0' || r > '9' }) {
		return "write an address with four numbers from 0 to 255, or a host name"
	}
	return ""
}

func notInNames(r rune) bool {
	return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_'
}

// web is the address of a web page, of one of these schemes.
func (c *checker) web(path string, f field[string], def string, schemes ...string) string {
	s := c.word(path, f)
	if s == "" {
		return def
	}
	u, err := url.Parse(s)
	if err == nil && u.Host != "" && u.User == nil {
		for _, scheme := range schemes {
			if u.Scheme == scheme {
				return s
			}
		}
	}
	c.fault(path, "is %s; write the address of a web page that begins with %s://", quote(s), strings.Join(schemes, ":// or "))
	return def
}
