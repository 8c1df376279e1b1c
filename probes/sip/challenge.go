package sip

import "strings"

// Challenge is one demand for credentials (RFC 3261 section 22, RFC 7616). It prints without its nonce.
type Challenge struct {
	Proxy  bool   // Proxy-Authenticate: answered by Proxy-Authorization
	Scheme string // "Digest"
	Params Params
}

// Param is a parameter's value, "" when it is not there.
func (c Challenge) Param(name string) string {
	v, _ := c.Params.Get(name)
	return v
}

// Realm is the realm, unquoted, otherwise byte for byte.
func (c Challenge) Realm() string { return c.Param("realm") }

// Nonce is the nonce. It must not reach facts, evidence or a log.
func (c Challenge) Nonce() string { return c.Param("nonce") }

// Algorithm is the algorithm as written, "" where none is (which means MD5).
func (c Challenge) Algorithm() string { return c.Param("algorithm") }

// Stale says that only the nonce was too old.
func (c Challenge) Stale() bool { return strings.EqualFold(c.Param("stale"), "true") }

// QOP are the offered qualities of protection, in lower case, trimmed.
func (c Challenge) QOP() []string {
	var qop []string
	for _, q := range strings.Split(c.Param("qop"), ",") {
		if q = strings.ToLower(strings.TrimSpace(q)); q != "" {
			qop = append(qop, q)
		}
	}
	return qop
}

// String hides the nonce.
func (c Challenge) String() string { return c.Scheme + " realm=" + c.Realm() }

// GoString hides the nonce.
func (c Challenge) GoString() string { return c.String() }

// Challenges are all WWW-Authenticate and Proxy-Authenticate challenges in the order of the headers;
// several in one header, as HTTP allows, are taken apart as well.
func (m *Message) Challenges() []Challenge {
	var all []Challenge
	for _, h := range m.Headers {
		switch {
		case strings.EqualFold(h.Name, "WWW-Authenticate"):
			all = append(all, parseChallenges(h.Value, false)...)
		case strings.EqualFold(h.Name, "Proxy-Authenticate"):
			all = append(all, parseChallenges(h.Value, true)...)
		}
	}
	return all
}

func parseChallenges(value string, proxy bool) []Challenge {
	var all []Challenge
	for _, part := range splitQuoted(value, ',') {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		scheme, rest := leadingScheme(part)
		if scheme != "" || len(all) == 0 {
			all = append(all, Challenge{Proxy: proxy, Scheme: scheme})
			part = rest
		}
		last := &all[len(all)-1]
		last.Params = append(last.Params, params([]string{part})...)
	}
	return all
}

// leadingScheme finds `Digest realm="x"`: a word that is followed by space and then not by "=".
func leadingScheme(part string) (scheme, rest string) {
	end := strings.IndexAny(part, " \t=\"")
	if end < 0 {
		return part, ""
	}
	after := strings.TrimLeft(part[end:], " \t")
	if strings.HasPrefix(after, "=") || strings.HasPrefix(after, "\"") {
		return "", part
	}
	return part[:end], after
}

// splitQuoted cuts at every sep outside of quoted strings; angle brackets mean nothing in a realm's list.
func splitQuoted(s string, sep byte) []string {
	var parts []string
	for {
		i := indexOutsideQuotes(s, sep)
		if i < 0 {
			return append(parts, s)
		}
		parts = append(parts, s[:i])
		s = s[i+1:]
	}
}

// Credentials is one answer to a challenge (RFC 3261 section 22.3). It prints without anything secret.
type Credentials struct {
	Scheme string // "Digest"
	Params Params
}

// Param is a parameter's value, unquoted, "" when it is not there.
func (c Credentials) Param(name string) string {
	v, _ := c.Params.Get(name)
	return v
}

// String hides response, nonce and cnonce.
func (c Credentials) String() string { return c.Scheme + " realm=" + c.Param("realm") }

// GoString hides them as well.
func (c Credentials) GoString() string { return c.String() }

// Credentials are those of all Authorization and Proxy-Authorization headers, in order.
func (m *Message) Credentials() []Credentials {
	var all []Credentials
	for _, h := range m.Headers {
		if strings.EqualFold(h.Name, "Authorization") || strings.EqualFold(h.Name, "Proxy-Authorization") {
			for _, c := range parseChallenges(h.Value, false) {
				all = append(all, Credentials{c.Scheme, c.Params})
			}
		}
	}
	return all
}
