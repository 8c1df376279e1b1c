package netsetup

import (
	"errors"
	"net"
	"os"
	"slices"

	"github.com/mdlayher/genetlink"
	mdnetlink "github.com/mdlayher/netlink"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// Wired lists the interfaces that a network cable can hang on, by name: Ethernet adapters and the ends
// of virtual cables; no loopback, bridges, bridge ports, tunnels or wireless. It asks the kernel by
// netlink, which tells the truth in a network namespace, where /sys does not.
func Wired() ([]string, error) {
	links, err := netlink.LinkList()
	if err != nil {
		return nil, failed(err, needsAdmin, "list the network interfaces")
	}
	radios, err := wireless()
	if err != nil {
		return nil, err
	}
	var names []string
	for _, l := range links {
		if a := l.Attrs(); cabled(l.Type(), a) && !radios[uint32(a.Index)] {
			names = append(names, a.Name)
		}
	}
	slices.Sort(names)
	return names, nil
}

func cabled(kind string, a *netlink.LinkAttrs) bool {
	return a.EncapType == "ether" && a.Flags&net.FlagLoopback == 0 && a.MasterIndex == 0 &&
		len(a.HardwareAddr) == 6 && slices.Contains([]string{"device", "veth", "macvlan"}, kind)
}

// pick finds the interface to use: the named one, or the first wired one.
func pick(name string) (netlink.Link, error) {
	if name == "" {
		wired, err := Wired()
		if err != nil {
			return nil, err
		}
		if len(wired) == 0 {
			return nil, &NoInterface{}
		}
		name = wired[0]
	}
	return link(name)
}

// link finds an interface by its name.
func link(name string) (netlink.Link, error) {
	l, err := netlink.LinkByName(name)
	if missing := (netlink.LinkNotFoundError{}); errors.As(err, &missing) {
		wired, err := Wired()
		if err != nil {
			return nil, err
		}
		return nil, &NoInterface{Name: name, Wired: wired}
	}
	if err != nil {
		return nil, failed(err, needsAdmin, "find interface %s", name)
	}
	return l, nil
}

// nl80211 numbers, from include/uapi/linux/nl80211.h.
const (
	nl80211GetInterface = 5 // NL80211_CMD_GET_INTERFACE
	nl80211IfIndex      = 3 // NL80211_ATTR_IFINDEX
)

// wireless gives the indexes of the interfaces that nl80211 knows. A kernel without it has none.
func wireless() (map[uint32]bool, error) {
	conn, err := genetlink.Dial(nil)
	if err != nil {
		return nil, failed(err, needsAdmin, "ask for the wireless interfaces")
	}
	defer conn.Close()
	family, err := conn.GetFamily("nl80211")
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, unix.ENOENT) {
		return nil, nil
	}
	if err != nil {
		return nil, failed(err, needsAdmin, "ask for the wireless interfaces")
	}
	replies, err := conn.Execute(genetlink.Message{Header: genetlink.Header{Command: nl80211GetInterface}},
		family.ID, mdnetlink.Request|mdnetlink.Dump)
	if err != nil {
		return nil, failed(err, needsAdmin, "list the wireless interfaces")
	}
	return radioIndexes(replies)
}

func radioIndexes(replies []genetlink.Message) (map[uint32]bool, error) {
	radios := make(map[uint32]bool)
	for _, m := range replies {
		attrs, err := mdnetlink.NewAttributeDecoder(m.Data)
		if err != nil {
			return nil, failed(err, needsAdmin, "read the list of wireless interfaces")
		}
		for attrs.Next() {
			if attrs.Type() == nl80211IfIndex {
				radios[attrs.Uint32()] = true
			}
		}
		if err := attrs.Err(); err != nil {
			return nil, failed(err, needsAdmin, "read the list of wireless interfaces")
		}
	}
	return radios, nil
}
