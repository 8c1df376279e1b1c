package sip

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"syscall"
	"time"

	"trunktester/probes/facts"
	"trunktester/probes/via"
)

// Conn is one way to one server.
type Conn interface {
	// Ask sends the request and waits for its final reply. It never returns an error by itself: what went
	// wrong stands in the Exchange. Several may be asked at the same time.
	Ask(ctx context.Context, r Request, p Purpose) Exchange
	Transport() string // "udp", "tcp" or "tls"
	Local() netip.AddrPort
	Remote() netip.AddrPort
	Close() error
}

// Dialer opens the connections of one run.
type Dialer struct {
	Conduct *Conduct
	Via     via.Interface
	Source  netip.Addr // address to send from, to servers of its family; zero lets the routing table choose, as for others
	Avoid   []int      // source ports never used, beside 5060: the port that the PBX is expected on
	Agent   string     // User-Agent: "trunktester/1.2"
}

// Times are in one list beside their reasons.
const (
	connectTime = 4 * time.Second         // the kernel repeats its SYN after 1 and 3 s (RFC 6298)
	replyTime   = 4500 * time.Millisecond // over a stream; over UDP: four sends over 3.5 s, and lastReply
	lastReply   = time.Second             // for the answer to the last send over UDP
	provisional = 10 * time.Second        // patience with a server that said 1xx
)

// resends are the moments of the sends over UDP after the first: four sends over 3.5 s, as no verdict
// stands on one lost packet (faults.md, 3-1). Denser at first than timer E of RFC 3261 section 17.1.2.2.
var resends = []time.Duration{500 * time.Millisecond, 1500 * time.Millisecond, 3500 * time.Millisecond}

// The ports that Linux gives to clients (net.ipv4.ip_local_port_range).
const firstPort, lastPort = 32768, 60999

// draws is how many source ports are tried before giving up.
const draws = 20

// sourcePort draws a port that a PBX behind the same NAT does not use, so that the router never hands
// the box the PBX's own mapping.
func (d Dialer) sourcePort() int {
	for {
		port := firstPort + rand.IntN(lastPort-firstPort+1)
		if port != 5060 && !slices.Contains(d.Avoid, port) {
			return port
		}
	}
}

// bound calls open with one source port after another until one is free.
func (d Dialer) bound(open func(port int) error) error {
	var err error
	for range draws {
		if err = open(d.sourcePort()); !errors.Is(err, syscall.EADDRINUSE) {
			return err
		}
	}
	return err
}

func (d Dialer) source(remote netip.AddrPort) net.IP {
	if !d.Source.IsValid() || d.Source.Is4() != remote.Addr().Unmap().Is4() {
		return nil
	}
	return d.Source.AsSlice()
}

// UDP opens a socket connected to the server, so that ICMP errors come back on it.
func (d Dialer) UDP(ctx context.Context, remote netip.AddrPort) (*UDP, error) {
	var conn *net.UDPConn
	err := d.bound(func(port int) (err error) {
		conn, err = d.dialUDP(ctx, remote, port)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("open UDP socket to %s: %w", remote, err)
	}
	u := &UDP{dialer: d, remote: remote}
	u.local = u.listen(conn)
	return u, nil
}

// UDPFrom opens a socket as UDP does, from a port that is the PBX's: only while a person says that the PBX is unplugged
// (design section 7), so that nobody is there whose mapping in the router it could take.
func (d Dialer) UDPFrom(ctx context.Context, remote netip.AddrPort, port int) (*UDP, error) {
	conn, err := d.dialUDP(ctx, remote, port)
	if err != nil {
		return nil, fmt.Errorf("open UDP socket from port %d to %s: %w", port, remote, err)
	}
	u := &UDP{dialer: d, remote: remote}
	u.local = u.listen(conn)
	return u, nil
}

func (d Dialer) dialUDP(ctx context.Context, remote netip.AddrPort, port int) (*net.UDPConn, error) {
	dialer := d.Via.Dialer()
	dialer.LocalAddr = &net.UDPAddr{IP: d.source(remote), Port: port}
	conn, err := dialer.DialContext(ctx, "udp", remote.String())
	if err != nil {
		return nil, err
	}
	udp := conn.(*net.UDPConn)
	raw, err := udp.SyscallConn()
	if err == nil {
		err = WatchErrors(raw, remote.Addr().Is6() && !remote.Addr().Is4In6())
	}
	if err != nil {
		udp.Close()
		return nil, err
	}
	return udp, nil
}

// TCP connects. The answer tells how the connection ended; the error is nil only with facts.Answered.
func (d Dialer) TCP(ctx context.Context, remote netip.AddrPort) (*Stream, facts.Answer, error) {
	conn, answer, err := d.dialTCP(ctx, remote)
	if err != nil {
		return nil, answer, err
	}
	return newStream(d, "tcp", conn, remote), facts.Answered, nil
}

func (d Dialer) dialTCP(ctx context.Context, remote netip.AddrPort) (net.Conn, facts.Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, connectTime)
	defer cancel()
	var conn net.Conn
	err := d.bound(func(port int) (err error) {
		dialer := d.Via.Dialer()
		dialer.LocalAddr = &net.TCPAddr{IP: d.source(remote), Port: port}
		conn, err = dialer.DialContext(ctx, "tcp", remote.String())
		return err
	})
	if err != nil {
		return nil, connectAnswer(err), fmt.Errorf("connect to %s by TCP: %w", remote, err)
	}
	return conn, facts.Answered, nil
}

// connectAnswer reads the errno of connect(2).
func connectAnswer(err error) facts.Answer {
	var timeout net.Error
	switch {
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.ECONNRESET):
		return facts.Refused
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return facts.Unreachable
	case errors.Is(err, context.Canceled):
		return facts.CouldNotAsk
	case errors.As(err, &timeout) && timeout.Timeout():
		return facts.Silent
	}
	return facts.CouldNotAsk
}
