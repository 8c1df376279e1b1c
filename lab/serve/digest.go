package serve

import (
	"crypto/md5"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"hash"
	"strconv"
	"strings"
	"time"
)

// credentials are the parameters of one Authorization or Proxy-Authorization header (RFC 7616 section 3.4).
type credentials map[string]string

// parseCredentials reads "Digest name=value, ..."; ok is false for another scheme.
func parseCredentials(value string) (c credentials, ok bool) {
	scheme, rest, _ := strings.Cut(strings.TrimSpace(value), " ")
	if !strings.EqualFold(scheme, "Digest") {
		return nil, false
	}
	return params(splitList(rest, ',')), true
}

// algorithm is the upper-case name; without one it is MD5 (RFC 7616 section 3.4).
func (c credentials) algorithm() string {
	if c["algorithm"] == "" {
		return "MD5"
	}
	return strings.ToUpper(c["algorithm"])
}

// right tells whether the response proves the password for this request (RFC 7616 section 3.4.1).
func (c credentials) right(method, password string, body []byte) bool {
	want, ok := c.response(method, password, body)
	return ok && subtle.ConstantTimeCompare([]byte(want), []byte(strings.ToLower(c["response"]))) == 1
}

func (c credentials) response(method, password string, body []byte) (string, bool) {
	name, sess := strings.CutSuffix(c.algorithm(), "-SESS")
	var h func(...string) string
	switch name {
	case "MD5":
		h = hexHash(md5.New)
	case "SHA-256":
		h = hexHash(sha256.New)
	default:
		return "", false
	}
	ha1 := h(c["username"], c["realm"], password)
	if sess {
		ha1 = h(ha1, c["nonce"], c["cnonce"])
	}
	ha2 := h(method, c["uri"])
	switch strings.ToLower(c["qop"]) {
	case "":
		return h(ha1, c["nonce"], ha2), true
	case "auth":
	case "auth-int":
		ha2 = h(method, c["uri"], h(string(body)))
	default:
		return "", false
	}
	return h(ha1, c["nonce"], c["nc"], c["cnonce"], c["qop"], ha2), true
}

// hexHash hashes parts joined by colons.
func hexHash(make func() hash.Hash) func(...string) string {
	return func(parts ...string) string {
		h := make()
		h.Write([]byte(strings.Join(parts, ":")))
		return hex.EncodeToString(h.Sum(nil))
	}
}

// nonce is one that the registrar gave out.
type nonce struct {
	made time.Time
	nc   uint64 // highest nonce count seen
}

// newNonce gives a fresh nonce and forgets those that are long stale. r.mu is held.
func (r *Registrar) newNonce(now time.Time, life time.Duration) string {
	for n, one := range r.nonces {
		if now.Sub(one.made) > 2*life {
			delete(r.nonces, n)
		}
	}
	n := rand.Text()
	r.nonces[n] = &nonce{made: now}
	return n
}

// fresh tells whether the nonce is ours, young enough, and its count has not been used. r.mu is held.
func (r *Registrar) fresh(c credentials, now time.Time, life time.Duration) bool {
	n := r.nonces[c["nonce"]]
	if n == nil || now.Sub(n.made) > life {
		return false
	}
	if c["qop"] == "" {
		return true
	}
	nc, err := strconv.ParseUint(c["nc"], 16, 64)
	if err != nil || nc <= n.nc {
		return false
	}
	n.nc = nc
	return true
}

// challenge is the value of one WWW-Authenticate header (RFC 7616 section 3.3).
func challenge(realm, nonce, algorithm string, stale bool) string {
	c := `Digest realm="` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(realm) +
		`", nonce="` + nonce + `", algorithm=` + algorithm + `, qop="auth"`
	if stale {
		c += ", stale=true"
	}
	return c
}
