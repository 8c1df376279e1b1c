package probes

import (
	"net"

	"golang.org/x/sys/unix"
)

// tosSpace holds the control message with a datagram's TOS byte.
var tosSpace = unix.CmsgSpace(4)

// markTOS has a socket mark what it sends with the DSCP. Packets pass without the mark just as well, so that an error
// only matters to who asks for it.
func markTOS(conn *net.UDPConn, dscp int) error { return setIP(conn, unix.IP_TOS, dscp<<2) }

// receiveTOS has the kernel tell the TOS byte of each datagram that comes (ip(7)).
func receiveTOS(conn *net.UDPConn) error { return setIP(conn, unix.IP_RECVTOS, 1) }

func setIP(conn *net.UDPConn, option, value int) error {
	raw, err := conn.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	if err := raw.Control(func(fd uintptr) { failed = unix.SetsockoptInt(int(fd), unix.IPPROTO_IP, option, value) }); err != nil {
		return err
	}
	return failed
}

// receivedTOS is the TOS byte in the control messages, -1 where there is none.
func receivedTOS(oob []byte) int {
	messages, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return -1
	}
	for _, m := range messages {
		if m.Header.Level == unix.IPPROTO_IP && m.Header.Type == unix.IP_TOS && len(m.Data) >= 1 {
			return int(m.Data[0])
		}
	}
	return -1
}
