package announce

import (
	"context"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/vishvananda/netlink"
	"golang.org/x/net/bpf"

	"trunktester/netsetup"
	"trunktester/netsetup/netnstest"
	"trunktester/probes/facts"
)

func TestOwn(t *testing.T) {
	mac := net.HardwareAddr{2, 0, 0, 0, 0, 9}
	got := Own(mac, "eth0", "tt", "trunktester 1")
	want := frame(t, `0180c200000e 020000000009 88cc
		0207 04 020000000009  0407 03 020000000009  0602 0078
		0804 65746830  0a02 7474  0c0d 7472756e6b74657374657220 31
		0e04 0080 0080  fe07 0012bb 01 0003 01  0000`)
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	var n facts.Neighbour
	Take(&n, Own(mac, "eth0", strings.Repeat("name ", 100), ""), 0)
	if n.Switch == nil || !strings.HasPrefix(n.Switch.Name, "name name") {
		t.Errorf("a long name: %+v", n.Switch)
	}
}

func TestSpeakerIsNotTalkative(t *testing.T) {
	begun := time.Unix(1000, 0)
	var s Speaker
	for _, c := range []struct {
		after   time.Duration
		carrier bool
		want    bool
	}{
		{0, false, false},
		{time.Second, true, true},
		{2 * time.Second, true, false},
		{30 * time.Second, true, false},
		{31 * time.Second, true, true},
		{40 * time.Second, false, false}, // the cable goes elsewhere
		{41 * time.Second, true, true},
	} {
		if got := s.due(c.carrier, begun.Add(c.after)); got != c.want {
			t.Errorf("after %s with carrier %v: %v", c.after, c.carrier, got)
		}
	}
}

// TestSpeak: the other end of the cable hears the box once, however often it begins anew.
func TestSpeak(t *testing.T) {
	netnstest.New(t, "eth9") // skips where there are no namespaces
	if err := netlink.LinkAdd(&netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: "eth0"}, PeerName: "switch0"}); err != nil {
		t.Fatal(err)
	}
	raise(t, "eth0")
	raise(t, "switch0")
	t.Cleanup(func() {
		if l, err := netlink.LinkByName("eth0"); err == nil {
			netlink.LinkDel(l)
		}
	})
	port, err := netlink.LinkByName("switch0")
	if err != nil {
		t.Fatal(err)
	}
	ears, err := netsetup.PacketSocket(port.Attrs().Index, []bpf.Instruction{
		bpf.LoadAbsolute{Off: 12, Size: 2},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: etherTypeLLDP, SkipTrue: 1},
		bpf.RetConstant{Val: 0},
		bpf.RetConstant{Val: 2048},
	}, "hear")
	if err != nil {
		t.Fatal(err)
	}
	defer ears.Close()
	var s Speaker
	speak := func(d time.Duration) {
		ctx, cancel := context.WithTimeout(t.Context(), d)
		defer cancel()
		s.Speak(ctx, "eth0", "trunktester-kit-0042", "trunktester 1")
	}
	speak(1500 * time.Millisecond)
	speak(100 * time.Millisecond)
	heard := 0
	for buf := make([]byte, 2048); ; heard++ {
		ears.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
		n, err := ears.Read(buf)
		if os.IsTimeout(err) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		var said facts.Neighbour
		if Take(&said, buf[:n], 0); said.Switch == nil || said.Switch.Name != "trunktester-kit-0042" {
			t.Errorf("said %+v", said.Switch)
		}
	}
	if heard != 1 {
		t.Errorf("heard %d times", heard)
	}
	s.Speak(t.Context(), "eth7", "", "") // ends at once
}
