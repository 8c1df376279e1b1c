package probes

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/icholy/digest"

	"trunktester/appliance/catalogue/words"
	"trunktester/appliance/profile"
	"trunktester/probes/sip"
)

// answering makes the requests that answer challenges: a fresh branch, a rising CSeq, and an Authorization
// or Proxy-Authorization for each realm that asked.
type answering struct {
	trunk    profile.Trunk
	request  sip.Request // the one that was challenged
	accepted []*demand   // challenges that are answered, one for each side and realm
}

// demand is one challenge that is answered.
type demand struct {
	sip.Challenge
	count int // uses of its nonce so far
}

// side tells the registrar's challenge (401) from a proxy's (407), which may both be asked of one request.
type side struct {
	proxy bool
	realm string
}

func (d demand) side() side { return side{d.Proxy, d.Realm()} }

// take chooses what to answer: of each side the first challenge that can be answered, as servers list
// them by preference (RFC 8760 section 2.4). The reason is "" when there is one.
func (a *answering) take(reply *sip.Message) (why string) {
	for _, proxy := range []bool{false, true} {
		for _, c := range reply.Challenges() {
			if c.Proxy != proxy {
				continue
			}
			problem := a.problem(c)
			if problem == "" {
				a.replace(&demand{Challenge: c})
				break
			}
			if why == "" {
				why = problem
			}
		}
	}
	if len(a.accepted) > 0 {
		return ""
	}
	if why == "" {
		why = words.Said("saw.digest-none", "code", reply.Code)
	}
	return why
}

// problem says why a challenge is not answered, "" when it may be.
func (a *answering) problem(c sip.Challenge) string {
	switch {
	case !strings.EqualFold(c.Scheme, "Digest"):
		return words.Said("saw.digest-scheme", "scheme", strconv.Quote(c.Scheme))
	case a.trunk.Realm != "" && c.Realm() != a.trunk.Realm:
		return words.Said("saw.digest-realm", "realm", strconv.Quote(c.Realm()), "file", strconv.Quote(a.trunk.Realm))
	case c.Nonce() == "":
		return words.Said("saw.digest-nonce")
	case !digest.CanDigest(&digest.Challenge{Algorithm: c.Algorithm()}):
		return words.Said("saw.digest-algorithm", "algorithm", strconv.Quote(c.Algorithm()))
	case len(c.QOP()) > 0 && !slices.Contains(c.QOP(), "auth"):
		return words.Said("saw.digest-qop", "qop", strconv.Quote(strings.Join(c.QOP(), ",")))
	}
	return ""
}

// replace keeps one challenge for each side.
func (a *answering) replace(d *demand) {
	for i, old := range a.accepted {
		if old.side() == d.side() {
			if old.Nonce() == d.Nonce() {
				d.count = old.count // the count must rise while the nonce stays (RFC 7616 section 3.4)
			}
			a.accepted[i] = d
			return
		}
	}
	a.accepted = append(a.accepted, d)
}

// again takes the challenges of an answer to credentials, and says whether another attempt makes sense:
// when the nonce was only stale, or when a side asks that was not answered yet. A challenge that is
// repeated means that the credentials were wrong.
func (a *answering) again(reply *sip.Message) bool {
	stale, repeated, before := false, false, len(a.accepted)
	for _, c := range reply.Challenges() {
		if slices.ContainsFunc(a.accepted, func(d *demand) bool { return d.side() == side{c.Proxy, c.Realm()} }) {
			stale, repeated = stale || c.Stale(), true
		}
	}
	if repeated && !stale {
		return false
	}
	return a.take(reply) == "" && (stale || len(a.accepted) > before)
}

// next is the next request with credentials. Its errors hold no secret.
func (a *answering) next() (sip.Request, error) {
	r := a.request
	r.Branch, r.SentBy = "", ""
	r.CSeq++
	r.Headers = slices.Clone(r.Headers)
	r.Headers = slices.DeleteFunc(r.Headers, func(h sip.Header) bool { return strings.HasSuffix(h.Name, "Authorization") })
	for _, d := range a.accepted {
		d.count++
		value, err := d.credentials(a.trunk, r.Method, r.URI)
		if err != nil {
			return sip.Request{}, err
		}
		name := "Authorization"
		if d.Proxy {
			name = "Proxy-Authorization"
		}
		r.Headers = append(r.Headers, sip.Header{Name: name, Value: value})
	}
	a.request = r
	return r, nil
}

// credentials computes the digest (RFC 7616) with a fresh cnonce; qop is auth, or none where none is offered.
func (d demand) credentials(t profile.Trunk, method, uri string) (string, error) {
	c := &digest.Challenge{
		Realm: d.Realm(), Nonce: d.Nonce(), Opaque: d.Param("opaque"), Algorithm: d.Algorithm(),
		Userhash: strings.EqualFold(d.Param("userhash"), "true"),
	}
	if len(d.QOP()) > 0 {
		c.QOP = []string{"auth"}
	}
	user := t.AuthUser
	if user == "" {
		user = t.Username
	}
	made, err := digest.Digest(c, digest.Options{Method: method, URI: uri, Count: d.count, Username: user, Password: t.Password.Reveal()})
	if err != nil {
		return "", fmt.Errorf("digest for realm %q: %w", d.Realm(), err)
	}
	return written(made), nil
}

// written is the header's value (RFC 3261 section 25.1). The library's own form escapes bytes as Go does,
// which changes a realm or nonce that is no UTF-8.
func written(c *digest.Credentials) string {
	parts := []string{
		"username=" + quoted(c.Username), "realm=" + quoted(c.Realm), "nonce=" + quoted(c.Nonce),
		"uri=" + quoted(c.URI), "response=" + quoted(c.Response),
	}
	if c.Algorithm != "" {
		parts = append(parts, "algorithm="+c.Algorithm)
	}
	if c.Opaque != "" {
		parts = append(parts, "opaque="+quoted(c.Opaque))
	}
	if c.QOP != "" {
		parts = append(parts, "qop="+c.QOP, fmt.Sprintf("nc=%08x", c.Nc), "cnonce="+quoted(c.Cnonce))
	}
	if c.Userhash {
		parts = append(parts, "userhash=true")
	}
	return "Digest " + strings.Join(parts, ", ")
}

var escapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

func quoted(s string) string { return `"` + escapes.Replace(s) + `"` }
