package netsetup

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv4"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// Limits of a second address.
const (
	borrowPatience = 5 * time.Second // the server has just given us the first one
	borrowLonger   = time.Minute     // a program that is killed leaves it behind for so long at most
)

// Borrowed is a second address of the box on the same LAN, for a measurement.
type Borrowed struct {
	Addr netip.Addr

	ifname string
	wire   *dhcpWire
	ack    *dhcpv4.DHCPv4
	added  *netlink.Addr
}

// Borrow asks the DHCP server for one more address, in the name of a device that does not exist, and sets it on the
// interface for as long as the measurement takes. It must lie in the same subnet. Close gives it back.
func Borrow(ctx context.Context, ifname string, subnet netip.Prefix, takes time.Duration) (*Borrowed, error) {
	wire, err := dialDHCP(ifname)
	if err != nil {
		return nil, err
	}
	wire.mac = stranger()
	b := &Borrowed{ifname: ifname, wire: wire}
	if err := b.lease(ctx, subnet, takes); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return b, nil
}

func (b *Borrowed) lease(ctx context.Context, subnet netip.Prefix, takes time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, borrowPatience)
	defer cancel()
	// By broadcast: the interface does not hear what is sent to the stranger's hardware address.
	run, err := (&dhcpClient{wire: b.wire, broadcast: true}).acquire(ctx)
	if err != nil {
		return err
	}
	if run.ACK == nil {
		return errors.New("the DHCP server gave no second address")
	}
	b.ack = run.ACK
	addr := run.Lease.Prefix.Addr()
	if !subnet.Contains(addr) || addr == subnet.Addr() {
		return fmt.Errorf("the DHCP server gave %s, which is of no use beside %s", addr, subnet)
	}
	link, err := netlink.LinkByName(b.ifname)
	if err != nil {
		return failed(err, needsAdmin, "find interface %s", b.ifname)
	}
	seconds := int((takes + borrowLonger).Seconds())
	added := &netlink.Addr{IPNet: ipNet(netip.PrefixFrom(addr, 32)), Flags: unix.IFA_F_NOPREFIXROUTE, ValidLft: seconds, PreferedLft: seconds}
	if err := netlink.AddrAdd(link, added); err != nil {
		return failed(err, needsAdmin, "set the second address %s of %s", addr, b.ifname)
	}
	b.Addr, b.added = addr, added
	return nil
}

// Close takes the address away and gives it back to the server (RFC 2131 section 4.4.6), as far as it was had.
func (b *Borrowed) Close() error {
	var errs []error
	if b.added != nil {
		link, err := netlink.LinkByName(b.ifname)
		if err == nil {
			err = gone(netlink.AddrDel(link, b.added))
		}
		errs = append(errs, err)
	}
	if b.ack != nil {
		m, err := dhcpv4.NewReleaseFromACK(b.ack)
		if err == nil {
			err = b.wire.send(m)
		}
		errs = append(errs, err)
	}
	return errors.Join(append(errs, b.wire.Close())...)
}

// stranger is a hardware address that no maker gives: locally administered, for one station (IEEE 802-2014
// section 8.2).
func stranger() net.HardwareAddr {
	mac := make(net.HardwareAddr, 6)
	rand.Read(mac) // never fails (crypto/rand)
	mac[0] = mac[0]&^1 | 2
	return mac
}
