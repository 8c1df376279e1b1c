package sip

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"syscall"

	"golang.org/x/sys/unix"

	"trunktester/probes/facts"
)

// Knock begins a TCP connection by IPv4 whose packets end after so many hops, and says what came back within ctx: an ICMP
// error with who sent it, or the connection's own end. A connection that is made is closed at once. The error is our own fault.
func (d Dialer) Knock(ctx context.Context, remote netip.AddrPort, hops int) (facts.Answer, *ICMPError, error) {
	var twin *os.File // of the socket, since the error queue outlives the failed connection
	dialer := d.Via.Dialer()
	bind := dialer.Control
	dialer.Control = func(network, address string, c syscall.RawConn) error {
		err := errors.Join(bind(network, address, c), WatchErrors(c, false))
		if twin != nil {
			err = errors.Join(err, twin.Close())
		}
		var failed error
		err = errors.Join(err, c.Control(func(fd uintptr) {
			var n int
			if failed = unix.SetsockoptInt(int(fd), unix.SOL_IP, unix.IP_TTL, hops); failed != nil {
				return
			}
			if n, failed = unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 0); failed == nil {
				twin = os.NewFile(uintptr(n), "twin")
			}
		}))
		return errors.Join(err, failed)
	}
	var conn net.Conn
	err := d.bound(func(port int) (err error) {
		dialer.LocalAddr = &net.TCPAddr{IP: d.source(remote), Port: port}
		conn, err = dialer.DialContext(ctx, "tcp4", remote.String())
		return err
	})
	if twin != nil {
		defer twin.Close()
	}
	if err == nil {
		return facts.Answered, nil, conn.Close()
	}
	if twin != nil {
		if raw, rawErr := twin.SyscallConn(); rawErr == nil {
			for _, e := range DrainErrors(raw) {
				return facts.Unreachable, &e, nil
			}
		}
	}
	answer := connectAnswer(err)
	if answer == facts.Refused || answer == facts.Silent {
		return answer, nil, nil
	}
	return answer, nil, fmt.Errorf("connect to %s with time to live %d: %w", remote, hops, err)
}
