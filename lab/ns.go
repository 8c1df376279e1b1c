package lab

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"
)

// Host is one machine of the lab: a network namespace with a name.
type Host struct {
	Name string
	ns   netns.NsHandle
	nl   *netlink.Handle

	cables int // laid from this host
}

// newHost makes an empty machine with its loopback up. IPv6 is off until a world has it switched on: router
// solicitations would only be noise on its wires.
func newHost(name string) (*Host, error) {
	h := &Host{Name: name, ns: netns.None()}
	err := onThread(func() error {
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			return cannot(err)
		}
		var err error
		h.ns, err = netns.Get()
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("make host %s: %w", name, err)
	}
	h.nl, err = netlink.NewHandleAt(h.ns, unix.NETLINK_ROUTE)
	if err == nil {
		err = h.sysctl("ipv6/conf/default/disable_ipv6", "1")
	}
	if err == nil {
		err = h.up("lo")
	}
	if err != nil {
		h.close()
		return nil, fmt.Errorf("make host %s: %w", name, err)
	}
	return h, nil
}

func (h *Host) close() {
	if h.nl != nil {
		h.nl.Close()
	}
	h.ns.Close() //nolint:errcheck // a descriptor of our own
}

// onThread runs fn on a thread of its own, which ends with it: whatever namespace fn entered is left
// for good.
func onThread(fn func() error) error {
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		done <- fn()
	}()
	return <-done
}

// Do runs fn inside the host. A socket opened there stays there, whoever uses it later; goroutines
// started by fn do not run inside.
func (h *Host) Do(fn func() error) error {
	return onThread(func() error {
		if err := netns.Set(h.ns); err != nil {
			return fmt.Errorf("enter host %s: %w", h.Name, err)
		}
		return fn()
	})
}

// Start starts a program inside the host and returns its end. The program is killed when this process
// dies. A fresh /sys shows it its own interfaces.
func (h *Host) Start(cmd *exec.Cmd) (wait func() error, err error) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
	started, ended := make(chan error, 1), make(chan error, 1)
	go func() { // one thread from start to end: the death signal follows it
		ended <- h.Do(func() error {
			err := ownSysfs()
			if err == nil {
				err = cmd.Start()
			}
			started <- err
			if err != nil {
				return err
			}
			return cmd.Wait()
		})
	}()
	select {
	case err := <-started:
		if err != nil {
			return nil, fmt.Errorf("start %s in %s: %w", cmd.Path, h.Name, err)
		}
	case err := <-ended:
		return nil, err
	}
	return func() error { return <-ended }, nil
}

// ownSysfs gives the thread, and what it starts, a /sys of the network namespace that it stands in.
// Where the kernel forbids it (a container that hides parts of /sys) the machine's own stays.
func ownSysfs() error {
	if err := unix.Unshare(unix.CLONE_NEWNS | unix.CLONE_FS); err != nil {
		return fmt.Errorf("own mounts: %w", err)
	}
	err := unix.Mount("sysfs", "/sys", "sysfs", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, "")
	if err != nil && !errors.Is(err, unix.EPERM) {
		return fmt.Errorf("mount sysfs: %w", err)
	}
	return nil
}

// ListenPacket opens a packet socket inside the host.
func (h *Host) ListenPacket(network, address string) (conn net.PacketConn, err error) {
	err = h.Do(func() error {
		conn, err = net.ListenPacket(network, address)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("host %s: %w", h.Name, err)
	}
	return conn, nil
}

// Listen opens a stream listener inside the host.
func (h *Host) Listen(network, address string) (l net.Listener, err error) {
	err = h.Do(func() error {
		l, err = net.Listen(network, address)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("host %s: %w", h.Name, err)
	}
	return l, nil
}

// hardware is the interface's hardware address as net.HardwareAddr prints it.
func (h *Host) hardware(name string) (string, error) {
	link, err := h.link(name)
	if err != nil {
		return "", err
	}
	return link.Attrs().HardwareAddr.String(), nil
}

// dialTCP opens a TCP connection from the host.
func (h *Host) dialTCP(address string) (conn net.Conn, err error) {
	err = h.Do(func() error {
		conn, err = (&net.Dialer{Timeout: dialPatience}).Dial("tcp4", address)
		return err
	})
	return conn, err
}

func (h *Host) sysctl(key, value string) error {
	return h.Do(func() error {
		file := filepath.Join("/proc/sys/net", key)
		err := os.WriteFile(file, []byte(value), 0)
		if errors.Is(err, os.ErrNotExist) && strings.HasPrefix(key, "ipv6/") {
			return nil // a kernel without IPv6
		}
		return err
	})
}

func (h *Host) link(name string) (netlink.Link, error) {
	link, err := h.nl.LinkByName(name)
	if err != nil {
		return nil, fmt.Errorf("interface %s of %s: %w", name, h.Name, err)
	}
	return link, nil
}

func (h *Host) up(name string) error   { return h.each(name, h.nl.LinkSetUp, "up") }
func (h *Host) down(name string) error { return h.each(name, h.nl.LinkSetDown, "down") }

func (h *Host) each(name string, do func(netlink.Link) error, what string) error {
	link, err := h.link(name)
	if err != nil {
		return err
	}
	if err := do(link); err != nil {
		return fmt.Errorf("interface %s of %s %s: %w", name, h.Name, what, err)
	}
	return nil
}

// called gives the interface this hardware address; "" leaves it its own.
func (h *Host) called(name, mac string) error {
	if mac == "" {
		return nil
	}
	address, err := net.ParseMAC(mac)
	if err != nil {
		return err
	}
	return h.each(name, func(link netlink.Link) error { return h.nl.LinkSetHardwareAddr(link, address) }, "with the address "+mac)
}

// mtu sets how large a packet of the interface may be.
func (h *Host) mtu(name string, bytes int) error {
	return h.each(name, func(link netlink.Link) error { return h.nl.LinkSetMTU(link, bytes) }, "with a smaller MTU")
}

// address gives the interface an address and brings it up.
func (h *Host) address(name string, prefixes ...string) error {
	link, err := h.link(name)
	if err != nil {
		return err
	}
	for _, prefix := range prefixes {
		addr, err := netlink.ParseAddr(prefix)
		if err != nil {
			return err
		}
		if addr.IP.To4() == nil {
			addr.Flags = unix.IFA_F_NODAD // nobody else has it: it is used at once
		}
		if err := h.nl.AddrAdd(link, addr); err != nil {
			return fmt.Errorf("address %s on %s of %s: %w", prefix, name, h.Name, err)
		}
	}
	return h.up(name)
}

// route sends dst ("default" or a prefix) through via.
func (h *Host) route(dst, via string) error {
	route := &netlink.Route{Gw: net.ParseIP(via)}
	if dst != "default" {
		prefix, err := netip.ParsePrefix(dst)
		if err != nil {
			return err
		}
		route.Dst = &net.IPNet{IP: prefix.Addr().AsSlice(), Mask: net.CIDRMask(prefix.Bits(), prefix.Addr().BitLen())}
	}
	if err := h.nl.RouteReplace(route); err != nil {
		return fmt.Errorf("route %s via %s in %s: %w", dst, via, h.Name, err)
	}
	return nil
}

// ownIndex is the first interface index of near ends of cables. A cable whose ends have the same index,
// in two namespaces, looks like no cable to the kernel, which then tells of its link only once a
// second (linkwatch_urgent_event in net/core/link_watch.c).
const ownIndex = 1000

// cable joins an interface of one host with one of another. Both ends are down.
func cable(a *Host, aName string, b *Host, bName string) error {
	attrs := netlink.NewLinkAttrs()
	attrs.Name, attrs.Namespace, attrs.Index = aName, netlink.NsFd(a.ns), ownIndex+a.cables
	a.cables++
	veth := &netlink.Veth{LinkAttrs: attrs, PeerName: bName, PeerNamespace: netlink.NsFd(b.ns)}
	if err := a.nl.LinkAdd(veth); err != nil {
		return fmt.Errorf("cable %s/%s to %s/%s: %w", a.Name, aName, b.Name, bName, err)
	}
	return nil
}

// bridge makes the host a switch over the named interfaces. Frames that only cross the switch are kept
// from the host's packet filter (br_netfilter), as in a real router.
func (h *Host) bridge(name string, ports ...string) error {
	attrs := netlink.NewLinkAttrs()
	attrs.Name = name
	br := &netlink.Bridge{LinkAttrs: attrs}
	if err := h.nl.LinkAdd(br); err != nil {
		return fmt.Errorf("bridge %s in %s: %w", name, h.Name, err)
	}
	err := h.sysctl("bridge/bridge-nf-call-iptables", "0")
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	for _, port := range ports {
		link, err := h.link(port)
		if err != nil {
			return err
		}
		if err := h.nl.LinkSetMaster(link, br); err != nil {
			return fmt.Errorf("port %s of bridge %s: %w", port, name, err)
		}
		if err := h.up(port); err != nil {
			return err
		}
	}
	return h.up(name)
}

// isolated lets a port of a switch of the host reach only those ports that are not isolated themselves.
func (h *Host) isolated(port string) error {
	link, err := h.link(port)
	if err != nil {
		return err
	}
	if err := h.nl.LinkSetIsolated(link, true); err != nil {
		return fmt.Errorf("isolate port %s in %s: %w", port, h.Name, err)
	}
	return nil
}
