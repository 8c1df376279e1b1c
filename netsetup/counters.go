package netsetup

import (
	"encoding/binary"
	"fmt"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"trunktester/probes/facts"
)

// iflaCarrierDownCount is IFLA_CARRIER_DOWN_COUNT of include/uapi/linux/if_link.h.
const iflaCarrierDownCount = 48

// LinkCounters reads what the kernel counts on the cable of the interface.
func LinkCounters(ifname string) (facts.Counters, error) {
	l, err := Port(ifname) // a VLAN damages no frames
	if err != nil {
		return facts.Counters{}, err
	}
	request := nl.NewNetlinkRequest(unix.RTM_GETLINK, unix.NLM_F_ACK)
	message := nl.NewIfInfomsg(unix.AF_UNSPEC)
	message.Index = int32(l.Attrs().Index)
	request.AddData(message)
	replies, err := request.Execute(unix.NETLINK_ROUTE, 0)
	if err != nil {
		return facts.Counters{}, failed(err, needsAdmin, "read the counters of %s", ifname)
	}
	for _, reply := range replies {
		return counters(reply)
	}
	return facts.Counters{}, fmt.Errorf("read the counters of %s: the kernel answered nothing", ifname)
}

// counters reads one RTM_NEWLINK. Only damage that is done on the cable counts: a frame that the box was too slow
// to take is no fault of it. A kernel before 4.16 counts no losses.
func counters(reply []byte) (facts.Counters, error) {
	if len(reply) < unix.SizeofIfInfomsg {
		return facts.Counters{}, fmt.Errorf("read the counters: an answer of %d bytes", len(reply))
	}
	l, err := netlink.LinkDeserialize(nil, reply)
	if err != nil {
		return facts.Counters{}, fmt.Errorf("read the counters: %w", err)
	}
	attributes, err := nl.ParseRouteAttr(reply[unix.SizeofIfInfomsg:])
	if err != nil {
		return facts.Counters{}, fmt.Errorf("read the counters: %w", err)
	}
	var c facts.Counters
	if s := l.Attrs().Statistics; s != nil {
		c.Received, c.Damaged = int(s.RxPackets), int(s.RxCrcErrors+s.RxFrameErrors)
	}
	for _, a := range attributes {
		if a.Attr.Type == iflaCarrierDownCount && len(a.Value) == 4 {
			c.Losses = int(binary.NativeEndian.Uint32(a.Value))
		}
	}
	return c, nil
}
