package wire

import (
	"crypto/hmac"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Wish is what a caller asks for beside the reflection, in the X-Reflect header field:
//
//	X-Reflect: id=1f0c9a3b; delay=45; port=other; pad=1600; dscp=46; answer=facts; body=152; proof=...
//
// The zero Wish asks for nothing: the reflection at once, from the port that was asked.
type Wish struct {
	ID        string        // the caller's own random letters and digits: no two proofs are equal
	Delay     time.Duration // answer so much later, in whole seconds: does the mapping still live?
	OtherPort bool          // answer from the reflector's other UDP port: does the NAT filter by port?
	Pad       int           // bytes that the reply shall have at least: do fragments come down?
	DSCP      int           // class that the reply shall be marked with, 0 to 63: does it come down?
	FactsOnly bool          // answer without the message itself: a long request, a short reply
	Body      int           // bytes of the body as it was sent, -1 for not told: frames a stream whose Content-Length was damaged
}

// Bounds of a Wish.
const (
	LongestDelay = time.Hour
	longestID    = 32
)

// Value is the header field's value; the token is the shared one, "" for none.
func (w Wish) Value(token string) string {
	text := w.text()
	if token == "" {
		return text
	}
	return text + "; proof=" + hex.EncodeToString(proof(token, "sip", []byte(text)))
}

// text is the one way to write a Wish: the proof is made of it, so that spaces changed on the way do no harm.
func (w Wish) text() string {
	var b strings.Builder
	b.WriteString("id=" + w.ID)
	number := func(name string, n int) {
		b.WriteString("; " + name + "=" + strconv.Itoa(n))
	}
	if w.Delay > 0 {
		number("delay", int(w.Delay/time.Second))
	}
	if w.OtherPort {
		b.WriteString("; port=other")
	}
	if w.Pad > 0 {
		number("pad", w.Pad)
	}
	if w.DSCP > 0 {
		number("dscp", w.DSCP)
	}
	if w.FactsOnly {
		b.WriteString("; answer=facts")
	}
	if w.Body >= 0 {
		number("body", w.Body)
	}
	return b.String()
}

// ErrWish is the error of a header field that is no wish.
var ErrWish = errors.New("not an " + Header + " header field")

// ParseWish reads the header field's value, and the proof in it ("" for none). A name that it does not know
// is passed over: newer callers may ask older reflectors.
func ParseWish(value string) (w Wish, proven string, err error) {
	w.Body = -1
	if len(value) > 512 {
		return Wish{Body: -1}, "", fmt.Errorf("%d bytes: %w", len(value), ErrWish)
	}
	for part := range strings.SplitSeq(value, ";") {
		name, v, _ := strings.Cut(strings.TrimSpace(part), "=")
		good := true
		switch v = strings.TrimSpace(v); strings.ToLower(strings.TrimSpace(name)) {
		case "id":
			w.ID, good = v, len(v) <= longestID && alphanumeric(v)
		case "delay":
			var seconds int
			seconds, good = number(v, int(LongestDelay/time.Second))
			w.Delay = time.Duration(seconds) * time.Second
		case "port":
			w.OtherPort, good = v == "other", v == "other"
		case "pad":
			w.Pad, good = number(v, 1<<16)
		case "dscp":
			w.DSCP, good = number(v, 63)
		case "answer":
			w.FactsOnly, good = v == "facts", v == "facts"
		case "body":
			w.Body, good = number(v, 1<<16)
		case "proof":
			proven = v
		}
		if !good {
			return Wish{Body: -1}, "", fmt.Errorf("%q: %w", strings.TrimSpace(part), ErrWish)
		}
	}
	return w, proven, nil
}

// Proven says whether the proof was made with the token, in constant time. Everything is proven where the token is "".
func (w Wish) Proven(token, proven string) bool {
	if token == "" {
		return true
	}
	got, err := hex.DecodeString(proven)
	return err == nil && hmac.Equal(got, proof(token, "sip", []byte(w.text())))
}

func alphanumeric(s string) bool {
	for _, c := range []byte(s) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return true
}

func number(s string, most int) (int, bool) {
	n, err := strconv.ParseUint(s, 10, 31)
	return int(n), err == nil && n <= uint64(most)
}
