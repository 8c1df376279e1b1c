package probes

import (
	"context"
	"net"
	"net/netip"
	"testing"
	"time"

	"trunktester/probes/facts"
)

func TestWalkEndsAtTheTarget(t *testing.T) {
	found, err := walk{to: closedUDP(t), hops: 3, wait: time.Second}.run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i, hop := range found.Hops {
		if hop.TTL != i+1 || hop.Addr != found.To.Addr() || hop.Type != 3 || hop.Code != 3 || hop.RTT == 0 {
			t.Errorf("%+v", hop)
		}
	}
}

func TestWalkSilent(t *testing.T) {
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	w := walk{to: conn.LocalAddr().(*net.UDPAddr).AddrPort(), hops: 2, wait: 20 * time.Millisecond}
	found, err := w.run(t.Context())
	if err != nil || found.Hops[0] != (facts.Hop{TTL: 1}) || found.Hops[1] != (facts.Hop{TTL: 2}) {
		t.Errorf("%+v, %v", found, err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	w.wait = time.Minute
	w.run(ended) // it returns
}

func TestWalkCannotSend(t *testing.T) {
	w := walk{source: netip.MustParseAddr("192.0.2.7"), to: closedUDP(t), hops: 2, wait: time.Second} // not ours: bind fails
	if _, err := w.run(t.Context()); err == nil {
		t.Error("no error")
	}
}
