package sip

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"syscall"

	"golang.org/x/sys/unix"

	"trunktester/probes/facts"
)

// ICMPError is an ICMP error that came back for one of our datagrams (ip(7), IP_RECVERR).
type ICMPError struct {
	Offender   netip.Addr // who sent it: the server itself, or a firewall or router on the way
	Type, Code int
	MTU        int    // of "fragmentation needed", 0 otherwise
	Quoted     []byte // our payload as the offender saw it, as far as it was quoted
}

// The ICMP types of a message whose time to live ended on the way.
const (
	timeExceeded  = 11 // RFC 792
	timeExceeded6 = 3  // RFC 4443 section 3.3
)

// expired says that the message's time to live ended at the offender.
func (e ICMPError) expired() bool {
	if e.Offender.Is6() {
		return e.Type == timeExceeded6
	}
	return e.Type == timeExceeded
}

// Fact is the error without its quotation; provider says that the offender is the server that was asked.
func (e ICMPError) Fact(server netip.Addr) facts.ICMP {
	return facts.ICMP{Offender: e.Offender, Type: e.Type, Code: e.Code, Provider: e.Offender == server}
}

func (e ICMPError) String() string {
	if e.Offender.Is6() {
		return fmt.Sprintf("ICMPv6 type %d code %d from %s", e.Type, e.Code, e.Offender)
	}
	return fmt.Sprintf("ICMP type %d code %d from %s", e.Type, e.Code, e.Offender)
}

// WatchErrors asks the kernel to queue the ICMP errors of a connected socket, for DrainErrors.
func WatchErrors(c syscall.RawConn, v6 bool) error {
	level, option := unix.SOL_IP, unix.IP_RECVERR
	if v6 {
		level, option = unix.SOL_IPV6, unix.IPV6_RECVERR
	}
	var failed error
	if err := c.Control(func(fd uintptr) { failed = unix.SetsockoptInt(int(fd), level, option, 1) }); err != nil {
		return err
	}
	return failed
}

// DrainErrors empties the error queue of a socket; it does not wait.
func DrainErrors(c syscall.RawConn) []ICMPError {
	var all []ICMPError
	payload, control := make([]byte, 2048), make([]byte, 512)
	c.Control(func(fd uintptr) {
		for {
			n, oobn, _, _, err := unix.Recvmsg(int(fd), payload, control, unix.MSG_ERRQUEUE|unix.MSG_DONTWAIT)
			if err != nil {
				return
			}
			if e, ok := parseErrors(control[:oobn]); ok {
				e.Quoted = append([]byte{}, payload[:n]...)
				all = append(all, e)
			}
		}
	})
	return all
}

// Origins of struct sock_extended_err (include/uapi/linux/errqueue.h).
const (
	originICMP  = 2
	originICMP6 = 3
)

// parseErrors reads the control message: sock_extended_err {u32 errno; u8 origin, type, code, pad; u32 info,
// data} and the sockaddr of the offender behind it.
func parseErrors(control []byte) (ICMPError, bool) {
	messages, err := unix.ParseSocketControlMessage(control)
	if err != nil {
		return ICMPError{}, false
	}
	for _, m := range messages {
		if d := m.Data; len(d) >= 16 && (d[4] == originICMP || d[4] == originICMP6) {
			e := ICMPError{Type: int(d[5]), Code: int(d[6]), MTU: int(binary.NativeEndian.Uint32(d[8:]))}
			switch {
			case d[4] == originICMP && len(d) >= 24:
				e.Offender = netip.AddrFrom4([4]byte(d[20:24]))
			case d[4] == originICMP6 && len(d) >= 40:
				e.Offender = netip.AddrFrom16([16]byte(d[24:40])).Unmap()
			}
			return e, true
		}
	}
	return ICMPError{}, false
}
