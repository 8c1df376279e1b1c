package serve

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"
)

// streamLimit bounds one message on a stream; no lab message is larger than a UDP datagram.
const streamLimit = datagramLimit

// stream answers one connection until it ends.
func (r *Registrar) stream(conn net.Conn, transport string) {
	from, local := addrPort(conn.RemoteAddr()), addrPort(conn.LocalAddr())
	in := bufio.NewReaderSize(conn, streamLimit)
	for {
		b, err := readMessage(in)
		if errors.Is(err, errPing) {
			if !r.Settings().Silent {
				_, _ = conn.Write([]byte("\r\n")) // the pong of RFC 5626 section 4.4.1
			}
			continue
		}
		if err != nil {
			if len(b) > 0 {
				r.receive(time.Now(), b, transport, from, local) // a fragment: remembered, not answered
			}
			return
		}
		if reply, _ := r.receive(time.Now(), b, transport, from, local); reply != nil {
			if _, err := conn.Write(reply); err != nil {
				return
			}
		}
	}
}

// errPing is the keep-alive CRLF CRLF between messages.
var errPing = errors.New("keep-alive")

// readMessage takes one SIP message off a stream (RFC 3261 section 18.3). With an error it gives the
// bytes that were there.
func readMessage(in *bufio.Reader) ([]byte, error) {
	var b bytes.Buffer
	for {
		line, err := in.ReadSlice('\n')
		b.Write(line)
		if err != nil { // a line of more than streamLimit among them
			return b.Bytes(), err
		}
		if b.Len() > streamLimit {
			return b.Bytes(), fmt.Errorf("SIP header of more than %d bytes", streamLimit)
		}
		if len(bytes.TrimRight(line, "\r\n")) == 0 {
			if len(bytes.TrimSpace(b.Bytes())) > 0 {
				break
			}
			if bytes.Count(b.Bytes(), []byte("\n")) == 2 {
				return nil, errPing
			}
		}
	}
	head, err := parseSIP(b.Bytes())
	if err != nil {
		return b.Bytes(), err
	}
	length := 0
	if v := head.get("content-length"); v != "" {
		if length, err = strconv.Atoi(strings.TrimSpace(v)); err != nil || length < 0 || length > streamLimit {
			return b.Bytes(), fmt.Errorf("Content-Length %q on a stream", v)
		}
	}
	_, err = io.CopyN(&b, in, int64(length))
	return b.Bytes(), err
}
