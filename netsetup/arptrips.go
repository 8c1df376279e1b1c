package netsetup

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"time"

	"github.com/mdlayher/packet"
	"golang.org/x/sys/unix"
)

// ARPSeries asks one device, which is known to hold an address, for it again and again. The requests go to its
// own hardware address, as in the "unicast poll" of RFC 1122 section 2.3.2.1, so that no other device is disturbed.
type ARPSeries struct {
	Target netip.Addr
	MAC    net.HardwareAddr
	Sender netip.Addr                // our own address
	Gap    time.Duration             // from one request to the next
	Wait   time.Duration             // an answer that takes longer is lost
	More   func(sent, lost int) bool // asked before each request: is another one wanted?
}

// ARPTrips measures the round trip of each request, 0 for a lost one. When ctx ends, those sent so far are given.
// ARP has no sequence numbers, so that the next request leaves only when the last one was answered or is lost.
func ARPTrips(ctx context.Context, ifname string, q ARPSeries) ([]time.Duration, error) {
	ifi, err := net.InterfaceByName(ifname)
	if err != nil {
		return nil, failed(err, needsRaw, "find interface %s", ifname)
	}
	conn, err := packet.Listen(ifi, packet.Datagram, unix.ETH_P_ARP, nil)
	if err != nil {
		return nil, failed(err, needsRaw, "send ARP on %s", ifname)
	}
	defer conn.Close()

	var trips []time.Duration
	lost := 0
	request := arpRequest(ifi.HardwareAddr, q.Sender, q.Target)
	for q.More(len(trips), lost) {
		sent := time.Now()
		if _, err := conn.WriteTo(request, &packet.Addr{HardwareAddr: q.MAC}); err != nil && !errors.Is(err, unix.ENETDOWN) {
			return trips, failed(err, needsRaw, "send ARP for %s on %s", q.Target, ifname)
		}
		trip, err := answeredIn(conn, sent, q, ifi.HardwareAddr)
		if err != nil {
			return trips, fmt.Errorf("read ARP on %s: %w", ifname, err)
		}
		if trip == 0 {
			lost++
		}
		trips = append(trips, trip)
		if pause(ctx, time.Until(sent.Add(q.Gap))); ctx.Err() != nil {
			break
		}
	}
	return trips, nil
}

// answeredIn waits for the answer to one request; 0 when it does not come in time.
func answeredIn(conn *packet.Conn, sent time.Time, q ARPSeries, own net.HardwareAddr) (time.Duration, error) {
	if err := conn.SetReadDeadline(sent.Add(q.Wait)); err != nil {
		return 0, err
	}
	buf := make([]byte, 128)
	for time.Since(sent) < q.Wait {
		n, _, err := conn.ReadFrom(buf)
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			return 0, nil
		case errors.Is(err, unix.ENETDOWN): // cable or adapter pulled: silence
			continue
		case err != nil:
			return 0, err
		case answers(buf[:n], q, own):
			return max(time.Since(sent), 1), nil
		}
	}
	return 0, nil
}

// answers says whether an ARP packet is the reply to one of our requests.
func answers(b []byte, q ARPSeries, own net.HardwareAddr) bool {
	if len(b) < arpLen || binary.BigEndian.Uint16(b[2:]) != unix.ETH_P_IP || b[4] != 6 || b[5] != 4 {
		return false
	}
	return binary.BigEndian.Uint16(b[6:]) == opReply && netip.AddrFrom4([4]byte(b[14:18])) == q.Target &&
		string(b[18:24]) == string(own)
}
