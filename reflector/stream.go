package reflector

import (
	"bufio"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"

	"trunktester/reflector/wire"
)

// Bounds of connections.
const (
	mostConns     = 1024
	mostConnsEach = 8 // of one address
	writeTime     = 5 * time.Second
	handshakeTime = 5 * time.Second
)

// conns are the open connections.
type conns struct {
	mu   sync.Mutex
	of   map[netip.Addr]int
	open map[net.Conn]struct{}
}

func newConns() *conns { return &conns{of: map[netip.Addr]int{}, open: map[net.Conn]struct{}{}} }

func (c *conns) add(conn net.Conn, from netip.Addr) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	from = site(from)
	if len(c.open) >= mostConns || c.of[from] >= mostConnsEach {
		return false
	}
	c.open[conn] = struct{}{}
	c.of[from]++
	return true
}

func (c *conns) remove(conn net.Conn, from netip.Addr) {
	c.mu.Lock()
	defer c.mu.Unlock()
	from = site(from)
	delete(c.open, conn)
	if c.of[from]--; c.of[from] == 0 {
		delete(c.of, from)
	}
}

func (c *conns) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.open)
}

// each calls f for every open connection.
func (c *conns) each(f func(net.Conn)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for conn := range c.open {
		f(conn)
	}
}

// accept takes connections until the listener is closed. config is nil for TCP.
func (s *Server) accept(l net.Listener, config *tls.Config) {
	for {
		conn, err := l.Accept()
		if err != nil {
			if s.stopping() || errors.Is(err, net.ErrClosed) {
				return
			}
			select { // out of descriptors, most likely: give those in use time to end
			case <-s.stopped:
			case <-time.After(100 * time.Millisecond):
			}
			continue
		}
		from := unmapped(conn.RemoteAddr().(*net.TCPAddr).AddrPort())
		// A connection costs the more where it is TLS, so it counts as a reply does.
		if !s.admitted(s.connLimit.take(from.Addr(), time.Now())) {
			conn.Close()
			continue
		}
		if !s.conns.add(conn, from.Addr()) {
			s.counts.drop(dropConn)
			conn.Close()
			continue
		}
		s.inFlight.Go(func() {
			defer s.conns.remove(conn, from.Addr())
			defer conn.Close()
			s.converse(conn, from, config)
		})
	}
}

// converse answers the requests of one connection.
func (s *Server) converse(conn net.Conn, from netip.AddrPort, config *tls.Config) {
	transport := "tcp"
	if config != nil {
		transport = "tls"
		secured := tls.Server(conn, config)
		conn.SetDeadline(time.Now().Add(handshakeTime))
		if secured.Handshake() != nil {
			s.counts.drop(dropMalformed)
			return
		}
		conn.SetDeadline(time.Time{})
		defer secured.Close() // says goodbye, so that the caller can tell an end from a cut
		conn = secured
	}
	in := framer{bufio.NewReaderSize(conn, 2*wire.Longest), func(d time.Duration) { s.deadline(conn, d) }}
	for !s.stopping() {
		raw, framing, err := in.next(idleTime)
		if err != nil {
			s.broken(err)
			return
		}
		given, ok := s.answer(raw, arrival{from: from, transport: transport, tos: -1, framing: framing}, false, time.Now())
		if !ok || !s.due(given, from.Addr()) {
			return
		}
		if given.bytes == nil {
			continue
		}
		conn.SetWriteDeadline(time.Now().Add(writeTime))
		if _, err := conn.Write(given.bytes); err != nil {
			s.counts.drop(dropSend)
			return
		}
		s.counts.answers[transport].Inc()
		if framing != wire.Framed {
			return
		}
	}
}

// due waits until the reply may be sent; false when the reflector stops before.
func (s *Server) due(given answer, to netip.Addr) bool {
	if given.delay == 0 {
		return true
	}
	now := make(chan struct{})
	s.later.after(given.delay, to, func() { close(now) })
	select {
	case <-now:
		return true
	case <-s.stopped:
		return false
	}
}

// broken counts why a stream was given up: not when the caller just ended it or was silent.
func (s *Server) broken(err error) {
	var timeout interface{ Timeout() bool }
	switch {
	case errors.Is(err, errTooLong):
		s.counts.drop(dropTooLong)
	case errors.Is(err, io.EOF), errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &timeout):
	default:
		s.counts.drop(reason(err))
	}
}

// deadline sets the read deadline, unless the reflector is stopping: then it has passed already.
func (s *Server) deadline(conn net.Conn, d time.Duration) {
	conn.SetReadDeadline(time.Now().Add(d))
	if s.stopping() {
		conn.SetReadDeadline(time.Now())
	}
}
