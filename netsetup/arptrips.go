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
// ARP has no sequence numbers, so that the next request leaves only when the last one was answered, or is lost and
// its answer, if it is late, has been let pass.
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
		came, err := answerBy(conn, sent.Add(q.Wait), q, ifi.HardwareAddr)
		trip := max(came.Sub(sent), 1)
		if err == nil && came.IsZero() {
			trip, lost = 0, lost+1
			_, err = answerBy(conn, sent.Add(2*q.Wait), q, ifi.HardwareAddr)
		}
		if err == nil {
			err = letPass(conn, sent.Add(q.Gap))
		}
		if err != nil {
			return trips, fmt.Errorf("read ARP on %s: %w", ifname, err)
		}
		trips = append(trips, trip)
		if ctx.Err() != nil {
			break
		}
	}
	return trips, nil
}

// answerBy waits for the answer to the one request that is under way, and tells when it came; zero when it did not.
func answerBy(conn *packet.Conn, until time.Time, q ARPSeries, own net.HardwareAddr) (came time.Time, err error) {
	buf := make([]byte, 128)
	for {
		n, err := readBy(conn, until, buf)
		if err != nil || n < 0 {
			return time.Time{}, err
		}
		if answers(buf[:n], q, own) {
			return time.Now(), nil
		}
	}
}

// letPass reads what comes meanwhile, so that nobody takes it for an answer to the next request.
func letPass(conn *packet.Conn, until time.Time) error {
	buf := make([]byte, 128)
	for {
		if n, err := readBy(conn, until, buf); err != nil || n < 0 {
			return err
		}
	}
}

// readBy reads one packet; n is negative when none came in time.
func readBy(conn *packet.Conn, until time.Time, buf []byte) (n int, err error) {
	if err := conn.SetReadDeadline(until); err != nil {
		return 0, err
	}
	n, _, err = conn.ReadFrom(buf)
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return -1, nil
	case errors.Is(err, unix.ENETDOWN): // cable or adapter pulled: silence
		return 0, nil
	}
	return n, err
}

// answers says whether an ARP packet is the reply to one of our requests.
func answers(b []byte, q ARPSeries, own net.HardwareAddr) bool {
	if len(b) < arpLen || binary.BigEndian.Uint16(b[2:]) != unix.ETH_P_IP || b[4] != 6 || b[5] != 4 {
		return false
	}
	return binary.BigEndian.Uint16(b[6:]) == opReply && netip.AddrFrom4([4]byte(b[14:18])) == q.Target &&
		string(b[18:24]) == string(own)
}
