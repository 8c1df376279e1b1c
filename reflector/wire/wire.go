// Package wire is what a caller and the reflector say to each other: the header field of a request, the body
// of its reflection, and the voice packet that is echoed. Pure, and small enough for the box;
// docs/reflector.md tells the same in words.
//
// A caller writes a SIP request to sip:reflect@host with the header field Header, whose value is Wish.Value. The
// reply's body goes through ParseReflection; Compare says what the way changed, Refused what the
// reflector would not do. For voice it sends Probe.Packet and reads what comes back with ParseEcho.
package wire

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
)

// User is the user part of the Request-URI that is reflected: sip:reflect@host.
const User = "reflect"

// Header is the name of the header field with the caller's wishes.
const Header = "X-Reflect"

// Longest is the longest message, in bytes, that is reflected. It fits a path test with several fragments.
const Longest = 8192

// Shortest is the shortest datagram, in bytes, that is answered. No whole SIP request is shorter: Via, From, To,
// Call-ID, CSeq and Max-Forwards are in each (RFC 3261 section 8.1.1). A spoofed one that is shorter draws no
// reply several times its length.
const Shortest = 200

// Most is the longest reply to a request of n bytes: one and a half times as long, and 512 bytes for what a
// SIP response must repeat. Base64 alone takes four thirds.
func Most(n int) int { return n + n/2 + 512 }

// proofBytes of an HMAC-SHA256 are sent: half of it, as RFC 2104 section 5 allows.
const proofBytes = 16

// proof shows that the caller knows the token without sending it: requests cross the internet in clear and
// are kept in reports. use keeps the proofs of SIP and of voice apart.
func proof(token, use string, what []byte) []byte {
	mac := hmac.New(sha256.New, []byte(token))
	mac.Write([]byte("trunktester reflector " + use + "\x00"))
	mac.Write(what)
	return mac.Sum(nil)[:proofBytes]
}

// Sum is the first half of SHA-256, in hexadecimal: what a reflection without the message says of it.
func Sum(message []byte) string {
	sum := sha256.Sum256(message)
	return hex.EncodeToString(sum[:16])
}
