package wire

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// Reflection is the body of a reply: what the reflector saw of the request. On the wire it is one line of
// base64, so that no device on the way back repairs what it broke on the way out; padding follows after a
// line end. Decoded, its first line holds the facts, and the message as received follows:
//
//	reflect/1 from=203.0.113.2:40001 transport=udp tos=184 length=612
type Reflection struct {
	Source    netip.AddrPort // where the request came from, as the reflector saw it
	Transport string         // "udp", "tcp" or "tls"
	TOS       int            // the byte of the IP header (DSCP times 4, and ECN), -1 where it was not seen (streams)
	Length    int            // bytes of the message as received
	Framing   Framing        // how the end of the message was found
	Refused   []string       // wishes that were not granted, of "delay", "port", "pad", "message"
	Sum       string         // Sum of the message, where only the facts were asked for or fit
	Message   []byte         // as received; nil where only the facts are told
}

// Framing says how the end of a message was found.
type Framing string

const (
	Framed Framing = ""      // one datagram; or Content-Length was right, as far as can be seen
	Short  Framing = "short" // a stream fell silent or ended before Content-Length was reached
	Long   Framing = "long"  // more came than Content-Length said, and it is not the next message
	Quiet  Framing = "quiet" // no usable Content-Length: the message ended with silence
)

const version = "reflect/1"

// Encoded is the body.
func (r Reflection) Encoded() []byte {
	plain := append([]byte(r.facts()), r.Message...)
	return base64.StdEncoding.AppendEncode(make([]byte, 0, base64.StdEncoding.EncodedLen(len(plain))), plain)
}

func (r Reflection) facts() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s from=%s transport=%s", version, r.Source, r.Transport)
	if r.TOS >= 0 {
		fmt.Fprintf(&b, " tos=%d", r.TOS)
	}
	fmt.Fprintf(&b, " length=%d", r.Length)
	for _, f := range []struct{ name, value string }{
		{"framing", string(r.Framing)}, {"refused", strings.Join(r.Refused, ",")}, {"sha256", r.Sum},
	} {
		if f.value != "" {
			b.WriteString(" " + f.name + "=" + f.value)
		}
	}
	return b.String() + "\r\n"
}

// ErrReflection is the error of a body that is no reflection: somebody else answered, or it was damaged on
// the way back.
var ErrReflection = errors.New("not a reflection")

// ParseReflection reads the body of a reply. The error is an ErrReflection, and no cause for a verdict by
// itself: another server may have answered.
func ParseReflection(body []byte) (Reflection, error) {
	line, _, _ := bytes.Cut(body, []byte("\n"))
	plain, err := base64.StdEncoding.AppendDecode(nil, bytes.TrimSpace(line))
	if err != nil {
		return Reflection{}, fmt.Errorf("%w: %w", ErrReflection, err)
	}
	head, message, ended := bytes.Cut(plain, []byte("\r\n"))
	words := strings.Fields(string(head))
	if !ended || len(words) == 0 || words[0] != version {
		return Reflection{}, fmt.Errorf("%w: its first line does not begin with %s", ErrReflection, version)
	}
	if bytes.ContainsFunc(head, func(r rune) bool { return r < ' ' || r > '~' }) {
		return Reflection{}, fmt.Errorf("%w: its first line is not printable", ErrReflection)
	}
	r := Reflection{TOS: -1}
	for _, word := range words[1:] {
		name, value, _ := strings.Cut(word, "=")
		var err error
		switch name {
		case "from":
			r.Source, err = netip.ParseAddrPort(value)
		case "transport":
			r.Transport = value
		case "tos":
			err = into(&r.TOS, value, 255)
		case "length":
			err = into(&r.Length, value, Longest)
		case "framing":
			r.Framing = Framing(value)
		case "refused":
			r.Refused = strings.Split(value, ",")
		case "sha256":
			r.Sum = value
		}
		if err != nil {
			return Reflection{}, fmt.Errorf("%w: %s: %w", ErrReflection, word, err)
		}
	}
	if !r.Source.IsValid() {
		return Reflection{}, fmt.Errorf("%w: it does not say from where", ErrReflection)
	}
	if r.Sum != "" {
		return r, nil
	}
	if r.Message = message; len(message) != r.Length {
		return Reflection{}, fmt.Errorf("%w: it holds %d bytes of %d", ErrReflection, len(message), r.Length)
	}
	return r, nil
}

func into(n *int, s string, most int) error {
	v, err := strconv.Atoi(s)
	if err == nil && (v < 0 || v > most) {
		err = strconv.ErrRange
	}
	*n = v
	return err
}
