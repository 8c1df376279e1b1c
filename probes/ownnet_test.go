package probes

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/vishvananda/netlink"

	"trunktester/netsetup/netnstest"
)

// ownNetEnv marks the test's second process.
const ownNetEnv = "TRUNKTESTER_TEST_IN_OWN_NAMESPACE"

// ownNet runs the calling test once more, in new namespaces of its own: in the first process it waits for
// that, and gives false; in the second it gives true. Nothing that is sent there leaves the machine.
func ownNet(t *testing.T) bool {
	t.Helper()
	if os.Getenv(ownNetEnv) != "" {
		return true
	}
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v", "-test.parallel=8")
	cmd.Env = append(os.Environ(), ownNetEnv+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
	}
	out, err := cmd.CombinedOutput()
	if err != nil && len(out) == 0 {
		netnstest.Skip(t, fmt.Sprintf("this machine allows no namespaces: %v", err))
	}
	if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Fatalf("in its own namespaces: %v\n%s", err, out)
	}
	return false
}

// ownNetWorld is loopback, and a cable at whose far end nobody answers.
type ownNetWorld struct {
	silent      netip.Addr // on the cable, with a known MAC: packets go out, nothing comes back
	unreachable netip.Addr // the routing table says no
	gateway     netip.Addr // our own address on the cable
	far         string     // the interface at the far end of the cable
}

func newOwnNetWorld(t *testing.T) ownNetWorld {
	t.Helper()
	w := ownNetWorld{
		silent: netip.MustParseAddr("192.0.2.66"), unreachable: netip.MustParseAddr("198.51.100.1"),
		gateway: netip.MustParseAddr("192.0.2.1"), far: "far",
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	lo, err := netlink.LinkByName("lo")
	must(err)
	must(netlink.LinkSetUp(lo))
	must(netlink.LinkAdd(&netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: "near"}, PeerName: w.far}))
	near, err := netlink.LinkByName("near")
	must(err)
	far, err := netlink.LinkByName(w.far)
	must(err)
	must(netlink.LinkSetUp(near))
	must(netlink.LinkSetUp(far))
	addr, err := netlink.ParseAddr(w.gateway.String() + "/24")
	must(err)
	must(netlink.AddrAdd(near, addr))
	for limit, value := range map[string]string{"retrans_time_ms": "100", "mcast_solicit": "1"} { // ARP gives up soon
		must(os.WriteFile("/proc/sys/net/ipv4/neigh/near/"+limit, []byte(value), 0o644))
	}
	must(netlink.NeighSet(&netlink.Neigh{
		LinkIndex: near.Attrs().Index, IP: w.silent.AsSlice(), HardwareAddr: far.Attrs().HardwareAddr, State: netlink.NUD_PERMANENT,
	}))
	must(netlink.RouteAdd(&netlink.Route{
		Dst: &net.IPNet{IP: net.IPv4(198, 51, 100, 0), Mask: net.CIDRMask(24, 32)}, Type: syscall.RTN_UNREACHABLE,
	}))
	return w
}

// ownNetPing switches the answers to ping on this host on or off.
func ownNetPing(t *testing.T, answer bool) {
	t.Helper()
	value := "1"
	if answer {
		value = "0"
	}
	if err := os.WriteFile("/proc/sys/net/ipv4/icmp_echo_ignore_all", []byte(value), 0o644); err != nil {
		t.Fatal(err)
	}
}

// ownNetSniff counts the IPv4 packets that arrive at an interface, by protocol and port: "tcp 443". The
// function that it gives stops and tells.
func ownNetSniff(t *testing.T, name string) func() map[string]int {
	t.Helper()
	nic, err := net.InterfaceByName(name)
	if err != nil {
		t.Fatal(err)
	}
	const ipv4 = 0x0008 // ETH_P_IP in network order
	fd, err := syscall.Socket(syscall.AF_PACKET, syscall.SOCK_DGRAM, ipv4)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Bind(fd, &syscall.SockaddrLinklayer{Protocol: ipv4, Ifindex: nic.Index}); err != nil {
		t.Fatal(err)
	}
	if err := syscall.SetsockoptTimeval(fd, syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, &syscall.Timeval{Usec: 50000}); err != nil {
		t.Fatal(err)
	}
	stop, done := make(chan struct{}), make(chan map[string]int)
	go func() {
		seen := map[string]int{}
		buf := make([]byte, 2048)
		for {
			n, _, err := syscall.Recvfrom(fd, buf, 0)
			if err == nil && n >= 24 {
				seen[ownNetKind(buf[:n])]++
				continue
			}
			select {
			case <-stop:
				syscall.Close(fd)
				done <- seen
				return
			default:
			}
		}
	}()
	return func() map[string]int {
		close(stop)
		return <-done
	}
}

func ownNetKind(packet []byte) string {
	body := packet[int(packet[0]&15)*4:]
	port := netip.AddrPortFrom(netip.IPv4Unspecified(), uint16(body[2])<<8|uint16(body[3])).String()
	port = strings.TrimPrefix(port, "0.0.0.0:")
	switch packet[9] {
	case syscall.IPPROTO_ICMP:
		return "icmp"
	case syscall.IPPROTO_TCP:
		return "tcp " + port
	case syscall.IPPROTO_UDP:
		return "udp " + port
	}
	return "other"
}
