package netsetup

import (
	"encoding/binary"
	"errors"
	"os"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// PacketSocket opens a socket (packet(7)) for whole Ethernet frames on an interface. It hands out what comes in and
// passes the filter, and nothing that this machine sends; what is written to it goes out. doing is for the error: "listen on
// eth0".
func PacketSocket(index int, filter []bpf.Instruction, doing string) (*os.File, error) {
	instructions, err := bpf.Assemble(filter)
	if err != nil {
		return nil, failed(err, needsRaw, "%s", doing)
	}
	program := make([]unix.SockFilter, len(instructions))
	for i, in := range instructions {
		program[i] = unix.SockFilter{Code: in.Op, Jt: in.Jt, Jf: in.Jf, K: in.K}
	}
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0) // 0: nothing comes in before Bind
	if err != nil {
		return nil, failed(err, needsRaw, "%s", doing)
	}
	all := binary.NativeEndian.Uint16(binary.BigEndian.AppendUint16(nil, unix.ETH_P_ALL))
	err = errors.Join(
		unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}),
		unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_IGNORE_OUTGOING, 1),
		unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: all, Ifindex: index}),
	)
	if err != nil {
		unix.Close(fd) //nolint:errcheck // a descriptor of our own
		return nil, failed(err, needsRaw, "%s", doing)
	}
	return os.NewFile(uintptr(fd), doing), nil
}
