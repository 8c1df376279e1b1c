package netnstest

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"runtime"
	"testing"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
)

// LAN is a switch with the box's cable in it. The box is the test's own namespace.
type LAN struct {
	t     testing.TB
	sw    *space
	ports int
	box   string // the box's port on the switch
}

// New builds a LAN; the box's end of the cable is named ifname and is down, as a fresh adapter is.
func New(t testing.TB, ifname string) *LAN {
	t.Helper()
	if why := os.Getenv(inside); why != "yes" {
		Skip(t, why)
	}
	l := &LAN{t: t, sw: newSpace(t)}
	l.sw.do(func() error {
		if err := netlink.LinkAdd(&netlink.Bridge{LinkAttrs: attrs("br0")}); err != nil {
			return err
		}
		return up("br0")
	})
	l.box = l.Second(ifname)
	return l
}

// cable leads from a new port of the switch to ifname in the given space, or in the test's own.
func (l *LAN) cable(ifname string, to *space) (port string) {
	l.t.Helper()
	port = fmt.Sprintf("port%d", l.ports)
	l.ports++
	pair := &netlink.Veth{LinkAttrs: attrs(port), PeerName: ifname}
	if to == nil {
		pair.LinkAttrs.Name, pair.PeerName = ifname, port
		pair.PeerNamespace = netlink.NsFd(int(l.sw.ns))
		must(l.t, netlink.LinkAdd(pair))
	} else {
		pair.PeerNamespace = netlink.NsFd(int(to.ns))
		l.sw.do(func() error { return netlink.LinkAdd(pair) })
	}
	l.sw.do(func() error {
		p, err := netlink.LinkByName(port)
		if err != nil {
			return err
		}
		br, err := netlink.LinkByName("br0")
		if err != nil {
			return err
		}
		if err := netlink.LinkSetMaster(p, br); err != nil {
			return err
		}
		return netlink.LinkSetUp(p)
	})
	return port
}

// Pull pulls the box's cable out of the switch.
func (l *LAN) Pull() { l.port(netlink.LinkSetDown) }

// Plug plugs it in again.
func (l *LAN) Plug() { l.port(netlink.LinkSetUp) }

func (l *LAN) port(set func(netlink.Link) error) {
	l.t.Helper()
	l.sw.do(func() error {
		p, err := netlink.LinkByName(l.box)
		if err != nil {
			return err
		}
		return set(p)
	})
}

// Host is another device on the LAN, with its interface eth0.
type Host struct {
	t   testing.TB
	sp  *space
	MAC net.HardwareAddr
}

// Host plugs a device in that holds the addresses.
func (l *LAN) Host(addrs ...string) *Host {
	l.t.Helper()
	h := &Host{t: l.t, sp: newSpace(l.t)}
	l.cable("eth0", h.sp)
	h.Do(func() error {
		eth, err := netlink.LinkByName("eth0")
		if err != nil {
			return err
		}
		h.MAC = eth.Attrs().HardwareAddr
		for _, a := range addrs {
			p, err := netip.ParsePrefix(a)
			if err != nil {
				return err
			}
			ip := &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}
			if err := netlink.AddrAdd(eth, &netlink.Addr{IPNet: ip}); err != nil {
				return err
			}
		}
		if err := up("lo"); err != nil {
			return err
		}
		return up("eth0")
	})
	return h
}

// Do runs f in the host's namespace; sockets and processes that f starts belong to the host.
func (h *Host) Do(f func() error) {
	h.t.Helper()
	h.sp.do(f)
}

// space is a network namespace and the thread that lives in it.
type space struct {
	t    testing.TB
	ns   netns.NsHandle
	work chan func()
}

func newSpace(t testing.TB) *space {
	t.Helper()
	s := &space{t: t, work: make(chan func())}
	ready := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
		var err error
		s.ns, err = netns.New()
		ready <- err
		for f := range s.work {
			f()
		}
	}()
	must(t, <-ready)
	t.Cleanup(func() {
		close(s.work)
		s.ns.Close()
	})
	return s
}

func (s *space) do(f func() error) {
	s.t.Helper()
	done := make(chan error)
	s.work <- func() { done <- f() }
	must(s.t, <-done)
}

func attrs(name string) netlink.LinkAttrs {
	a := netlink.NewLinkAttrs()
	a.Name = name
	return a
}

func up(name string) error {
	l, err := netlink.LinkByName(name)
	if err != nil {
		return err
	}
	return netlink.LinkSetUp(l)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Second plugs another cable of the box into the switch.
func (l *LAN) Second(ifname string) (port string) {
	l.t.Helper()
	port = l.cable(ifname, nil)
	l.t.Cleanup(func() {
		if box, err := netlink.LinkByName(ifname); err == nil {
			netlink.LinkDel(box)
		}
	})
	return port
}

// NoPing makes the host drop echo requests, as many routers do.
func (h *Host) NoPing() {
	h.t.Helper()
	h.Do(func() error {
		// /proc/sys/net is that of the thread which opens the file
		return os.WriteFile("/proc/sys/net/ipv4/icmp_echo_ignore_all", []byte("1"), 0o644)
	})
}
