package lab

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Copper is a cable between two ports that negotiate, as those of boards and switches do and virtual cables do
// not: two TAPs, and a relay that carries every frame from one to the other. What the ends agreed on is what the box's
// driver says (ethtool); the relay does not slow down to it.
type Copper struct {
	Mbit      int
	Half      bool          // half duplex
	Own, Peer []int         // bits of ethtool's link modes that the box's port and the router's offer
	VLAN      int           // the socket carries this VLAN only, with its tag; 0: frames without a tag
	Jitter    time.Duration // each frame waits up to this much longer, in each direction, on its own
}

// gigabitPort and fastPort are what ports of 1000 and 100 Mbit/s offer.
func gigabitPort() []int { return append(fastPort(), unix.ETHTOOL_LINK_MODE_1000baseT_Full_BIT) }

func fastPort() []int {
	return []int{unix.ETHTOOL_LINK_MODE_10baseT_Half_BIT, unix.ETHTOOL_LINK_MODE_10baseT_Full_BIT,
		unix.ETHTOOL_LINK_MODE_100baseT_Half_BIT, unix.ETHTOOL_LINK_MODE_100baseT_Full_BIT}
}

// laid is a Copper in use.
type laid struct {
	ends  [2]*os.File // the box's, the router's
	tasks sync.WaitGroup
}

// lay puts the cable between the box and a port of the router.
func (c Copper) lay(box *Host, name string, router *Host, port string) (*laid, error) {
	l := &laid{}
	for i, end := range []struct {
		host *Host
		name string
	}{{box, name}, {router, port}} {
		f, err := end.host.tapPort(end.name, unix.IFF_VNET_HDR) // so that no checksum is left open on the way
		if err != nil {
			l.close()
			return nil, err
		}
		l.ends[i] = f
	}
	if err := errors.Join(box.setLinkMode(name, c), box.up(name)); err != nil {
		l.close()
		return nil, err
	}
	l.relay(l.ends[0], l.ends[1], c.Jitter, c.fromBox)
	l.relay(l.ends[1], l.ends[0], c.Jitter, c.toBox)
	return l, nil
}

// vnetHeader is the length of struct virtio_net_hdr (include/uapi/linux/virtio_net.h), which stands before each frame.
const vnetHeader = 10

// fromBox is what a socket of the VLAN takes of a frame of the box: one with its tag, without it. nil is nothing.
func (c Copper) fromBox(frame []byte) []byte {
	const after = vnetHeader + 12
	switch {
	case c.VLAN == 0:
		return frame
	case len(frame) < after+4, frame[after] != 0x81, frame[after+1] != 0x00, int(frame[after+2]&0x0f)<<8|int(frame[after+3]) != c.VLAN:
		return nil
	}
	return slices.Concat(frame[:after], frame[after+4:])
}

// toBox is what such a socket makes of a frame towards the box. What a switch says of itself has no tag.
func (c Copper) toBox(frame []byte) []byte {
	const after = vnetHeader + 12
	own := func(first ...byte) bool { return bytes.HasPrefix(frame[vnetHeader:], first) }
	if c.VLAN == 0 || len(frame) < after || own(0x01, 0x80, 0xc2) || own(0x01, 0x00, 0x0c) {
		return frame
	}
	return slices.Concat(frame[:after], []byte{0x81, 0x00, byte(c.VLAN >> 8), byte(c.VLAN)}, frame[after:])
}

func (l *laid) relay(from, to *os.File, jitter time.Duration, change func([]byte) []byte) {
	l.tasks.Go(func() {
		buf := make([]byte, 1<<17)
		for {
			n, err := from.Read(buf)
			if err != nil {
				return // closed
			}
			frame := change(buf[:n])
			if frame == nil {
				continue
			}
			if jitter == 0 {
				to.Write(frame) //nolint:errcheck // an end that is down
				continue
			}
			frame = bytes.Clone(frame)
			time.AfterFunc(rand.N(jitter), func() { to.Write(frame) }) //nolint:errcheck // the same, or closed
		}
	})
}

func (l *laid) close() {
	for _, f := range l.ends {
		if f != nil {
			f.Close()
		}
	}
	l.tasks.Wait()
}

// linkSettings is struct ethtool_link_settings of include/uapi/linux/ethtool.h.
type linkSettings struct {
	command, speed                    uint32
	duplex, port, phy, autoneg        uint8
	mdio, mdix, mdixControl           uint8
	words                             int8 // length of each mask that follows
	transceiver, master, state, rates uint8
	_                                 [7]uint32
}

// setLinkMode makes a TAP's driver say what a real one would (tun_set_link_ksettings of drivers/net/tun.c).
func (h *Host) setLinkMode(name string, c Copper) error {
	return h.Do(func() error {
		settings := linkSettings{command: unix.ETHTOOL_GLINKSETTINGS}
		if err := ethtool(name, unsafe.Pointer(&settings)); err != nil { // asks how long a mask is
			return err
		}
		words := -int(settings.words)
		settings = linkSettings{command: unix.ETHTOOL_SLINKSETTINGS, speed: uint32(c.Mbit), duplex: 1, autoneg: 1, words: int8(words)}
		if c.Half {
			settings.duplex = 0
		}
		request, err := binary.Append(nil, binary.NativeEndian, settings)
		if err != nil {
			return err
		}
		for _, mask := range [][]int{c.Own, c.Own, c.Peer} { // supported, advertised, advertised by the other end
			bits := make([]uint32, words)
			for _, bit := range mask {
				bits[bit/32] |= 1 << (bit % 32)
			}
			if request, err = binary.Append(request, binary.NativeEndian, bits); err != nil {
				return err
			}
		}
		return ethtool(name, unsafe.Pointer(&request[0]))
	})
}

// ethtool does one SIOCETHTOOL on an interface of this thread's namespace.
func ethtool(name string, value unsafe.Pointer) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	request := struct {
		name  [unix.IFNAMSIZ]byte
		value unsafe.Pointer
		_     [16]byte
	}{value: value}
	copy(request.name[:], name)
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.SIOCETHTOOL, uintptr(unsafe.Pointer(&request))); errno != 0 {
		return fmt.Errorf("ethtool %#x on %s: %w", *(*uint32)(value), name, os.NewSyscallError("ioctl", errno))
	}
	return nil
}
