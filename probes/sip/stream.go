package sip

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"time"
)

// Stream is a TCP or TLS connection to one server.
type Stream struct {
	dialer    Dialer
	transport string
	conn      net.Conn
	local     netip.AddrPort
	remote    netip.AddrPort
	open      transactions
	writing   sync.Mutex
	reader    sync.WaitGroup
	wanted    bool
}

func newStream(d Dialer, transport string, conn net.Conn, remote netip.AddrPort) *Stream {
	s := &Stream{dialer: d, transport: transport, conn: conn, remote: remote}
	s.local = unmapped(conn.LocalAddr().(*net.TCPAddr).AddrPort())
	s.reader.Go(s.read)
	return s
}

// Transport is "tcp" or "tls".
func (s *Stream) Transport() string { return s.transport }

// Local is our end of the connection.
func (s *Stream) Local() netip.AddrPort { return s.local }

// Remote is the server.
func (s *Stream) Remote() netip.AddrPort { return s.remote }

// CertificateWanted says that the server asked for a client certificate in the handshake. With TLS 1.3 its
// refusal comes only after the handshake: then no request is answered.
func (s *Stream) CertificateWanted() bool { return s.wanted }

// Close ends the connection and waits for its reader.
func (s *Stream) Close() error {
	err := s.conn.Close()
	s.reader.Wait()
	return err
}

// Ask sends the request once, as the stream repeats by itself, and waits for the reply.
func (s *Stream) Ask(ctx context.Context, r Request, p Purpose) Exchange {
	return ask(ctx, s.dialer, s, &s.open, r, p, s.write, nil, func() {})
}

func (s *Stream) write(b []byte) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	s.conn.SetWriteDeadline(time.Now().Add(replyTime))
	_, err := s.conn.Write(b)
	return err
}

func (s *Stream) read() {
	r := bufio.NewReader(s.conn)
	for {
		raw, err := ReadMessage(r)
		now := time.Now()
		if len(raw) > 0 {
			s.open.deliver(arrival{at: now, door: s.local, raw: raw})
		}
		if err != nil {
			s.open.close(fmt.Errorf("read from %s: %w", s.remote, err))
			return
		}
	}
}

// Bounds of a message on a stream.
const (
	mostHead = 64 << 10
	mostBody = 256 << 10
)

var errTooLong = errors.New("message longer than a SIP message should be")

// ReadMessage frames by Content-Length (RFC 3261 section 18.3), skipping the line ends of keep-alives. What
// came before an error is given as well.
func ReadMessage(r *bufio.Reader) ([]byte, error) {
	var head bytes.Buffer
	for {
		line, err := r.ReadSlice('\n')
		if blank := len(bytes.TrimRight(line, "\r\n")) == 0; !blank || head.Len() > 0 {
			head.Write(line)
			if blank && err == nil {
				break
			}
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return head.Bytes(), err
		}
		if head.Len() > mostHead {
			return head.Bytes(), errTooLong
		}
	}
	length, _ := strconv.Atoi(Split(head.Bytes()).Get("Content-Length"))
	if length < 0 || length > mostBody {
		return head.Bytes(), errTooLong
	}
	body := make([]byte, length)
	n, err := io.ReadFull(r, body)
	return append(head.Bytes(), body[:n]...), err
}
