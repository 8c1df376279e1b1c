package registrar

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/netip"
	"time"

	"trunktester/probes/sip"
)

// Bounds of the sockets.
const (
	mostConnections = 8
	mostDatagram    = 16 << 10        // bytes; a REGISTER has some hundred
	idle            = 2 * time.Minute // a PBX keeps its connection alive more often (RFC 5626 section 4.4.1)
	handshake       = 5 * time.Second
	sending         = 2 * time.Second
)

// readPackets answers over UDP until the socket is closed.
func (c *Check) readPackets() {
	buf := make([]byte, mostDatagram)
	for {
		n, from, err := c.packets.ReadFromUDPAddrPort(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue // an ICMP error for an answer that nobody took
		}
		from = netip.AddrPortFrom(from.Addr().Unmap(), from.Port())
		if !c.neighbour(from.Addr()) {
			c.count(&c.strangers)
			continue
		}
		if reply := c.answer(buf[:n], from, "udp"); reply != nil {
			c.packets.WriteToUDPAddrPort(reply, sip.Split(buf[:n]).ReplyTo(from)) // lost, as any datagram may be
		}
	}
}

// accept takes connections until the listener is closed.
func (c *Check) accept(ctx context.Context, l net.Listener) {
	for ctx.Err() == nil {
		conn, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil { // no descriptor left: others will be free soon
			select {
			case <-ctx.Done():
			case <-time.After(100 * time.Millisecond):
			}
			continue
		}
		from := conn.RemoteAddr().(*net.TCPAddr).AddrPort()
		from = netip.AddrPortFrom(from.Addr().Unmap(), from.Port())
		if !c.neighbour(from.Addr()) {
			conn.Close()
			c.count(&c.strangers)
			continue
		}
		select {
		case c.slots <- struct{}{}:
			c.serving.Go(func() {
				defer func() { <-c.slots }()
				c.serve(ctx, conn, from)
			})
		default:
			conn.Close()
		}
	}
}

// serve answers on one connection until it ends.
func (c *Check) serve(ctx context.Context, conn net.Conn, from netip.AddrPort) {
	if !c.keep(ctx, conn) {
		return
	}
	defer c.drop(conn)
	stream, transport, ok := c.begin(conn)
	if !ok {
		return
	}
	in := bufio.NewReader(stream)
	for {
		stream.SetReadDeadline(time.Now().Add(idle))
		raw, err := sip.ReadMessage(in)
		if err != nil {
			return
		}
		if reply := c.answer(raw, from, transport); reply != nil {
			stream.SetWriteDeadline(time.Now().Add(sending))
			if _, err := stream.Write(reply); err != nil {
				return
			}
		}
	}
}

// keep remembers a connection, so that the end of the check closes it.
func (c *Check) keep(ctx context.Context, conn net.Conn) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if ctx.Err() != nil {
		conn.Close()
		return false
	}
	c.conns[conn] = struct{}{}
	return true
}

func (c *Check) drop(conn net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.conns, conn)
	conn.Close()
}

// begin finds out whether the other side speaks TLS, on whichever port.
func (c *Check) begin(conn net.Conn) (stream net.Conn, transport string, ok bool) {
	first := &peeked{Conn: conn, in: bufio.NewReader(conn)}
	conn.SetReadDeadline(time.Now().Add(idle))
	b, err := first.in.Peek(1)
	if err != nil {
		c.count(&c.unread)
		return nil, "", false
	}
	if b[0] != recordHandshake {
		return first, "tcp", true
	}
	conn.SetDeadline(time.Now().Add(handshake))
	secure := tls.Server(first, c.secure)
	if err := secure.Handshake(); err != nil {
		c.count(&c.refused)
		return nil, "", false
	}
	conn.SetDeadline(time.Time{})
	return secure, "tls", true
}

// recordHandshake is the first byte of a TLS connection (RFC 8446 section 5.1). No SIP message begins so.
const recordHandshake = 22

// peeked is a connection whose first bytes were looked at.
type peeked struct {
	net.Conn
	in *bufio.Reader
}

func (p *peeked) Read(b []byte) (int, error) { return p.in.Read(b) }

// certificate is one that nobody has signed: the box cannot have the provider's. Its dates fit a box that
// believes it is 1970, and old PBXs are heard as well.
func certificate(domain string, own netip.Addr) (*tls.Config, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make a key for the PBX check: %w", err)
	}
	leaf := x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "trunktester PBX check"}, DNSNames: []string{domain}, IPAddresses: []net.IP{own.AsSlice()},
		NotBefore: time.Unix(0, 0), NotAfter: time.Date(2049, 12, 31, 0, 0, 0, 0, time.UTC), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	der, err := x509.CreateCertificate(rand.Reader, &leaf, &leaf, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("make a certificate for the PBX check: %w", err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MinVersion: tls.VersionTLS10}, nil
}
