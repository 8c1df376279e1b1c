package probes

import (
	"context"
	"errors"
	"net"
	"syscall"

	"golang.org/x/sys/unix"

	"trunktester/probes/facts"
	"trunktester/probes/via"
)

// socketAnswer says what the end of a dial, a write or a read tells about the other end. A context that
// was cancelled, since enough was known, is Unasked; one whose time was up is Silent.
func socketAnswer(err error) facts.Answer {
	var timeout interface{ Timeout() bool }
	switch {
	case err == nil:
		return facts.Answered
	case errors.Is(err, context.Canceled):
		return facts.Unasked
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.ECONNRESET):
		return facts.Refused
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return facts.Unreachable
	case errors.As(err, &timeout) && timeout.Timeout():
		return facts.Silent
	}
	return facts.CouldNotAsk
}

// socketBetter is the more telling of two answers to the same question.
func socketBetter(a, b facts.Answer) facts.Answer {
	telling := []facts.Answer{facts.Answered, facts.Refused, facts.Unreachable, facts.Silent, facts.CouldNotAsk}
	for _, t := range telling {
		if a == t || b == t {
			return t
		}
	}
	return facts.Unasked
}

// socketDialer leaves through the interface, and its UDP sockets hear every ICMP error: without
// IP_RECVERR (ip(7)) Linux hides "host unreachable" and "net unreachable" from a UDP socket.
func socketDialer(i via.Interface) *net.Dialer {
	return &net.Dialer{Control: func(network, address string, c syscall.RawConn) error {
		if err := i.Control(network, address, c); err != nil {
			return err
		}
		if network != "udp4" {
			return nil
		}
		var failed error
		if err := c.Control(func(fd uintptr) {
			failed = unix.SetsockoptInt(int(fd), unix.SOL_IP, unix.IP_RECVERR, 1)
		}); err != nil {
			return err
		}
		return failed
	}}
}
