package capture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"net"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
	"github.com/mdlayher/packet"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

const inside = "CAPTURE_TEST_INSIDE"

// again runs the test by itself in another process and reports whether this one is the first.
func again(t *testing.T, attr *syscall.SysProcAttr) bool {
	t.Helper()
	if os.Getenv(inside) != "" {
		return false
	}
	cmd := exec.CommandContext(t.Context(), "/proc/self/exe", "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), inside+"=1")
	cmd.SysProcAttr = attr
	out, err := cmd.CombinedOutput()
	switch {
	case errors.Is(err, unix.EPERM) && os.Getenv("CI") == "true":
		t.Fatalf("the kernel allows no namespaces: %v", err)
	case errors.Is(err, unix.EPERM):
		t.Skipf("the kernel allows no namespaces: %v", err)
	case err != nil:
		t.Fatalf("%v\n%s", err, out)
	}
	return true
}

// namespace are a user and a network namespace of our own.
func namespace() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
	}
}

// cable gives the box's interface and a socket at its other end.
func cable(t *testing.T) *packet.Conn {
	t.Helper()
	link := &netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: "box", HardwareAddr: boxMAC}, PeerName: "router", PeerHardwareAddr: routerMAC}
	if err := netlink.LinkAdd(link); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"box", "router"} {
		l, err := netlink.LinkByName(name)
		if err == nil {
			err = netlink.LinkSetUp(l)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	ifi, err := net.InterfaceByName("router")
	if err != nil {
		t.Fatal(err)
	}
	conn, err := packet.Listen(ifi, packet.Raw, unix.ETH_P_ALL, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// addressed changes the link addresses of a frame.
func addressed(f []byte, to, from net.HardwareAddr) []byte {
	copy(f, to)
	copy(f[6:], from)
	return f
}

func broadcastUDP(t *testing.T, port layers.UDPPort) []byte {
	ip := &layers.IPv4{Version: 4, TTL: 64, Protocol: layers.IPProtocolUDP, SrcIP: net.IPv4zero, DstIP: net.IPv4bcast}
	udp := &layers.UDP{SrcPort: 1, DstPort: port}
	udp.SetNetworkLayerForChecksum(ip)
	return addressed(frame(t, ethernet(layers.EthernetTypeIPv4), ip, udp, gopacket.Payload("broadcast to a port")), broadcast, routerMAC)
}

func TestCaptureOnTheWire(t *testing.T) {
	if again(t, namespace()) {
		return
	}
	router := cable(t)
	c, err := Start("box", 0)
	if err != nil {
		t.Fatal(err)
	}
	arp := addressed(frame(t, ethernet(layers.EthernetTypeARP), &layers.ARP{
		AddrType: layers.LinkTypeEthernet, Protocol: layers.EthernetTypeIPv4, HwAddressSize: 6, ProtAddressSize: 4, Operation: 1,
		SourceHwAddress: routerMAC, SourceProtAddress: boxIP, DstHwAddress: make([]byte, 6), DstProtAddress: boxIP,
	}), broadcast, routerMAC)
	last := addressed(udpFrame(t, "the end"), boxMAC, routerMAC)
	sent := []struct {
		name  string
		frame []byte
		want  bool
	}{
		{"to the box", addressed(udpFrame(t, request), boxMAC, routerMAC), true},
		{"TCP to the box", addressed(tcpFrame(t, 1, false, request[:200]), boxMAC, routerMAC), true},
		{"TCP to the box, second part", addressed(tcpFrame(t, 201, false, request[200:]), boxMAC, routerMAC), true},
		{"between others", addressed(udpFrame(t, "private matter"), strangerMAC, routerMAC), false},
		{"nearly the box's address", addressed(udpFrame(t, "private matter"), net.HardwareAddr{2, 0, 0, 0, 1, 1}, routerMAC), false},
		{"ARP broadcast", arp, true},
		{"DHCP broadcast to clients", broadcastUDP(t, 68), true},
		{"DHCP broadcast to servers", broadcastUDP(t, 67), true},
		{"nearly broadcast", addressed(broadcastUDP(t, 68), net.HardwareAddr{255, 255, 255, 255, 255, 254}, routerMAC), false},
		{"other broadcast", broadcastUDP(t, 137), false},
		{"multicast", addressed(udpFrame(t, "private matter"), net.HardwareAddr{1, 0, 0x5e, 0, 0, 0xfb}, routerMAC), false},
		{"the last", last, true},
	}
	for _, s := range sent {
		if _, err := router.WriteTo(s.frame, &packet.Addr{HardwareAddr: s.frame[:6]}); err != nil {
			t.Fatal(err)
		}
	}
	packets, comment := written(t, c, last)
	c.Stop()
	if comment != "run 7 at the router" {
		t.Errorf("comment %q", comment)
	}
	for _, s := range sent {
		want := records(s.frame)
		if s.name == "TCP to the box" || s.name == "TCP to the box, second part" {
			continue // compared below, as one
		}
		redact(want)
		found := false
		for _, p := range packets {
			found = found || bytes.Equal(p, want[0].data)
		}
		if found != s.want {
			t.Errorf("%s: recorded %v, want %v", s.name, found, s.want)
		}
	}
	tcp := 0
	for _, p := range packets {
		if n, ok := networkLayer(p); ok && n.protocol == protoTCP {
			tcp++
		}
	}
	if tcp != 2 {
		t.Errorf("%d TCP segments, want 2", tcp)
	}
	var all []record
	for _, p := range packets {
		all = append(all, record{data: p})
	}
	wantClean(t, all, secrets...)
}

// written waits for the last frame and reads the pcapng back.
func written(t *testing.T, c *Capture, last []byte) (packets [][]byte, comment string) {
	t.Helper()
	for until := time.Now().Add(10 * time.Second); time.Now().Before(until); time.Sleep(5 * time.Millisecond) {
		var file bytes.Buffer
		if err := c.Write(&file, "run 7 at the router", nil); err != nil {
			t.Fatal(err)
		}
		r, err := pcapgo.NewNgReader(&file, pcapgo.DefaultNgReaderOptions)
		if err != nil {
			t.Fatal(err)
		}
		packets = nil
		for {
			data, _, err := r.ReadPacketData()
			if err != nil {
				break
			}
			packets = append(packets, data)
			if bytes.Equal(data, last) {
				return packets, r.SectionInfo().Comment
			}
		}
	}
	t.Fatalf("the last packet was not recorded; %d were", len(packets))
	return nil, ""
}

func TestNoPermission(t *testing.T) {
	attr := &syscall.SysProcAttr{}
	if os.Getuid() == 0 {
		attr.Credential = &syscall.Credential{Uid: 65534, Gid: 65534}
	}
	if again(t, attr) {
		return
	}
	c, err := Start("lo", 0)
	if err == nil {
		c.Stop()
	}
	if !errors.Is(err, ErrPermission) {
		t.Errorf("error %v, want ErrPermission", err)
	}
}

func TestNoInterface(t *testing.T) {
	if _, err := Start("no-such-0", 0); err == nil || errors.Is(err, ErrPermission) {
		t.Errorf("error %v", err)
	}
}

func TestStopTwiceAndWriteAfter(t *testing.T) {
	if again(t, namespace()) {
		return
	}
	cable(t)
	c, err := Start("box", 0)
	if err != nil {
		t.Fatal(err)
	}
	c.Stop()
	c.Stop()
	var file bytes.Buffer
	if err := c.Write(&file, "empty", nil); err != nil {
		t.Fatal(err)
	}
	r, err := pcapgo.NewNgReader(&file, pcapgo.DefaultNgReaderOptions)
	if err != nil {
		t.Fatal(err)
	}
	if said := r.SectionInfo().Comment; said != "empty" {
		t.Errorf("the file says %q: it was ended, not cut off", said)
	}
}

func TestServedOn(t *testing.T) {
	in := addressed(tcpFrame(t, 1, false, "x"), boxMAC, routerMAC)
	out := addressed(tcpFrame(t, 1, false, "x"), routerMAC, boxMAC)
	n, ok := networkLayer(in)
	if !ok {
		t.Fatal("no IP")
	}
	source, destination := binary.BigEndian.Uint16(n.payload), binary.BigEndian.Uint16(n.payload[2:])
	if source == destination {
		t.Fatal("the two ports must differ")
	}
	for _, c := range []struct {
		name  string
		port  uint16
		frame []byte
		want  bool
	}{
		{"asked by a client", destination, in, true},
		{"answered to a client", source, out, true},
		{"an answer from a server elsewhere", source, in, false},
		{"asked of a server elsewhere", destination, out, false},
		{"UDP", destination, addressed(udpFrame(t, "x"), boxMAC, routerMAC), false},
		{"a stump", destination, in[:20], false},
	} {
		if got := servedOn(c.port, c.frame, boxMAC); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}
