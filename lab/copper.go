package lab

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
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
	l.relay(l.ends[0], l.ends[1], c.Jitter)
	l.relay(l.ends[1], l.ends[0], c.Jitter)
	return l, nil
}

func (l *laid) relay(from, to *os.File, jitter time.Duration) {
	l.tasks.Go(func() {
		buf := make([]byte, 1<<17)
		for {
			n, err := from.Read(buf)
			if err != nil {
				return // closed
			}
			if jitter == 0 {
				to.Write(buf[:n]) //nolint:errcheck // an end that is down
				continue
			}
			frame := bytes.Clone(buf[:n])
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
