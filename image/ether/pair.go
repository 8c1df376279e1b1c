package ether

import (
	"errors"
	"fmt"
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// Pair is a connection for Serve, and its other end to hand to the emulator: -chardev socket,id=ether,fd=N
// -device usb-redir,chardev=ether.
func Pair() (net.Conn, *os.File, error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("a pair of sockets for the emulated Ethernet adapter: %w", err)
	}
	ours, theirs := os.NewFile(uintptr(fds[0]), "ether"), os.NewFile(uintptr(fds[1]), "ether of the emulator")
	conn, err := net.FileConn(ours)
	err = errors.Join(err, ours.Close()) // FileConn has its own
	if err != nil {
		theirs.Close() //nolint:errcheck // nothing was sent
		return nil, nil, err
	}
	return conn, theirs, nil
}
