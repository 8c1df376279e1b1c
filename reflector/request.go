package reflector

import (
	"bytes"
	"errors"
	"iter"
	"strings"

	"trunktester/reflector/wire"
)

// request is what the reflector needs of a SIP request. It is read leniently: a request that was damaged on
// the way is the one that is worth reflecting. Its slices lie in raw.
type request struct {
	raw    []byte // as received
	method string
	fields iter.Seq[[]byte]
	body   []byte
	length int // Content-Length, -1 for none that can be read
	wish   wire.Wish
	proof  string
}

// Why a message is dropped without a reply.
var (
	errNotRequest = errors.New("not a SIP request")
	errStranger   = errors.New("not for the user " + wire.User)
	errNoVia      = errors.New("no Via to answer to")
)

// mostFields bounds the header fields of a request.
const mostFields = 128

// parse reads a request. The error says why it must be dropped.
func parse(raw []byte) (request, error) {
	start, fields, body := wire.Lines(raw)
	name, uri, ok := startLine(start)
	if !ok {
		return request{}, errNotRequest
	}
	if !reflected(uri) {
		return request{}, errStranger
	}
	r := request{raw: raw, method: name, fields: fields, body: body, length: -1, wish: wire.Wish{Body: -1}}
	n, vias := 0, 0
	for field := range fields {
		if n++; n > mostFields {
			return request{}, errNotRequest
		}
		switch fieldName(field) {
		case "via":
			vias++
		case "content-length":
			if length, ok := decimal(wire.FieldValue(field)); ok {
				r.length = length
			}
		case "x-reflect":
			wish, proof, err := wire.ParseWish(string(wire.FieldValue(field)))
			if err != nil {
				return request{}, err
			}
			r.wish, r.proof = wish, proof
		}
	}
	if vias == 0 {
		return request{}, errNoVia
	}
	return r, nil
}

// startLine reads "METHOD uri SIP/2.0" (RFC 3261 section 7.1).
func startLine(line []byte) (name, uri string, ok bool) {
	m, rest, _ := bytes.Cut(line, []byte(" "))
	u, version, _ := bytes.Cut(rest, []byte(" "))
	if !method(m) || len(u) == 0 || !bytes.EqualFold(bytes.TrimSpace(version), []byte("SIP/2.0")) {
		return "", "", false
	}
	return string(m), string(u), true
}

// method says whether the word could name a method.
func method(word []byte) bool {
	for _, c := range word {
		if (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && c != '-' && c != '_' {
			return false
		}
	}
	return len(word) > 0 && len(word) <= 32
}

// reflected says whether the URI is sip:reflect@ of any host: a device on the way may have changed the host.
func reflected(uri string) bool {
	scheme, rest, _ := strings.Cut(uri, ":")
	user, _, at := strings.Cut(rest, "@")
	user, _, _ = strings.Cut(user, ";")
	return at && (strings.EqualFold(scheme, "sip") || strings.EqualFold(scheme, "sips")) && strings.EqualFold(user, wire.User)
}

// long names of the compact forms (RFC 3261 section 7.3.3) that the reflector reads.
var long = map[string]string{"v": "via", "f": "from", "t": "to", "i": "call-id", "l": "content-length"}

// fieldName is the header field's name in lower case and its long form.
func fieldName(field []byte) string {
	n := strings.ToLower(wire.FieldName(field))
	if l, ok := long[n]; ok {
		return l
	}
	return n
}

// decimal reads the digits of a length; false for anything else.
func decimal(b []byte) (int, bool) {
	n := 0
	for _, c := range b {
		if c < '0' || c > '9' || n > 1<<20 {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, len(b) > 0
}
