package netsetup

import (
	"context"
	"errors"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/mdlayher/ethtool"
	"github.com/mdlayher/genetlink"
	mdnetlink "github.com/mdlayher/netlink"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"trunktester/netsetup/netnstest"
)

func TestWired(t *testing.T) {
	netnstest.New(t, "eth1")
	netnstest.New(t, "eth0")
	bridge := &netlink.Bridge{LinkAttrs: netlink.LinkAttrs{Name: "aaa0"}}
	if err := netlink.LinkAdd(bridge); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { netlink.LinkDel(bridge) })
	if got, err := Wired(); err != nil || !slices.Equal(got, []string{"eth0", "eth1"}) {
		t.Errorf("Wired gave %q, %v", got, err)
	}
	if name, _, err := New(Plan{Mode: Configured}).Up(); err != nil || name != "eth0" {
		t.Errorf("the first is %q, %v", name, err)
	}
	_, _, err := New(Plan{Interface: "eth9", Mode: DHCP}).Up()
	if err == nil || err.Error() != `no network interface "eth9": name one of eth0, eth1` {
		t.Errorf("got %v", err)
	}
}

func TestNoWired(t *testing.T) {
	netnstest.New(t, "eth0")
	if err := netlink.LinkDel(eth0(t)); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"":     "no wired network interface was found: plug in the network adapter, or name one with -interface",
		"eth0": `no network interface "eth0", and no wired one at all: plug in the network adapter`,
	} {
		_, _, err := New(Plan{Interface: name, Mode: DHCP}).Up()
		if missing := (*NoInterface)(nil); !errors.As(err, &missing) || err.Error() != want {
			t.Errorf("got %v", err)
		}
	}
}

func TestRadioIndexes(t *testing.T) {
	enc := mdnetlink.NewAttributeEncoder()
	enc.String(4, "wlan0")
	enc.Uint32(nl80211IfIndex, 7)
	b, err := enc.Encode()
	if err != nil {
		t.Fatal(err)
	}
	got, err := radioIndexes([]genetlink.Message{{Data: b}})
	if err != nil || len(got) != 1 || !got[7] {
		t.Errorf("got %v, %v", got, err)
	}
	if _, err := radioIndexes([]genetlink.Message{{Data: []byte{1, 0}}}); err == nil {
		t.Error("rubbish was read")
	}
}

func TestLinkMode(t *testing.T) {
	netnstest.New(t, "eth0")
	raiseLink(t, New(Plan{Interface: "eth0", Mode: Static}))
	m, err := LinkMode("eth0") // a veth says 10 Gbit/s, full duplex (drivers/net/veth.c)
	if err != nil || m.SpeedMbit == nil || *m.SpeedMbit != 10000 || m.FullDuplex == nil || !*m.FullDuplex {
		t.Errorf("got %+v, %v", m, err)
	}
	for _, unknown := range []int{0, -1, 4294967295} {
		if m := modeOf(&ethtool.LinkMode{SpeedMegabits: unknown, Duplex: ethtool.Unknown}); m.SpeedMbit != nil || m.FullDuplex != nil {
			t.Errorf("%d became %+v", unknown, m)
		}
	}
	if m := modeOf(&ethtool.LinkMode{SpeedMegabits: 10, Duplex: ethtool.Half}); *m.SpeedMbit != 10 || *m.FullDuplex {
		t.Errorf("half duplex became %+v", m)
	}
}

// TestCablePulled watches the cable being pulled, plugged, and the adapter being taken away.
func TestCablePulled(t *testing.T) {
	lan := netnstest.New(t, "eth0")
	raiseLink(t, New(Plan{Interface: "eth0", Mode: Static}))
	ctx, cancel := context.WithCancel(within(t, 30*time.Second))
	events := Watch(ctx, "eth0")
	next := func(what string, want LinkEvent) {
		t.Helper()
		for e := range events {
			if e == want {
				return
			}
		}
		t.Fatalf("%s: no event %+v", what, want)
	}
	next("at the start", LinkEvent{Present: true, Carrier: true})
	lan.Pull()
	next("pulled", LinkEvent{Present: true})
	if ok, err := WaitCarrier(within(t, 50*time.Millisecond), "eth0"); ok || err != nil {
		t.Errorf("a pulled cable has a carrier: %v, %v", ok, err)
	}
	lan.Plug()
	next("plugged", LinkEvent{Present: true, Carrier: true})
	if err := netlink.LinkDel(eth0(t)); err != nil {
		t.Fatal(err)
	}
	next("adapter gone", LinkEvent{})
	cancel()
	for range events { // closed at the end
	}
}

func TestARP(t *testing.T) {
	lan := netnstest.New(t, "eth0")
	one, two := lan.Host("10.7.0.9/24"), lan.Host("10.7.0.9/24", "10.7.0.8/24")
	raiseLink(t, New(Plan{Interface: "eth0", Mode: Static}))
	ask := func(target string, q ARPQuestion) ARPReply {
		t.Helper()
		q.Target = addr(target)
		r, err := ARP(within(t, 10*time.Second), "eth0", q)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	probe := ARPQuestion{Times: 2, Gap: 100 * time.Millisecond, Wait: 100 * time.Millisecond}
	both := ask("10.7.0.9", probe)
	macs := []string{}
	for _, m := range both.MACs {
		macs = append(macs, m.String())
	}
	want := []string{one.MAC.String(), two.MAC.String()}
	slices.Sort(macs)
	slices.Sort(want)
	if !slices.Equal(macs, want) || both.Sent != 2 || both.RTT <= 0 {
		t.Errorf("two holders: %v of %v, sent %d, after %s", macs, want, both.Sent, both.RTT)
	}
	if none := ask("10.7.0.7", probe); len(none.MACs) != 0 || none.Sent != 2 || none.RTT != 0 {
		t.Errorf("nobody: %+v", none)
	}
	probe.First = true
	if first := ask("10.7.0.8", probe); len(first.MACs) != 1 || first.MACs[0].String() != two.MAC.String() || first.Sent != 1 {
		t.Errorf("the first: %+v", first)
	}
}

// TestOwnSecondCable: a laptop that hangs on the same LAN twice is no conflict with itself.
func TestOwnSecondCable(t *testing.T) {
	lan := netnstest.New(t, "eth0")
	raiseLink(t, New(Plan{Interface: "eth0", Mode: Static}))
	lan.Second("eth1")
	eth1, err := netlink.LinkByName("eth1")
	if err != nil {
		t.Fatal(err)
	}
	if err := netlink.LinkSetUp(eth1); err != nil {
		t.Fatal(err)
	}
	if err := netlink.AddrAdd(eth1, &netlink.Addr{IPNet: ipNet(prefix("10.7.0.30/24"))}); err != nil {
		t.Fatal(err)
	}
	if ok, err := WaitCarrier(within(t, 5*time.Second), "eth1"); !ok || err != nil {
		t.Fatal(ok, err)
	}
	r, err := ARP(within(t, 5*time.Second), "eth0", ARPQuestion{Target: addr("10.7.0.30"), Times: 3, Gap: 50 * time.Millisecond, Wait: 50 * time.Millisecond})
	if err != nil || len(r.MACs) != 0 {
		t.Errorf("got %+v, %v", r, err)
	}
}

func TestClaims(t *testing.T) {
	mac := net.HardwareAddr{2, 0, 0, 0, 0, 9}
	packet := func(op byte, sender, target string) []byte {
		b := arpRequest(mac, addr(sender), addr(target))
		b[7] = op
		return b
	}
	probe, question := ARPQuestion{Target: addr("10.0.0.5")}, ARPQuestion{Target: addr("10.0.0.5"), Sender: addr("10.0.0.6")}
	tests := []struct {
		name string
		b    []byte
		q    ARPQuestion
		want bool
	}{
		{"reply from the address", packet(2, "10.0.0.5", "0.0.0.0"), probe, true},
		{"request from the address", packet(1, "10.0.0.5", "10.0.0.1"), probe, true},
		{"somebody probes for it", packet(1, "0.0.0.0", "10.0.0.5"), probe, true},
		{"somebody probes while we ask", packet(1, "0.0.0.0", "10.0.0.5"), question, false},
		{"somebody asks for it", packet(1, "10.0.0.7", "10.0.0.5"), probe, false},
		{"another address", packet(2, "10.0.0.7", "10.0.0.6"), probe, false},
		{"padded to a minimal frame", append(packet(2, "10.0.0.5", "0.0.0.0"), make([]byte, 18)...), probe, true},
		{"cut short", packet(2, "10.0.0.5", "0.0.0.0")[:27], probe, false},
		{"RARP", packet(3, "10.0.0.5", "0.0.0.0"), probe, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, ok := claims(tt.b, tt.q); ok != tt.want || ok && got.String() != mac.String() {
				t.Errorf("got %v, %s", ok, got)
			}
		})
	}
}

func FuzzClaims(f *testing.F) {
	f.Add(arpRequest(net.HardwareAddr{2, 0, 0, 0, 0, 9}, addr("10.0.0.5"), addr("10.0.0.6")))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		if mac, ok := claims(b, ARPQuestion{Target: addr("10.0.0.5")}); ok && len(mac) != 6 {
			t.Errorf("MAC %v", mac)
		}
	})
}

func TestNoPermission(t *testing.T) {
	for needs, want := range map[string]string{
		needsAdmin: "no permission to set eth0 up (needs CAP_NET_ADMIN): run as root, or use -no-setup",
		needsRaw:   "no permission to set eth0 up (needs CAP_NET_RAW): run as root",
	} {
		err := failed(unix.EPERM, needs, "set %s up", "eth0")
		if denied := (*NoPermission)(nil); !errors.As(err, &denied) || err.Error() != want || !errors.Is(err, unix.EPERM) {
			t.Errorf("got %v", err)
		}
	}
	if err := failed(unix.EINVAL, needsAdmin, "set %s up", "eth0"); err.Error() != "set eth0 up: invalid argument" {
		t.Errorf("got %v", err)
	}
}
