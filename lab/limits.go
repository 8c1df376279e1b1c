package lab

import (
	"errors"
	"fmt"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// ProbeALG tries whether this kernel has the SIP helper: nil, ErrNoALG, or the reason why it could not
// be tried.
func ProbeALG() error {
	h, err := newHost("probe")
	if err != nil {
		return err
	}
	defer h.close()
	err = Filter{Outside: "lo", SIPALG: true}.apply(h)
	if errors.Is(err, ErrNoALG) {
		return ErrNoALG
	}
	return err
}

// probeVLAN tries whether this kernel has tagged interfaces (CONFIG_VLAN_8021Q).
func probeVLAN() error {
	h, err := newHost("probe")
	if err != nil {
		return err
	}
	defer h.close()
	lo, err := h.link("lo")
	if err != nil {
		return err
	}
	attrs := netlink.NewLinkAttrs()
	attrs.Name, attrs.ParentIndex = "lo.7", lo.Attrs().Index
	return h.nl.LinkAdd(&netlink.Vlan{LinkAttrs: attrs, VlanId: 7, VlanProtocol: netlink.VLAN_PROTOCOL_8021Q})
}

// Limits are the faults of the catalogue that no world here has, each with its reason.
func Limits() []string {
	limits := []string{
		"1-7 poor-link with damaged frames: no virtual port counts any",
	}
	if err := probeVLAN(); errors.Is(err, unix.EOPNOTSUPP) {
		limits = append(limits, "1-8 wrong-network by a server that answers in a VLAN only: this kernel has no VLAN interfaces (CONFIG_VLAN_8021Q)")
	}
	if err := ProbeALG(); err != nil {
		limits = append(limits, fmt.Sprintf("3-2 sip-alg: %v", err))
	}
	return limits
}
