// Package siptest is a small real SIP server for tests, with switches and a memory of what it saw. It
// listens where it is told; on loopback unless the test made a network namespace of its own.
package siptest

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"trunktester/probes/sip"
)

// Switches say how the server behaves; the zero value answers as a healthy registrar does: 200 to OPTIONS
// and 401 to REGISTER.
type Switches struct {
	Options  int                   // status for OPTIONS: 0 is 200, -1 is silence
	Register int                   // status for REGISTER: 0 is 401, -1 is silence
	Drop     int                   // requests that are dropped before the first answer
	Trying   bool                  // say 100 first
	Received string                // "": as RFC 3261 section 18.2.1 and RFC 3581 say; "always"; "never"; "names": only for a host name
	SeenAs   netip.AddrPort        // pretend that requests come from here
	Headers  []string              // further header lines of every answer
	Mangle   func(s string) string // what a device on the way does to an answer
	Swallow  func(s string) bool   // what a device on the way does not let pass
	Delay    time.Duration
}

// Seen is one request as the server got it.
type Seen struct {
	At   time.Time
	From netip.AddrPort
	Raw  string
}

// Server answers SIP.
type Server struct {
	mu       sync.Mutex
	switches Switches
	seen     []Seen
	closers  []io.Closer
	running  sync.WaitGroup
}

// New gives a server that is closed with the test.
func New(t testing.TB, s Switches) *Server {
	server := &Server{switches: s}
	t.Cleanup(server.Close)
	return server
}

// UDP listens on address, "127.0.0.1:0" for any port.
func (s *Server) UDP(t testing.TB, address string) netip.AddrPort {
	t.Helper()
	conn, err := net.ListenPacket("udp", address)
	if err != nil {
		t.Fatal(err)
	}
	s.keep(conn)
	s.running.Go(func() {
		buffer := make([]byte, 65535)
		for {
			n, from, err := conn.ReadFrom(buffer)
			if err != nil {
				return
			}
			s.answer(string(buffer[:n]), from.(*net.UDPAddr).AddrPort(), func(reply string) { conn.WriteTo([]byte(reply), from) })
		}
	})
	return conn.LocalAddr().(*net.UDPAddr).AddrPort()
}

// TCP listens on address.
func (s *Server) TCP(t testing.TB, address string) netip.AddrPort {
	t.Helper()
	listener, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	return s.serve(listener)
}

// TLS listens on address with the given configuration.
func (s *Server) TLS(t testing.TB, address string, config *tls.Config) netip.AddrPort {
	t.Helper()
	listener, err := tls.Listen("tcp", address, config)
	if err != nil {
		t.Fatal(err)
	}
	return s.serve(listener)
}

// Set changes the switches.
func (s *Server) Set(change func(*Switches)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.switches)
}

// Seen is everything that came, in order.
func (s *Server) Seen() []Seen {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Seen{}, s.seen...)
}

// Close ends all listeners and connections.
func (s *Server) Close() {
	s.mu.Lock()
	for _, c := range s.closers {
		c.Close()
	}
	s.mu.Unlock()
	s.running.Wait()
}

func (s *Server) keep(c io.Closer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closers = append(s.closers, c)
}

func (s *Server) serve(listener net.Listener) netip.AddrPort {
	s.keep(listener)
	s.running.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			s.keep(conn)
			s.running.Go(func() { s.stream(conn) })
		}
	})
	return listener.Addr().(*net.TCPAddr).AddrPort()
}

// stream answers one connection.
func (s *Server) stream(conn net.Conn) {
	defer conn.Close()
	from := conn.RemoteAddr().(*net.TCPAddr).AddrPort()
	var pending string
	buffer := make([]byte, 4096)
	for {
		n, err := conn.Read(buffer)
		if err != nil {
			return
		}
		pending += string(buffer[:n])
		for {
			head, rest, whole := strings.Cut(pending, "\r\n\r\n")
			if !whole {
				break
			}
			length, _ := strconv.Atoi(sip.Split([]byte(head + "\r\n\r\n")).Get("Content-Length"))
			if len(rest) < length {
				break
			}
			body := rest[:length]
			pending = rest[length:]
			s.answer(head+"\r\n\r\n"+body, from, func(reply string) { io.WriteString(conn, reply) })
		}
	}
}

func (s *Server) answer(raw string, from netip.AddrPort, write func(string)) {
	from = netip.AddrPortFrom(from.Addr().Unmap(), from.Port())
	s.mu.Lock()
	s.seen = append(s.seen, Seen{time.Now(), from, raw})
	sw := s.switches
	drop := s.switches.Drop > 0
	if drop {
		s.switches.Drop--
	}
	s.mu.Unlock()
	request := sip.Split([]byte(raw))
	code := status(sw, request.Method)
	if drop || code < 0 || sw.Swallow != nil && sw.Swallow(raw) {
		return
	}
	time.Sleep(sw.Delay)
	if sw.Trying {
		write(sw.reply(request, 100, from))
	}
	text := sw.reply(request, code, from)
	if sw.Mangle != nil {
		text = sw.Mangle(text)
	}
	write(text)
}

func status(sw Switches, method string) int {
	switch {
	case method == sip.OPTIONS && sw.Options != 0:
		return sw.Options
	case method == sip.OPTIONS:
		return 200
	case method == sip.REGISTER && sw.Register != 0:
		return sw.Register
	case method == sip.REGISTER:
		return 401
	}
	return 405
}

func (sw Switches) reply(request *sip.Message, code int, from netip.AddrPort) string {
	if sw.SeenAs.IsValid() {
		from = sw.SeenAs
	}
	var b strings.Builder
	fmt.Fprintf(&b, "SIP/2.0 %d Test\r\n", code)
	fmt.Fprintf(&b, "Via: %s\r\n", sw.via(request, from))
	for _, name := range []string{"From", "To", "Call-ID", "CSeq"} {
		value := request.Get(name)
		if name == "To" && code > 100 {
			value += ";tag=server"
		}
		fmt.Fprintf(&b, "%s: %s\r\n", name, value)
	}
	if code == 401 {
		fmt.Fprintf(&b, "WWW-Authenticate: Digest realm=\"sip.example.net\", nonce=\"%s\", qop=\"auth\", algorithm=MD5\r\n", sip.Token(12))
	}
	for _, line := range sw.Headers {
		b.WriteString(line + "\r\n")
	}
	b.WriteString("Server: siptest\r\nContent-Length: 0\r\n\r\n")
	return b.String()
}

// via adds received and rport to the topmost Via.
func (sw Switches) via(request *sip.Message, from netip.AddrPort) string {
	via := request.Get("Via")
	_, rport := request.Via().Params.Get("rport")
	if rport {
		via = strings.Replace(via, ";rport", ";rport="+strconv.Itoa(int(from.Port())), 1)
	}
	sentBy := sip.HostPort(request.Via().SentBy).Addr()
	add := map[string]bool{"": rport || sentBy != from.Addr(), "always": true, "names": !sentBy.IsValid()}
	if add[sw.Received] {
		via += ";received=" + from.Addr().String()
	}
	return via
}
