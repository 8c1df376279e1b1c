package reflector

import (
	"encoding/binary"
	"net"
	"net/netip"
	"unsafe"

	"golang.org/x/sys/unix"
)

// controlSpace holds the control messages of one datagram: the address it came to and its TOS byte.
var controlSpace = unix.CmsgSpace(unix.SizeofInet6Pktinfo) + unix.CmsgSpace(4)

// observe asks the kernel to tell of each datagram where it came to and its TOS byte, and to let routers cut a
// reply in pieces: a long one must not be lost to a path MTU that was not known (ip(7), ipv6(7)).
func observe(c *net.UDPConn, ip6 bool) error {
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	options := [][3]int{{unix.IPPROTO_IP, unix.IP_PKTINFO, 1}, {unix.IPPROTO_IP, unix.IP_RECVTOS, 1}, {unix.IPPROTO_IP, unix.IP_MTU_DISCOVER, unix.IP_PMTUDISC_DONT}}
	if ip6 {
		options = [][3]int{{unix.IPPROTO_IPV6, unix.IPV6_RECVPKTINFO, 1}, {unix.IPPROTO_IPV6, unix.IPV6_RECVTCLASS, 1}}
	}
	var failed error
	err = raw.Control(func(fd uintptr) {
		for _, o := range options {
			if failed = unix.SetsockoptInt(int(fd), o[0], o[1], o[2]); failed != nil {
				return
			}
		}
	})
	if err == nil {
		err = failed
	}
	return err
}

// seen reads the control messages: the address that the datagram came to, and its TOS byte, -1 for not told.
func seen(oob []byte) (to netip.Addr, tos int) {
	tos = -1
	messages, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return to, tos
	}
	for _, m := range messages {
		switch {
		case m.Header.Level == unix.IPPROTO_IP && m.Header.Type == unix.IP_PKTINFO && len(m.Data) >= unix.SizeofInet4Pktinfo:
			to = netip.AddrFrom4([4]byte(m.Data[4:8])) // ipi_spec_dst: our own address, also after a broadcast
		case m.Header.Level == unix.IPPROTO_IPV6 && m.Header.Type == unix.IPV6_PKTINFO && len(m.Data) >= unix.SizeofInet6Pktinfo:
			to = netip.AddrFrom16([16]byte(m.Data[:16]))
		case m.Header.Level == unix.IPPROTO_IP && m.Header.Type == unix.IP_TOS && len(m.Data) >= 1:
			tos = int(m.Data[0])
		case m.Header.Level == unix.IPPROTO_IPV6 && m.Header.Type == unix.IPV6_TCLASS && len(m.Data) >= 4:
			tos = int(binary.NativeEndian.Uint32(m.Data)) & 0xff
		}
	}
	return to, tos
}

// control is for a reply from the address that was asked (a host may have several, an anycast one among them),
// marked with the class.
func control(from netip.Addr, dscp int) []byte {
	var b []byte
	switch {
	case from.Is4():
		b = append(b, unix.PktInfo4(&unix.Inet4Pktinfo{Spec_dst: from.As4()})...)
	case from.Is6() && !from.IsLinkLocalUnicast(): // link-local needs the interface, which the zone names
		b = append(b, unix.PktInfo6(&unix.Inet6Pktinfo{Addr: from.As16()})...)
	}
	if dscp > 0 {
		level, kind := unix.IPPROTO_IP, unix.IP_TOS
		if from.Is6() {
			level, kind = unix.IPPROTO_IPV6, unix.IPV6_TCLASS
		}
		b = append(b, tosMessage(level, kind, dscp<<2)...)
	}
	return b
}

func tosMessage(level, kind, tos int) []byte {
	b := make([]byte, unix.CmsgSpace(4))
	h := (*unix.Cmsghdr)(unsafe.Pointer(&b[0]))
	h.Level, h.Type = int32(level), int32(kind)
	h.SetLen(unix.CmsgLen(4))
	binary.NativeEndian.PutUint32(b[unix.CmsgLen(0):], uint32(tos))
	return b
}
