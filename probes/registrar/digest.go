package registrar

import (
	"crypto/md5"
	"crypto/subtle"
	"encoding/hex"
	"strings"

	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
	"trunktester/probes/sip"
)

// proof is one digest of the PBX (RFC 7616 section 3.4), with what it was made over. The response is compared
// and never kept.
type proof struct {
	creds  sip.Credentials
	method string
	body   []byte
}

// readable says why a digest cannot be judged, "" when it can.
func (p proof) readable() string {
	algorithm := strings.ToLower(p.creds.Param("algorithm"))
	qop := strings.ToLower(p.creds.Param("qop"))
	switch {
	case algorithm != "" && algorithm != "md5" && algorithm != "md5-sess":
		return words.Said("slip.algorithm")
	case qop != "" && qop != "auth" && qop != "auth-int":
		return words.Said("slip.protection")
	case len(p.creds.Param("response")) != md5.Size*2:
		return words.Said("slip.no-digest")
	}
	return ""
}

// by reports whether the digest was made with this username, realm and password.
func (p proof) by(user, realm, password string) bool {
	c := p.creds
	ha1 := hashed(user, realm, password)
	if strings.EqualFold(c.Param("algorithm"), "md5-sess") {
		ha1 = hashed(ha1, c.Param("nonce"), c.Param("cnonce"))
	}
	ha2 := hashed(p.method, c.Param("uri"))
	want := ""
	switch qop := c.Param("qop"); strings.ToLower(qop) {
	case "":
		want = hashed(ha1, c.Param("nonce"), ha2)
	case "auth-int":
		ha2 = hashed(p.method, c.Param("uri"), hashed(string(p.body)))
		fallthrough
	default:
		want = hashed(ha1, c.Param("nonce"), c.Param("nc"), c.Param("cnonce"), qop, ha2)
	}
	return subtle.ConstantTimeCompare([]byte(want), []byte(strings.ToLower(c.Param("response")))) == 1
}

// hashed is the hash over parts joined by colons, in hexadecimal. MD5 is what SIP asks for here; nothing is
// protected by it.
func hashed(parts ...string) string {
	sum := md5.Sum([]byte(strings.Join(parts, ":")))
	return hex.EncodeToString(sum[:])
}

// password compares the password behind a digest with the trunk's, which no other way leads to: right, one of
// the usual slips, or another one. realm says whether the digest was made for the realm that it names; a PBX
// that keeps a hash in the place of the password may have made it for another.
func (p proof) password(t Trunk, realms []string) (password, realm facts.Match) {
	if why := p.readable(); why != "" {
		return facts.Match{Is: facts.Unproved, Slip: why}, facts.Match{}
	}
	secret, user, named := t.Password.Reveal(), p.creds.Param("username"), p.creds.Param("realm")
	if p.by(user, named, secret) {
		return facts.Match{Is: facts.Same}, facts.Match{Is: facts.Same}
	}
	for _, r := range realms {
		if p.by(user, r, secret) {
			return facts.Match{Is: facts.Same}, facts.Match{Is: facts.Slipped, Slip: words.Said("slip.hash")}
		}
	}
	for _, u := range []string{t.AuthUser, t.Username} {
		if p.by(u, named, secret) {
			return facts.Match{Is: facts.Same}, facts.Match{Is: facts.Same}
		}
	}
	same := facts.Match{Is: facts.Same}
	for _, blunder := range []struct{ words, value string }{
		{words.Said("slip.empty"), ""}, {words.Said("slip.is-username"), t.Username}, {words.Said("slip.is-login-name"), t.AuthUser}, {words.Said("slip.is-domain"), t.Domain},
	} {
		if p.by(user, named, blunder.value) {
			return facts.Match{Is: facts.Slipped, Slip: blunder.words}, same
		}
	}
	for words, value := range slips(secret) {
		if p.by(user, named, value) {
			return facts.Match{Is: facts.Slipped, Slip: words}, same
		}
	}
	return facts.Match{Is: facts.Other}, same
}
