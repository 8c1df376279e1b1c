package netsetup

import (
	"bytes"
	"encoding/hex"
	"errors"
	"os"
	"testing"
	"time"

	probing "github.com/prometheus-community/pro-bing"
	"github.com/vishvananda/netlink"

	"trunktester/netsetup/netnstest"
)

func TestAddTag(t *testing.T) {
	frame, _ := hex.DecodeString("0102030405060708090a0b0c08004500")
	want, _ := hex.DecodeString("0102030405060708090a0b0c8100001408004500")
	if got := addTag(append(make([]byte, tagLen), frame...), 20); !bytes.Equal(got, want) {
		t.Errorf("%x", got)
	}
}

// tagged sets a device of the LAN, or the box, into a VLAN, by our own tagging: the kernels that need it have no other.
func tagged(t *testing.T, id int, address string) *tagger {
	t.Helper()
	parent, err := netlink.LinkByName("eth0")
	if err == nil {
		_, err = raise(parent)
	}
	if err != nil {
		t.Fatal(err)
	}
	tg, err := newTagger(parent, id)
	if none := (*NoVLAN)(nil); errors.As(err, &none) {
		netnstest.Skip(t, err.Error())
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tg.close)
	if err := netlink.AddrAdd(tg.link, &netlink.Addr{IPNet: ipNet(prefix(address))}); err != nil {
		t.Fatal(err)
	}
	return tg
}

// answered pings through the namespace of this thread.
func answered(t *testing.T, to string) bool {
	t.Helper()
	p := probing.New(to)
	p.SetPrivileged(true)
	p.SetLogger(probing.NoopLogger{})
	p.Count, p.Interval, p.Timeout = 20, 100*time.Millisecond, 2*time.Second
	p.OnRecv = func(*probing.Packet) { p.Stop() }
	p.Run() //nolint:errcheck // no way is no answer
	return p.PacketsRecv > 0
}

func TestTagger(t *testing.T) {
	lan := netnstest.New(t, "eth0")
	phone, plain := lan.Host(), lan.Host("10.7.20.3/24")
	phone.Do(func() error {
		tagged(t, 20, "10.7.20.1/24")
		return nil
	})
	own := tagged(t, 20, "10.7.20.2/24")
	above, below := own.link.Attrs(), eth0(t).Attrs()
	if above.Name != "eth0.20" || above.HardwareAddr.String() != below.HardwareAddr.String() || above.MTU != below.MTU {
		t.Errorf("%+v", above)
	}
	if port, err := Port("eth0.20"); err != nil || port.Attrs().Name != "eth0" {
		t.Errorf("the port is %v, %v", port, err)
	}
	if ok, err := WaitCarrier(within(t, 5*time.Second), "eth0.20"); !ok || err != nil {
		t.Fatal("no carrier", err)
	}
	cable := tapped(t, plain, 20)
	if !answered(t, "10.7.20.1") {
		t.Error("the other device of the VLAN does not answer")
	}
	if n, err := cable.Read(make([]byte, 2048)); err != nil || n == 0 {
		t.Errorf("the kernel of another device saw no frame with the tag: %v", err)
	}
	if answered(t, "10.7.20.3") {
		t.Error("a device without a tag answers")
	}
	lan.Pull()
	await(t, "without a carrier", func() bool { return !look("eth0.20").Carrier })
	lan.Plug()
	await(t, "with a carrier", func() bool { return look("eth0.20").Carrier })
	own.close()
	if _, err := netlink.LinkByName("eth0.20"); err == nil {
		t.Error("the interface is still there")
	}
}

// tapped sees what reaches a device with a tag.
func tapped(t *testing.T, h *netnstest.Host, id int) (cable *os.File) {
	t.Helper()
	h.Do(func() error {
		eth, err := netlink.LinkByName("eth0")
		if err == nil {
			cable, err = PacketSocket(eth.Attrs().Index, onlyTag(id), "tap")
		}
		return err
	})
	t.Cleanup(func() { cable.Close() })
	cable.SetReadDeadline(time.Now().Add(10 * time.Second))
	return cable
}

func await(t *testing.T, what string, is func() bool) {
	t.Helper()
	for until := time.Now().Add(5 * time.Second); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatal("not", what)
		}
	}
}

// TestUpAfterTheAdapterWasPulled: a USB adapter that comes back is another one, and gets a tag again.
func TestUpAfterTheAdapterWasPulled(t *testing.T) {
	lan := netnstest.New(t, "eth0")
	s := New(Plan{Interface: "eth0", Mode: Static, VLAN: 7})
	if _, _, err := s.Up(); errors.As(err, new(*NoVLAN)) {
		netnstest.Skip(t, err.Error())
	} else if err != nil {
		t.Fatal(err)
	}
	if err := netlink.LinkDel(eth0(t)); err != nil {
		t.Fatal(err)
	}
	lan.Second("eth0")
	if name, _, err := s.Up(); err != nil || name != "eth0.7" {
		t.Fatalf("Up gave %q, %v", name, err)
	}
	if port, err := Port("eth0.7"); err != nil || port.Attrs().Index != eth0(t).Attrs().Index {
		t.Errorf("the port is %v, %v", port, err)
	}
	if ok, err := WaitCarrier(within(t, 5*time.Second), "eth0.7"); !ok || err != nil {
		t.Error("no carrier", err)
	}
	if err := s.Undo(); err != nil {
		t.Fatal(err)
	}
	if _, err := netlink.LinkByName("eth0.7"); err == nil {
		t.Error("the VLAN interface is still there")
	}
}
