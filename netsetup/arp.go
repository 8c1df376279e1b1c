package netsetup

import (
	"bytes"
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

// ARPQuestion asks a LAN who holds an address.
type ARPQuestion struct {
	Target netip.Addr
	Sender netip.Addr    // our own address; zero makes it a probe that pollutes no cache (RFC 5227 section 1.1)
	Times  int           // requests to send
	Gap    time.Duration // between two requests
	Wait   time.Duration // for answers, after the last request
	First  bool          // the first answer is enough
}

// ARPReply is what the LAN answered.
type ARPReply struct {
	Sent int
	MACs []net.HardwareAddr // who claims the address, in the order of appearance; never this machine
	RTT  time.Duration      // from the first request to the first answer
}

// ARP asks on one interface. Silence is not an error: MACs is empty then.
func ARP(ctx context.Context, ifname string, q ARPQuestion) (ARPReply, error) {
	ifi, err := net.InterfaceByName(ifname)
	if err != nil {
		return ARPReply{}, failed(err, needsRaw, "find interface %s", ifname)
	}
	mine, err := ownMACs()
	if err != nil {
		return ARPReply{}, err
	}
	conn, err := packet.Listen(ifi, packet.Datagram, unix.ETH_P_ARP, nil)
	if err != nil {
		return ARPReply{}, failed(err, needsRaw, "send ARP on %s", ifname)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.SetReadDeadline(time.Unix(1, 0)) })()

	var r ARPReply
	request := arpRequest(ifi.HardwareAddr, q.Sender, q.Target)
	begun := time.Now()
	for r.Sent < q.Times && ctx.Err() == nil {
		if _, err := conn.WriteTo(request, &packet.Addr{HardwareAddr: broadcast}); err != nil {
			return r, failed(err, needsRaw, "send ARP for %s on %s", q.Target, ifname)
		}
		r.Sent++
		wait := q.Gap
		if r.Sent == q.Times {
			wait = q.Wait
		}
		if err := r.listen(ctx, conn, time.Now().Add(wait), q, mine, begun); err != nil {
			return r, fmt.Errorf("read ARP on %s: %w", ifname, err)
		}
		if q.First && len(r.MACs) > 0 {
			break
		}
	}
	return r, nil
}

// listen adds the answers that come until the deadline, or until ctx ends.
func (r *ARPReply) listen(ctx context.Context, conn *packet.Conn, until time.Time, q ARPQuestion, mine map[string]bool, begun time.Time) error {
	if err := conn.SetReadDeadline(until); err != nil {
		return err
	}
	buf := make([]byte, 128)
	for ctx.Err() == nil { // after the deadline is set: the end of ctx sets it into the past
		n, _, err := conn.ReadFrom(buf)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return nil
		}
		if errors.Is(err, unix.ENETDOWN) { // cable or adapter pulled: silence
			continue
		}
		if err != nil {
			return err
		}
		mac, ok := claims(buf[:n], q)
		if !ok || mine[mac.String()] || r.has(mac) {
			continue
		}
		if len(r.MACs) == 0 {
			r.RTT = time.Since(begun)
		}
		r.MACs = append(r.MACs, mac)
		if q.First || len(r.MACs) == maxHolders {
			return nil
		}
	}
	return nil
}

// maxHolders bounds what a flood of forged answers can make us keep.
const maxHolders = 16

func (r *ARPReply) has(mac net.HardwareAddr) bool {
	for _, m := range r.MACs {
		if bytes.Equal(m, mac) {
			return true
		}
	}
	return false
}

var broadcast = net.HardwareAddr{255, 255, 255, 255, 255, 255}

// ARP operations (RFC 826).
const (
	opRequest = 1
	opReply   = 2
	arpLen    = 28
)

// arpRequest is the packet of RFC 826 for Ethernet and IPv4, without the Ethernet header.
func arpRequest(mac net.HardwareAddr, sender, target netip.Addr) []byte {
	b := make([]byte, arpLen)
	binary.BigEndian.PutUint16(b[0:], 1) // Ethernet
	binary.BigEndian.PutUint16(b[2:], unix.ETH_P_IP)
	b[4], b[5] = 6, 4
	binary.BigEndian.PutUint16(b[6:], opRequest)
	copy(b[8:14], mac)
	if sender.Is4() {
		copy(b[14:18], sender.AsSlice())
	}
	copy(b[24:28], target.AsSlice())
	return b
}

// claims says whether an ARP packet shows that its sender holds, or is about to take, the target
// (RFC 5227 section 2.1.1): any packet sent from the address, or somebody else's probe for it.
func claims(b []byte, q ARPQuestion) (net.HardwareAddr, bool) {
	if len(b) < arpLen || binary.BigEndian.Uint16(b[2:]) != unix.ETH_P_IP || b[4] != 6 || b[5] != 4 {
		return nil, false
	}
	op := binary.BigEndian.Uint16(b[6:])
	if op != opRequest && op != opReply {
		return nil, false
	}
	sender, target := netip.AddrFrom4([4]byte(b[14:18])), netip.AddrFrom4([4]byte(b[24:28]))
	mac := bytes.Clone(b[8:14])
	if sender == q.Target {
		return mac, true
	}
	probing := op == opRequest && sender.IsUnspecified() && target == q.Target
	return mac, probing && !q.Sender.IsValid()
}

// ownMACs are the addresses of this machine: a laptop that hangs on the same LAN twice answers its own
// probes through the other interface (arp_process() in net/ipv4/arp.c answers for every local address).
func ownMACs() (map[string]bool, error) {
	ifis, err := net.Interfaces()
	if err != nil {
		return nil, failed(err, needsRaw, "list the network interfaces")
	}
	mine := make(map[string]bool)
	for _, ifi := range ifis {
		mine[ifi.HardwareAddr.String()] = true
	}
	return mine, nil
}
