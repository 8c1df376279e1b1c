package netsetup

import (
	"errors"
	"fmt"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// vlanAlias marks a tagged interface as ours (IFLA_IFALIAS).
const vlanAlias = "trunktester"

// vlan gives the interface of the plan's VLAN: the kernel's where it has 802.1Q, else one of our own, which lasts until
// Undo.
func (s *Setup) vlan(parent netlink.Link) (netlink.Link, error) {
	if t := s.tagger; t != nil {
		if t.parent == parent.Attrs().Index {
			return netlink.LinkByName(t.link.Attrs().Name)
		}
		t.close() // the adapter was pulled and is back
		s.tagger = nil
	}
	l, err := tag(parent, s.plan.VLAN)
	if !errors.Is(err, unix.EOPNOTSUPP) {
		return l, err
	}
	t, err := newTagger(parent, s.plan.VLAN)
	if err != nil {
		return nil, err
	}
	s.tagger = t
	return t.link, nil
}

// tag gives the interface that carries the tag on top of parent, made now or left by an earlier run of ours.
// One that somebody else made is used as well, and not removed at the end.
func tag(parent netlink.Link, id int) (netlink.Link, error) {
	name := vlanName(parent.Attrs().Name, id)
	attrs := netlink.NewLinkAttrs()
	attrs.Name, attrs.ParentIndex, attrs.Alias = name, parent.Attrs().Index, vlanAlias
	err := netlink.LinkAdd(&netlink.Vlan{LinkAttrs: attrs, VlanId: id, VlanProtocol: netlink.VLAN_PROTOCOL_8021Q})
	switch {
	case err != nil && !errors.Is(err, unix.EEXIST):
		return nil, failed(err, needsAdmin, "add VLAN %d to %s", id, parent.Attrs().Name)
	case err == nil:
		if err := markVLAN(name); err != nil {
			return nil, err
		}
	}
	l, err := netlink.LinkByName(name)
	if err != nil {
		return nil, failed(err, needsAdmin, "find VLAN interface %s", name)
	}
	if v, ok := l.(*netlink.Vlan); !ok || v.VlanId != id || v.ParentIndex != parent.Attrs().Index {
		return nil, fmt.Errorf("add VLAN %d to %s: an interface %s is there already, and is another one", id, parent.Attrs().Name, name)
	}
	_, err = raise(l)
	return l, err
}

func markVLAN(name string) error {
	l, err := netlink.LinkByName(name)
	if err == nil {
		err = netlink.LinkSetAlias(l, vlanAlias)
	}
	if err != nil {
		return failed(err, needsAdmin, "mark VLAN interface %s", name)
	}
	return nil
}

// untagOwn ends a VLAN interface of our own.
func (s *Setup) untagOwn() {
	if s.tagger != nil {
		s.tagger.close()
		s.tagger = nil
	}
}

// untag removes a VLAN interface of ours and gives its parent.
func (s *Setup) untag(l netlink.Link) (parent netlink.Link, err error) {
	parent, err = Port(l.Attrs().Name)
	s.untagOwn()
	if err != nil {
		return nil, failed(err, needsAdmin, "find the parent of %s", l.Attrs().Name)
	}
	if l.Attrs().Alias != vlanAlias {
		return parent, nil
	}
	if err := netlink.LinkDel(l); gone(err) != nil {
		return nil, failed(err, needsAdmin, "remove VLAN interface %s", l.Attrs().Name)
	}
	return parent, nil
}

// vlanName is "eth0.7"; a name that would not fit (IFNAMSIZ) is made short.
func vlanName(parent string, id int) string {
	name := fmt.Sprintf("%s.%d", parent, id)
	if len(name) > unix.IFNAMSIZ-1 {
		return fmt.Sprintf("tt.%d", id)
	}
	return name
}
