package capture

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net"

	"golang.org/x/net/bpf"
)

// own lets pass what comes from or goes to the address, and of the broadcasts only ARP and DHCP: what
// others say to each other is none of our business. It runs in the kernel, before a packet is copied.
func own(mac net.HardwareAddr) ([]bpf.RawInstruction, error) {
	if len(mac) == 0 { // loopback counts as all zero
		mac = make(net.HardwareAddr, 6)
	}
	if len(mac) != 6 {
		return nil, fmt.Errorf("link address %s is not Ethernet", mac)
	}
	high, low := binary.BigEndian.Uint32(mac[:4]), uint32(binary.BigEndian.Uint16(mac[4:]))
	const (
		everything = 1 << 18
		ethernet   = 14
	)
	return bpf.Assemble([]bpf.Instruction{
		bpf.LoadAbsolute{Off: 0, Size: 4}, // destination
		bpf.JumpIf{Val: high, SkipFalse: 2},
		bpf.LoadAbsolute{Off: 4, Size: 2},
		bpf.JumpIf{Val: low, SkipTrue: 17},
		bpf.LoadAbsolute{Off: 6, Size: 4}, // source
		bpf.JumpIf{Val: high, SkipFalse: 2},
		bpf.LoadAbsolute{Off: 10, Size: 2},
		bpf.JumpIf{Val: low, SkipTrue: 13},
		bpf.LoadAbsolute{Off: 0, Size: 4}, // broadcast
		bpf.JumpIf{Val: 0xffffffff, SkipFalse: 12},
		bpf.LoadAbsolute{Off: 4, Size: 2},
		bpf.JumpIf{Val: 0xffff, SkipFalse: 10},
		bpf.LoadAbsolute{Off: 12, Size: 2},
		bpf.JumpIf{Val: 0x0806, SkipTrue: 7},
		bpf.JumpIf{Val: 0x0800, SkipFalse: 7},
		bpf.LoadAbsolute{Off: ethernet + 9, Size: 1},
		bpf.JumpIf{Val: 17, SkipFalse: 5},
		bpf.LoadMemShift{Off: ethernet},
		bpf.LoadIndirect{Off: ethernet + 2, Size: 2}, // destination port
		bpf.JumpIf{Val: 67, SkipTrue: 1},
		bpf.JumpIf{Val: 68, SkipFalse: 1},
		bpf.RetConstant{Val: everything},
		bpf.RetConstant{Val: 0},
	})
}

// servedOn tells whether a frame belongs to a TCP connection that the box itself serves on the port.
func servedOn(port uint16, frame []byte, own net.HardwareAddr) bool {
	n, ok := networkLayer(frame)
	if !ok || n.protocol != protoTCP || n.fragment || len(n.payload) < 4 {
		return false
	}
	side := n.payload[2:4] // destination
	if bytes.Equal(frame[6:12], own) {
		side = n.payload[:2]
	}
	return binary.BigEndian.Uint16(side) == port
}
