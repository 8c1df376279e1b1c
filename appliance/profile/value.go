package profile

import (
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// has tells whether the file has a key ("trunk.port") or a table ("trunk").
func (c *checker) has(key string) bool {
	table, name, inside := strings.Cut(key, ".")
	keys, ok := c.file[table].(map[string]any)
	if inside {
		_, ok = keys[name]
	}
	return ok
}

// word checks one of a few words; the first is the default.
func (c *checker) word(key, value string, words ...string) string {
	if !c.has(key) {
		return words[0]
	}
	if slices.Contains(words, value) {
		return value
	}
	c.problem(key, "%s has a value that is not possible: use \"%s\"", name(key), strings.Join(words, "\" or \""))
	return words[0]
}

func (c *checker) number(key string, n int64, low, top int) int {
	if n < int64(low) || n > int64(top) {
		c.problem(key, "%s is out of range: use %d to %d", name(key), low, top)
		return low
	}
	return int(n)
}

// name is the key without its table.
func name(key string) string { return key[strings.LastIndex(key, ".")+1:] }

// addr reads an address without a zone; what is what a problem calls it.
func (c *checker) addr(key, s, what string) netip.Addr {
	a, err := netip.ParseAddr(strings.TrimSpace(s))
	if err != nil || a.Zone() != "" {
		c.problem(key, "%s must be an IP address: write it as \"192.0.2.1\"", what)
		return netip.Addr{}
	}
	return a.Unmap()
}

func (c *checker) addrs(key string, list []string, otherwise []netip.Addr) []netip.Addr {
	if !c.has(key) {
		return otherwise
	}
	var all []netip.Addr
	for i, s := range list {
		if a := c.addr(key, s, entry(key, i)); a.IsValid() {
			all = append(all, a)
		}
	}
	return all
}

func (c *checker) hosts(key string, list []string) []string {
	for i, s := range list {
		c.hostPort(key, s, entry(key, i))
	}
	return list
}

func entry(key string, i int) string { return "entry " + strconv.Itoa(i+1) + " of " + name(key) }

// hostPort reads host, host:port, an address or [v6]:port; port 0 where none is written.
func (c *checker) hostPort(key, s, what string) (host string, port int) {
	bare := strings.TrimSuffix(strings.TrimPrefix(s, "["), "]")
	if a, err := netip.ParseAddr(bare); err == nil && a.Zone() == "" && (bare == s || s == "["+bare+"]" && a.Is6()) {
		return a.Unmap().String(), 0
	}
	if !strings.Contains(s, ":") && hostname(s) {
		return s, 0
	}
	host, digits, err := net.SplitHostPort(s)
	n, bad := strconv.ParseUint(digits, 10, 16)
	if err != nil || bad != nil || n == 0 || !hostname(host) || strings.HasPrefix(s, "[") && !strings.Contains(host, ":") {
		c.problem(key, "%s must be a host: write it as \"sip.example.net\" or \"sip.example.net:5060\"", what)
		return "", 0
	}
	return host, int(n)
}

func (c *checker) page(key, s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		c.problem(key, "%s must be a web address: write it with http:// or https:// in front", name(key))
		return ""
	}
	return s
}

// hostname follows RFC 1123 section 2.1, with the underscore that some zones use; an address literal
// passes, and four numbers that are none do not.
func hostname(s string) bool {
	if a, err := netip.ParseAddr(s); err == nil {
		return a.Zone() == ""
	}
	labels := strings.Split(strings.TrimSuffix(s, "."), ".")
	for _, label := range labels {
		if label == "" || len(label) > 63 || strings.HasPrefix(label, "-") || strings.HasSuffix(label, "-") {
			return false
		}
		if strings.ContainsFunc(label, func(r rune) bool {
			return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_')
		}) {
			return false
		}
	}
	return len(s) <= 253 && strings.Trim(labels[len(labels)-1], "0123456789") != ""
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
