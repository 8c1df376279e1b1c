package netsetup

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"github.com/vishvananda/netlink"
	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// tagger is an interface of a VLAN on a kernel that knows none: a TAP (tuntap.rst of the kernel's documentation), whose
// frames leave on the parent with a tag, and to which the parent's frames with that tag come without it.
type tagger struct {
	tap, wire *os.File
	link      netlink.Link
	parent    int // index
	end       context.CancelFunc
	tasks     sync.WaitGroup
}

// taggerAlias marks a TAP of ours, and names its parent (IFLA_IFALIAS).
const taggerAlias = vlanAlias + " on "

// newTagger begins to tag. It ends with close, or with the program.
func newTagger(parent netlink.Link, id int) (*tagger, error) {
	p := parent.Attrs()
	name := vlanName(p.Name, id)
	doing := fmt.Sprintf("add VLAN %d to %s", id, p.Name)
	wire, err := PacketSocket(p.Index, onlyTag(id), doing)
	if err != nil {
		return nil, err
	}
	t := &tagger{wire: wire, parent: p.Index, end: func() {}}
	if t.tap, err = openTAP(name); err == nil {
		err = joinAll(wire, p.Index)
	}
	if err == nil {
		t.link, err = dress(name, p)
	}
	if err != nil {
		t.close()
		if errors.Is(err, os.ErrNotExist) { // a machine without /dev/net/tun
			return nil, &NoVLAN{ID: id, Err: err}
		}
		return nil, failed(err, needsAdmin, "%s", doing)
	}
	ctx, end := context.WithCancel(context.Background())
	t.end = end
	t.tasks.Go(func() { t.out(id) })
	t.tasks.Go(t.in)
	t.tasks.Go(func() { t.follow(ctx, p.Name) })
	return t, nil
}

// close takes the interface away.
func (t *tagger) close() {
	t.end()
	for _, f := range []*os.File{t.wire, t.tap} {
		if f != nil {
			f.Close()
		}
	}
	t.tasks.Wait()
}

func openTAP(name string) (*os.File, error) {
	fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: "/dev/net/tun", Err: err}
	}
	request, err := unix.NewIfreq(name)
	if err == nil {
		request.SetUint16(unix.IFF_TAP | unix.IFF_NO_PI)
		err = unix.IoctlIfreq(fd, unix.TUNSETIFF, request)
	}
	if err != nil {
		unix.Close(fd) //nolint:errcheck // a descriptor of our own
		return nil, err
	}
	return os.NewFile(uintptr(fd), name), nil // after TUNSETIFF: before, the kernel has nothing to poll
}

// dress gives the TAP what an interface of a VLAN has of its parent: hardware address and frame size.
func dress(name string, parent *netlink.LinkAttrs) (netlink.Link, error) {
	l, err := netlink.LinkByName(name)
	if err != nil {
		return nil, err
	}
	err = errors.Join(
		netlink.LinkSetHardwareAddr(l, parent.HardwareAddr),
		netlink.LinkSetMTU(l, parent.MTU),
		netlink.LinkSetAlias(l, taggerAlias+parent.Name),
		netlink.LinkSetUp(l),
	)
	if err != nil {
		return nil, err
	}
	return netlink.LinkByName(name)
}

// joinAll lets multicast of the VLAN in: the parent does not know what the TAP has joined.
func joinAll(wire *os.File, index int) error {
	raw, err := wire.SyscallConn()
	if err != nil {
		return err
	}
	ctlErr := raw.Control(func(fd uintptr) {
		err = unix.SetsockoptPacketMreq(int(fd), unix.SOL_PACKET, unix.PACKET_ADD_MEMBERSHIP,
			&unix.PacketMreq{Ifindex: int32(index), Type: unix.PACKET_MR_ALLMULTI})
	})
	return errors.Join(ctlErr, err)
}

// onlyTag lets frames of one VLAN pass. The kernel takes the tag off and keeps it beside the frame.
func onlyTag(id int) []bpf.Instruction {
	return []bpf.Instruction{
		bpf.LoadExtension{Num: bpf.ExtVLANTagPresent},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: 0, SkipTrue: 4},
		bpf.LoadExtension{Num: bpf.ExtVLANTag},
		bpf.ALUOpConstant{Op: bpf.ALUOpAnd, Val: 0xfff},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: uint32(id), SkipTrue: 1},
		bpf.RetConstant{Val: 1 << 16},
		bpf.RetConstant{Val: 0},
	}
}

const (
	tagLen     = 4
	addressLen = 12 // of both hardware addresses, after which the tag stands (IEEE 802.1Q section 9.3)
)

// out sends the TAP's frames with their tag.
func (t *tagger) out(id int) {
	buf := make([]byte, tagLen+1<<16)
	for {
		n, err := t.tap.Read(buf[tagLen:])
		if err != nil {
			return // closed
		}
		if n >= addressLen {
			t.wire.Write(addTag(buf[:tagLen+n], id)) //nolint:errcheck // a cable that is out
		}
	}
}

// addTag makes the frame that begins after room for a tag one with that tag.
func addTag(room []byte, id int) []byte {
	copy(room, room[tagLen:tagLen+addressLen])
	binary.BigEndian.PutUint16(room[addressLen:], unix.ETH_P_8021Q)
	binary.BigEndian.PutUint16(room[addressLen+2:], uint16(id))
	return room
}

// in hands the frames of the VLAN to the TAP.
func (t *tagger) in() {
	buf := make([]byte, 1<<16)
	for {
		n, err := t.wire.Read(buf)
		switch {
		case errors.Is(err, os.ErrClosed), errors.Is(err, io.EOF):
			return
		case errors.Is(err, unix.ENETDOWN): // the cable was pulled
			continue
		case err != nil: // the adapter was pulled
			return
		}
		t.tap.Write(buf[:n]) //nolint:errcheck // as any interface, it may have no room
	}
}

// follow gives the TAP a carrier while the parent has one.
func (t *tagger) follow(ctx context.Context, parent string) {
	raw, err := t.tap.SyscallConn()
	if err != nil {
		return
	}
	for e := range Watch(ctx, parent) {
		carrier := 0
		if e.Carrier {
			carrier = 1
		}
		raw.Control(func(fd uintptr) { //nolint:errcheck // closed
			unix.IoctlSetPointerInt(int(fd), unix.TUNSETCARRIER, carrier) //nolint:errcheck // a kernel before 5.0
		})
	}
}

// Port is the interface on whose cable the frames of another one travel: the parent of an interface of a VLAN, else
// itself.
func Port(ifname string) (netlink.Link, error) {
	l, err := link(ifname)
	if err != nil {
		return nil, err
	}
	if tagged, ok := l.(*netlink.Vlan); ok {
		return netlink.LinkByIndex(tagged.ParentIndex)
	}
	if parent, ok := strings.CutPrefix(l.Attrs().Alias, taggerAlias); ok {
		return link(parent)
	}
	return l, nil
}
