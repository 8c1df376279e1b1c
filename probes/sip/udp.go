package sip

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
)

// UDP is a socket connected to one server, with further doors when a test needs them.
type UDP struct {
	dialer  Dialer
	remote  netip.AddrPort
	local   netip.AddrPort
	open    transactions
	mu      sync.Mutex
	doors   []*net.UDPConn // the first one sends
	readers sync.WaitGroup
}

// Transport is "udp".
func (u *UDP) Transport() string { return "udp" }

// Local is the address and port that requests leave from.
func (u *UDP) Local() netip.AddrPort { return u.local }

// Remote is the server.
func (u *UDP) Remote() netip.AddrPort { return u.remote }

// Door opens a second socket to the same server that only listens, and gives its address: a reply that
// comes to it was sent there by a device on the way.
func (u *UDP) Door(ctx context.Context) (netip.AddrPort, error) {
	var conn *net.UDPConn
	err := u.dialer.bound(func(port int) (err error) {
		conn, err = u.dialer.dialUDP(ctx, u.remote, port)
		return err
	})
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("open second UDP socket to %s: %w", u.remote, err)
	}
	return u.listen(conn), nil
}

// Close ends the sockets and waits for their readers.
func (u *UDP) Close() error {
	u.mu.Lock()
	var errs []error
	for _, door := range u.doors {
		errs = append(errs, door.Close())
	}
	u.doors = nil
	u.mu.Unlock()
	u.readers.Wait()
	return errors.Join(errs...)
}

func (u *UDP) listen(conn *net.UDPConn) netip.AddrPort {
	local := unmapped(conn.LocalAddr().(*net.UDPAddr).AddrPort())
	u.mu.Lock()
	u.doors = append(u.doors, conn)
	u.mu.Unlock()
	u.readers.Go(func() { u.read(conn, local) })
	return local
}

// read delivers what comes to one door until it is closed.
func (u *UDP) read(conn *net.UDPConn, door netip.AddrPort) {
	buffer := make([]byte, 65535)
	for {
		n, err := conn.Read(buffer)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		now := time.Now()
		if err != nil {
			u.errors(conn, door, now)
			continue
		}
		u.open.deliver(arrival{at: now, door: door, raw: append([]byte{}, buffer[:n]...)})
	}
}

func (u *UDP) errors(conn *net.UDPConn, door netip.AddrPort, at time.Time) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return
	}
	for _, e := range DrainErrors(raw) {
		u.open.deliver(arrival{at: at, door: door, icmp: &e})
	}
}

func (u *UDP) sender() *net.UDPConn {
	u.mu.Lock()
	defer u.mu.Unlock()
	if len(u.doors) == 0 {
		return nil
	}
	return u.doors[0]
}

func (u *UDP) write(b []byte) error {
	conn := u.sender()
	if conn == nil {
		return net.ErrClosed
	}
	_, err := conn.Write(b)
	if pending(err) { // the ICMP error of an earlier datagram; this one was not sent
		u.errors(conn, u.local, time.Now())
		_, err = conn.Write(b)
	}
	if pending(err) {
		return nil // it is evidence and stands in the error queue
	}
	return err
}

func pending(err error) bool {
	return errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.EHOSTUNREACH) || errors.Is(err, syscall.ENETUNREACH)
}

// hops sets the time to live, which IPv6 calls the hop limit.
func (u *UDP) hops(conn *net.UDPConn, hops int) error {
	if u.remote.Addr().Unmap().Is4() {
		return ipv4.NewConn(conn).SetTTL(hops)
	}
	return ipv6.NewConn(conn).SetHopLimit(hops)
}

// Ask sends the request, four times over 3.5 s while nothing comes back, and waits one second more.
func (u *UDP) Ask(ctx context.Context, r Request, p Purpose) Exchange {
	if r.Hops > 0 {
		if conn := u.sender(); conn != nil {
			if err := u.hops(conn, r.Hops); err != nil {
				return Exchange{Request: r, Err: fmt.Errorf("set the time to live: %w", err)}
			}
		}
	}
	return ask(ctx, u.dialer, u, &u.open, r, p, u.write, resends, func() {
		if conn := u.sender(); conn != nil {
			u.errors(conn, u.local, time.Now())
		}
	})
}
