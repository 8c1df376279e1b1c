// Package via opens sockets that leave through one interface, so that a laptop's other links never
// answer in the place of the cable that is tested.
package via

import (
	"context"
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// Interface is the name of the interface to leave through; "" lets the routing table choose.
type Interface string

// Control binds a socket to the interface (SO_BINDTODEVICE, socket(7)). It is made for the Control
// field of net.Dialer and net.ListenConfig.
func (i Interface) Control(_, _ string, c syscall.RawConn) error {
	if i == "" {
		return nil
	}
	var failed error
	if err := c.Control(func(fd uintptr) { failed = unix.BindToDevice(int(fd), string(i)) }); err != nil {
		return err
	}
	return failed
}

// Dialer gives a dialer that leaves through the interface.
func (i Interface) Dialer() *net.Dialer { return &net.Dialer{Control: i.Control} }

// ListenPacket opens a packet socket on the interface.
func (i Interface) ListenPacket(ctx context.Context, network, address string) (net.PacketConn, error) {
	return (&net.ListenConfig{Control: i.Control}).ListenPacket(ctx, network, address)
}
