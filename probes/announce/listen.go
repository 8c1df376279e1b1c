package announce

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"
	"unsafe"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"

	"trunktester/netsetup"
	"trunktester/probes/facts"
)

// Listener remembers what it heard on one cable. The zero value is ready; its methods may be called from several
// goroutines.
type Listener struct {
	mu      sync.Mutex
	heard   facts.Neighbour
	since   time.Time     // of the listening that goes on; zero when none does
	already time.Duration // of those before
	err     error         // why the last listening ended early
}

// groups are the addresses to which LLDP (nearest bridge, not-TPMR bridge, customer bridge; the second is that of
// 802.1X as well) and CDP are sent.
var groups = [][6]byte{
	{0x01, 0x80, 0xc2, 0, 0, 0x0e}, {0x01, 0x80, 0xc2, 0, 0, 0x03}, {0x01, 0x80, 0xc2, 0, 0, 0x00}, {0x01, 0x00, 0x0c, 0xcc, 0xcc, 0xcc},
}

// Listen listens on the cable of the interface until ctx ends. Heard tells why it could not.
func (l *Listener) Listen(ctx context.Context, ifname string) {
	l.change(func() { l.since, l.err = time.Now(), nil })
	err := l.listen(ctx, ifname)
	l.change(func() {
		if ctx.Err() == nil {
			l.err = err
		}
		if !l.since.IsZero() {
			l.already += time.Since(l.since)
		}
		l.since = time.Time{}
	})
}

// Heard is what was heard so far. The error says that nobody can listen on this machine: a *netsetup.NoPermission, or
// what the kernel answered.
func (l *Listener) Heard() (facts.Neighbour, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	heard, listened := l.heard, l.already
	if !l.since.IsZero() {
		listened += time.Since(l.since)
	}
	heard.Listened, heard.Tagged = facts.Duration(listened), append([]int{}, heard.Tagged...)
	return heard, l.err
}

// Forget drops all that was heard: the cable leads elsewhere now, or nowhere.
func (l *Listener) Forget() {
	l.change(func() {
		l.heard, l.already = facts.Neighbour{}, 0
		if !l.since.IsZero() {
			l.since = time.Now()
		}
	})
}

func (l *Listener) change(do func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	do()
}

func (l *Listener) listen(ctx context.Context, ifname string) error {
	file, err := open(ifname)
	if err != nil {
		return err
	}
	defer file.Close()
	defer context.AfterFunc(ctx, func() { file.Close() })()
	raw, err := file.SyscallConn()
	if err != nil {
		return err
	}
	frame, control := make([]byte, 2048), make([]byte, 256)
	for {
		var n, cn int
		var failed error
		err := raw.Read(func(fd uintptr) bool {
			n, cn, _, _, failed = unix.Recvmsg(int(fd), frame, control, 0)
			return failed != unix.EAGAIN
		})
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			return fmt.Errorf("listen on %s: %w", ifname, err)
		case errors.Is(failed, unix.ENETDOWN), errors.Is(failed, unix.EINTR): // the cable or the adapter was pulled
			continue
		case failed != nil:
			return fmt.Errorf("listen on %s: %w", ifname, failed)
		}
		vlan := tagOf(control[:cn])
		l.change(func() { Take(&l.heard, frame[:n], vlan) })
	}
}

// open gives a socket that sees what comes in over the cable and may be an announcement.
func open(ifname string) (*os.File, error) {
	port, err := netsetup.Port(ifname)
	if err != nil {
		return nil, err
	}
	index, doing := port.Attrs().Index, "listen on "+port.Attrs().Name
	file, err := netsetup.PacketSocket(index, filter(), doing)
	if err != nil {
		return nil, err
	}
	raw, err := file.SyscallConn()
	if err == nil {
		ctlErr := raw.Control(func(fd uintptr) { err = join(int(fd), index) })
		err = errors.Join(ctlErr, err)
	}
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("%s: %w", doing, err)
	}
	return file, nil
}

// join asks the adapter for the announcements, and the kernel for the tags that it takes off.
func join(fd, index int) error {
	err := unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_AUXDATA, 1)
	for _, group := range groups {
		m := unix.PacketMreq{Ifindex: int32(index), Type: unix.PACKET_MR_MULTICAST, Alen: uint16(len(group))}
		copy(m.Address[:], group[:])
		err = errors.Join(err, unix.SetsockoptPacketMreq(fd, unix.SOL_PACKET, unix.PACKET_ADD_MEMBERSHIP, &m))
	}
	return err
}

// filter lets pass what came with a tag, LLDP, 802.1X and CDP, and spares the program all else.
func filter() []bpf.Instruction {
	const most, none = 2048, 0
	return []bpf.Instruction{
		bpf.LoadExtension{Num: bpf.ExtVLANTagPresent},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: 0, SkipTrue: 7},
		bpf.LoadAbsolute{Off: 12, Size: 2},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: etherTypeLLDP, SkipTrue: 5},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: etherTypeEAPOL, SkipTrue: 4},
		bpf.LoadAbsolute{Off: 0, Size: 4},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: binary.BigEndian.Uint32(cdpAddress), SkipTrue: 3},
		bpf.LoadAbsolute{Off: 4, Size: 2},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: uint32(binary.BigEndian.Uint16(cdpAddress[4:])), SkipTrue: 1},
		bpf.RetConstant{Val: most},
		bpf.RetConstant{Val: none},
	}
}

// tagOf is the VLAN of the tag that the kernel took off a frame (struct tpacket_auxdata), 0 for none.
func tagOf(control []byte) int {
	messages, err := unix.ParseSocketControlMessage(control)
	if err != nil {
		return 0
	}
	i := slices.IndexFunc(messages, func(m unix.SocketControlMessage) bool {
		return m.Header.Level == unix.SOL_PACKET && m.Header.Type == unix.PACKET_AUXDATA && len(m.Data) >= int(unsafe.Sizeof(unix.TpacketAuxdata{}))
	})
	if i < 0 {
		return 0
	}
	aux := (*unix.TpacketAuxdata)(unsafe.Pointer(&messages[i].Data[0]))
	if aux.Status&unix.TP_STATUS_VLAN_VALID == 0 {
		return 0
	}
	return int(aux.Vlan_tci & 0xfff)
}
