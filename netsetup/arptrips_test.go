package netsetup

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/mdlayher/packet"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"trunktester/netsetup/netnstest"
)

// series asks a device ten times.
func series(to netip.Addr, mac net.HardwareAddr) ARPSeries {
	return ARPSeries{Target: to, MAC: mac, Sender: addr("10.7.0.20"), Gap: time.Millisecond, Wait: 50 * time.Millisecond,
		More: func(sent, _ int) bool { return sent < 10 }}
}

func lostOf(trips []time.Duration) (lost int) {
	for _, d := range trips {
		if d == 0 {
			lost++
		}
	}
	return lost
}

func TestARPTrips(t *testing.T) {
	lan := netnstest.New(t, "eth0")
	router, deaf := lan.Host("10.7.0.1/24"), lan.Host("10.7.0.2/24")
	deaf.Deaf(5)
	plugIn(t, "10.7.0.1", "10.7.0.2")
	for name, c := range map[string]struct {
		q    ARPSeries
		lost int
	}{
		"a router that answers":                   {series(addr("10.7.0.1"), router.MAC), 0},
		"one that leaves two of ten unanswered":   {series(addr("10.7.0.2"), deaf.MAC), 2},
		"an address that the device does not own": {series(addr("10.7.0.3"), router.MAC), 10},
	} {
		trips, err := ARPTrips(within(t, 5*time.Second), "eth0", c.q)
		if err != nil || len(trips) != 10 || lostOf(trips) != c.lost {
			t.Errorf("%s: %v, %v, want %d lost", name, trips, err, c.lost)
		}
	}
}

// TestLateAnswersAreLost: a late answer is not taken for the answer to the next request.
func TestLateAnswersAreLost(t *testing.T) {
	lan := netnstest.New(t, "eth0")
	lan.Host("10.7.0.1/24") // answers for the carrier
	slow := lan.Host()
	plugIn(t, "10.7.0.1")
	var conn *packet.Conn
	slow.Do(func() error {
		ifi, err := net.InterfaceByName("eth0")
		if err == nil {
			conn, err = packet.Listen(ifi, packet.Datagram, unix.ETH_P_ARP, nil)
		}
		return err
	})
	defer conn.Close()
	go func() {
		for buf := make([]byte, 128); ; {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			if n < arpLen || buf[7] != opRequest {
				continue
			}
			reply := arpRequest(slow.MAC, addr("10.7.0.5"), addr("10.7.0.20"))
			reply[7] = opReply
			copy(reply[18:24], buf[8:14])
			time.AfterFunc(70*time.Millisecond, func() { conn.WriteTo(reply, from) })
		}
	}()
	trips, err := ARPTrips(within(t, 5*time.Second), "eth0", series(addr("10.7.0.5"), slow.MAC))
	if err != nil || len(trips) != 10 || lostOf(trips) != 10 {
		t.Errorf("%v, %v", trips, err)
	}
}

func TestARPTripsStop(t *testing.T) {
	router := netnstest.New(t, "eth0").Host("10.7.0.1/24")
	plugIn(t, "10.7.0.1")
	q := series(addr("10.7.0.9"), router.MAC) // nobody's
	q.More = func(_, lost int) bool { return lost < 3 }
	if trips, err := ARPTrips(within(t, 5*time.Second), "eth0", q); err != nil || len(trips) != 3 {
		t.Errorf("%v, %v", trips, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	q.More = func(sent, _ int) bool {
		if sent == 2 {
			cancel()
		}
		return true
	}
	if trips, err := ARPTrips(ctx, "eth0", q); err != nil || len(trips) > 3 {
		t.Errorf("after the end: %v, %v", trips, err)
	}
}

func TestARPTripsWithoutPermission(t *testing.T) {
	netnstest.New(t, "eth0")
	netnstest.Unprivileged(t, func() {
		_, err := ARPTrips(within(t, time.Second), "eth0", series(addr("10.7.0.1"), make(net.HardwareAddr, 6)))
		if denied := (*NoPermission)(nil); !errors.As(err, &denied) {
			t.Errorf("got %v", err)
		}
	})
}

// plugIn sets eth0 up and waits until the devices answer.
func plugIn(t *testing.T, devices ...string) {
	t.Helper()
	l, err := netlink.LinkByName("eth0")
	if err == nil {
		_, err = raise(l)
	}
	if err != nil {
		t.Fatal(err)
	}
	if ok, err := WaitCarrier(within(t, 5*time.Second), "eth0"); !ok || err != nil {
		t.Fatal(ok, err)
	}
	for _, d := range devices {
		r, err := ARP(within(t, 5*time.Second), "eth0", ARPQuestion{Target: addr(d), Times: 50, Gap: 50 * time.Millisecond, First: true})
		if err != nil || len(r.MACs) == 0 {
			t.Fatal(d, "does not answer", err)
		}
	}
}

func TestAnswers(t *testing.T) {
	router, own := net.HardwareAddr{2, 0, 0, 0, 0, 9}, net.HardwareAddr{2, 0, 0, 0, 0, 1}
	packet := func(op byte, sender string, to net.HardwareAddr) []byte {
		b := arpRequest(router, addr(sender), addr("10.7.0.20"))
		b[7] = op
		copy(b[18:24], to)
		return b
	}
	q := series(addr("10.7.0.1"), router)
	for name, c := range map[string]struct {
		b    []byte
		want bool
	}{
		"our answer":                         {packet(2, "10.7.0.1", own), true},
		"the router asks us":                 {packet(1, "10.7.0.1", own), false},
		"the router's answer to another":     {packet(2, "10.7.0.1", router), false},
		"an answer for another address":      {packet(2, "10.7.0.2", own), false},
		"cut short":                          {packet(2, "10.7.0.1", own)[:27], false},
		"padded to the length of a frame":    {append(packet(2, "10.7.0.1", own), make([]byte, 18)...), true},
		"nothing":                            {nil, false},
		"an answer that is not for Ethernet": {append([]byte{0, 1, 8, 0, 8}, packet(2, "10.7.0.1", own)[5:]...), false},
	} {
		if got := answers(c.b, q, own); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func FuzzAnswers(f *testing.F) {
	own := net.HardwareAddr{2, 0, 0, 0, 0, 1}
	f.Add(arpRequest(own, addr("10.7.0.1"), addr("10.7.0.20")))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		if answers(b, series(addr("10.7.0.1"), own), own) && b[7] != opReply {
			t.Errorf("%x is taken for an answer", b)
		}
	})
}
