package serve

import (
	"context"
	"encoding/binary"
	"net"
	"net/netip"
	"time"

	"golang.org/x/net/icmp"
	"golang.org/x/net/ipv6"
)

// allNodes is the group of all hosts on a link, allRouters that of its routers (RFC 4291 section 2.7.1).
var (
	allNodes   = net.ParseIP("ff02::1")
	allRouters = net.ParseIP("ff02::2")
)

// Advertisement is the router advertisement (RFC 4861 section 4.2) that lets hosts make addresses of a prefix by
// themselves (RFC 4862); from is the router's hardware address. The checksum is the kernel's.
func Advertisement(prefix netip.Prefix, from net.HardwareAddr) ([]byte, error) {
	const lifetime, valid, preferred = 1800, 86400, 14400 // seconds, the usual ones
	body := binary.BigEndian.AppendUint16([]byte{64, 0}, lifetime)
	body = append(body, make([]byte, 8)...)                   // reachable and retransmission time: not said
	body = append(append(body, 1, 1), from...)                // source link-layer address
	body = append(body, 3, 4, byte(prefix.Bits()), 1<<7|1<<6) // prefix information: on-link, for own addresses
	body = binary.BigEndian.AppendUint32(body, valid)
	body = binary.BigEndian.AppendUint32(body, preferred)
	body = append(append(body, 0, 0, 0, 0), prefix.Masked().Addr().AsSlice()...)
	return (&icmp.Message{Type: ipv6.ICMPTypeRouterAdvertisement, Body: &icmp.RawBody{Data: body}}).Marshal(nil)
}

// ListenAdvertiser opens the socket of a router on one of this host's interfaces, which must have a link-local address.
func ListenAdvertiser(ifi *net.Interface) (*ipv6.PacketConn, error) {
	conn, err := net.ListenPacket("ip6:ipv6-icmp", "::")
	if err != nil {
		return nil, err
	}
	p := ipv6.NewPacketConn(conn)
	var only ipv6.ICMPFilter
	only.SetAll(true)
	only.Accept(ipv6.ICMPTypeRouterSolicitation)
	for _, set := range []func() error{
		func() error { return p.SetICMPFilter(&only) },
		func() error { return p.JoinGroup(ifi, &net.IPAddr{IP: allRouters}) },
		func() error { return p.SetMulticastInterface(ifi) },
		func() error { return p.SetMulticastHopLimit(255) }, // hosts believe no other (section 6.1.2)
	} {
		if err := set(); err != nil {
			p.Close()
			return nil, err
		}
	}
	return p, nil
}

// Advertise says the advertisement to all hosts at once, and again whenever one asks, until ctx ends.
func Advertise(ctx context.Context, conn *ipv6.PacketConn, ifi *net.Interface, advertisement []byte) error {
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.SetReadDeadline(time.Now()) })()
	buffer := make([]byte, 1500)
	for {
		if _, err := conn.WriteTo(advertisement, nil, &net.IPAddr{IP: allNodes, Zone: ifi.Name}); err != nil && ctx.Err() == nil {
			return err
		}
		if _, _, _, err := conn.ReadFrom(buffer); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
	}
}
