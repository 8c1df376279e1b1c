package announce

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mdlayher/packet"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"trunktester/netsetup"
	"trunktester/netsetup/netnstest"
	"trunktester/probes/facts"
)

func TestMain(m *testing.M) { netnstest.Main(m) }

// switchPort says frames on the LAN until the test ends.
func switchPort(t *testing.T, lan *netnstest.LAN, frames ...[]byte) {
	t.Helper()
	host := lan.Host("10.7.0.1/24")
	var conn *packet.Conn
	host.Do(func() error {
		ifi, err := net.InterfaceByName("eth0")
		if err == nil {
			conn, err = packet.Listen(ifi, packet.Raw, unix.ETH_P_LOOPBACK, nil)
		}
		return err
	})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for ctx.Err() == nil {
			for _, f := range frames {
				conn.WriteTo(f, &packet.Addr{HardwareAddr: f[:6]}) //nolint:errcheck // a cable that is out
			}
			time.Sleep(20 * time.Millisecond)
		}
	}()
	t.Cleanup(func() { cancel(); <-ended; conn.Close() })
}

func raise(t *testing.T, name string) {
	t.Helper()
	l, err := netlink.LinkByName(name)
	if err == nil {
		err = netlink.LinkSetUp(l)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// listen listens on eth0 until the test ends.
func listen(t *testing.T, l *Listener) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); l.Listen(ctx, "eth0") }()
	stop = func() { cancel(); <-ended }
	t.Cleanup(stop)
	return stop
}

func await(t *testing.T, l *Listener, what string, is func(facts.Neighbour) bool) {
	t.Helper()
	for until := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		n, err := l.Heard()
		if err != nil {
			t.Fatal(err)
		}
		if is(n) {
			return
		}
		if time.Now().After(until) {
			t.Fatalf("not %s: %+v", what, n)
		}
	}
}

// TestListener: what the bridge of a Linux switch lets through is heard: CDP and tags. LLDP and 802.1X never leave
// the port of a switch, so they are said at the other end of the cable itself, in the test below.
func TestListener(t *testing.T) {
	lan := netnstest.New(t, "eth0")
	tagged := frame(t, "ffffffffffff 020000000009 8100 a01e 0806 0001080006040001 020000000009 0a140001 000000000000 0a140002")
	switchPort(t, lan, frame(t, cdpHead+"02 b4 0000 0001 0006 7377 000e 0007 01 0014"), tagged)
	raise(t, "eth0")
	var l Listener
	stop := listen(t, &l)
	await(t, &l, "heard", func(n facts.Neighbour) bool {
		return n.Switch != nil && n.Switch.Name == "sw" && slices.Equal(n.Tagged, []int{30})
	})
	stop()
	n, err := l.Heard()
	if err != nil || n.Switch == nil || n.Listened <= 0 {
		t.Errorf("after the end: %+v, %v", n, err)
	}
	if again, _ := l.Heard(); again.Listened != n.Listened {
		t.Error("it listens on")
	}
	l.Forget()
	if n, _ := l.Heard(); n.Switch != nil || len(n.Tagged) > 0 || n.Listened != 0 {
		t.Errorf("not forgotten: %+v", n)
	}
	listen(t, &l)
	await(t, &l, "heard again", func(n facts.Neighbour) bool { return n.Switch != nil })
}

func TestListenerAtTheEndOfTheCable(t *testing.T) {
	veth := &netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: "eth0"}, PeerName: "switch0"}
	netnstest.New(t, "eth9") // skips where there are no namespaces
	if err := netlink.LinkAdd(veth); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { netlink.LinkDel(veth) })
	raise(t, "eth0")
	raise(t, "switch0")
	var l Listener
	listen(t, &l)
	port, err := net.InterfaceByName("switch0")
	if err != nil {
		t.Fatal(err)
	}
	conn, err := packet.Listen(port, packet.Raw, unix.ETH_P_LOOPBACK, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	await(t, &l, "heard", func(n facts.Neighbour) bool {
		for _, f := range [][]byte{frame(t, lldpHead+"0402 0741 0602 0078 0a02 7377 0000"), frame(t, eapHead+"02 00 0005 01 01 0005 01")} {
			conn.WriteTo(f, &packet.Addr{HardwareAddr: f[:6]}) //nolint:errcheck // before the carrier
		}
		return n.Login && n.Switch != nil && n.Switch.Protocol == LLDP
	})
}

func TestNobodyListens(t *testing.T) {
	netnstest.New(t, "eth0")
	var l Listener
	netnstest.Unprivileged(t, func() { l.Listen(context.Background(), "eth0") })
	_, err := l.Heard()
	if denied := (*netsetup.NoPermission)(nil); !errors.As(err, &denied) {
		t.Errorf("got %v", err)
	}
	l.Listen(context.Background(), "eth7")
	if _, err := l.Heard(); err == nil || !strings.Contains(err.Error(), `no network interface "eth7"`) {
		t.Errorf("got %v", err)
	}
}
