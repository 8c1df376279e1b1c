package reflector

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"time"

	"trunktester/reflector/wire"
)

// Patience on a stream.
const (
	idleTime  = time.Minute            // between two requests
	headTime  = 5 * time.Second        // for a header, from its first byte
	bodyTime  = 2 * time.Second        // for missing bytes of a body: two retransmissions of TCP (RFC 6298)
	quietTime = 500 * time.Millisecond // the end of a message whose length cannot be trusted
)

var errTooLong = errors.New("message longer than is reflected")

// framer takes messages off a stream. Where Content-Length was damaged on the way, as by a device that changes
// SDP and not the length, the message must be reflected all the same, so the length is only believed as far as
// the rest agrees: the length of the body that the caller sent (wire.Wish.Body), what stands behind it, and silence.
type framer struct {
	r    *bufio.Reader
	wait func(time.Duration) // sets the read deadline
}

// next is the next message, and how its end was found; after anything but wire.Framed the stream is out of step.
// idle is the patience for its first byte.
func (f framer) next(idle time.Duration) ([]byte, wire.Framing, error) {
	raw, err := f.head(idle)
	if err != nil {
		return nil, "", err
	}
	r, err := parse(raw)
	if err != nil {
		return nil, "", err
	}
	switch {
	case r.length < 0:
		raw, err = f.untilQuiet(raw)
		return raw, wire.Quiet, err
	case len(raw)+r.length > wire.Longest:
		return nil, "", errTooLong
	}
	head := len(raw)
	for len(raw) < head+r.length {
		f.wait(bodyTime)
		part := make([]byte, head+r.length-len(raw))
		n, err := f.r.Read(part)
		raw = append(raw, part[:n]...)
		if err != nil && len(raw) < head+r.length {
			return raw, wire.Short, nil
		}
	}
	if r.wish.Body >= 0 && r.wish.Body != r.length { // body or length was changed: what is behind may still be on its way
		f.wait(quietTime)
		f.r.Peek(1) // an error is the silence that a good length has behind it
	}
	if f.followed() {
		return raw, wire.Framed, nil
	}
	raw, err = f.untilQuiet(raw)
	return raw, wire.Long, err
}

// head reads up to and with the empty line. Line ends before it are keep-alives (RFC 5626 section 4.4.1).
func (f framer) head(idle time.Duration) ([]byte, error) {
	f.wait(idle)
	for {
		b, err := f.r.ReadByte()
		if err != nil {
			return nil, err
		}
		if b != '\r' && b != '\n' {
			break
		}
	}
	f.r.UnreadByte() // cannot fail after ReadByte
	f.wait(headTime)
	var raw []byte
	for {
		line, err := f.r.ReadSlice('\n')
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return nil, err
		}
		if raw = append(raw, line...); len(raw) > wire.Longest {
			return nil, errTooLong
		}
		if err == nil && len(bytes.TrimRight(line, "\r\n")) == 0 {
			return raw, nil
		}
	}
}

// followed says whether the stream goes on as it should behind a message: with nothing yet, with keep-alives, or
// with another request, of which perhaps only the beginning has come.
func (f framer) followed() bool {
	rest, _ := f.r.Peek(f.r.Buffered()) // cannot fail: it is buffered
	rest = bytes.TrimLeft(rest, "\r\n")
	line, _, ended := bytes.Cut(rest, []byte("\n"))
	if ended {
		_, _, ok := startLine(bytes.TrimSuffix(line, []byte("\r")))
		return ok
	}
	name, uri, spaced := bytes.Cut(line, []byte(" "))
	uri = bytes.ToLower(uri)
	return (len(name) == 0 || method(name)) && (!spaced || bytes.HasPrefix(uri, []byte("sip")) || bytes.HasPrefix([]byte("sip"), uri))
}

// untilQuiet adds what comes until the stream is silent or ends.
func (f framer) untilQuiet(raw []byte) ([]byte, error) {
	part := make([]byte, 2048)
	for {
		f.wait(quietTime)
		n, err := f.r.Read(part)
		if raw = append(raw, part[:n]...); len(raw) > wire.Longest {
			return nil, errTooLong
		}
		if err != nil && !errors.Is(err, io.ErrNoProgress) {
			return raw, nil
		}
	}
}
