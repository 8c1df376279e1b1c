// Package mdns makes the box found by name on its own link: trunktester-KIT.local (RFC 6762). An interface, an
// address and the wanted names go in; the names are asked for, announced, answered for, defended and taken back.
//
// It is our own because what Go has of it (github.com/pion/mdns) answers without asking first whether somebody
// else has the name, and two kits on one network are no rare thing.
package mdns

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"slices"
	"syscall"
	"time"

	"github.com/miekg/dns"
	"golang.org/x/net/ipv4"
	"golang.org/x/sys/unix"
)

// group is where mDNS is spoken.
var group = netip.MustParseAddrPort("224.0.0.251:5353")

// Options are what Serve needs.
type Options struct {
	Interface string
	Own       netip.Prefix    // the box's IPv4 address with its on-link prefix: only neighbours are heard
	Name      string          // a label; if it is taken, Name-2, Name-3 and so on
	Also      string          // a label that the box can do without if it is taken; "" for none
	Restart   <-chan struct{} // asks for the names again, as after the cable was pulled; nil: never
	Held      func([]string)  // called with the names that are ours whenever they change, such as "trunktester.local"
	Log       *slog.Logger
}

// Serve holds the names until ctx ends, and takes them back then. An error says why it could not begin, or what
// the interface refused.
func Serve(ctx context.Context, o Options) error {
	conn, err := listen(ctx, o.Interface, o.Own.Addr())
	if err != nil {
		return fmt.Errorf("mDNS on %s: %w", o.Interface, err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.SetReadDeadline(time.Unix(1, 0)) })()
	r := responder{Options: o, conn: conn, table: newTable(o.Own.Addr(), o.Name, o.Also, chance, time.Now())}
	defer func() { r.send(r.table.goodbye()); r.Held(nil) }()
	return r.run(ctx)
}

func chance() time.Duration { return rand.N(firstProbe) }

// look bounds how long a Restart goes unnoticed.
const look = time.Second

type responder struct {
	Options
	conn  *ipv4.PacketConn
	table *table
	names []string // as Held was told
}

func (r *responder) run(ctx context.Context) error {
	buf := make([]byte, mostBytes)
	for {
		now := time.Now()
		select {
		case <-r.Restart:
			r.table.restart(now)
		default:
		}
		r.send(r.table.due(now))
		r.tell()
		until := now.Add(look)
		if next := r.table.next(); !next.IsZero() && next.Before(until) {
			until = next
		}
		if err := r.conn.SetReadDeadline(until); err != nil {
			return fmt.Errorf("mDNS on %s: %w", r.Interface, err)
		}
		if ctx.Err() != nil { // after the deadline was set: its end may have come between
			return nil
		}
		n, _, src, err := r.conn.ReadFrom(buf)
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
		case errors.Is(err, unix.ENETDOWN): // the cable's end went down; it may come back
		case err != nil:
			return fmt.Errorf("mDNS on %s: %w", r.Interface, err)
		default:
			r.read(buf[:n], src)
		}
	}
}

// read takes a datagram, if it is from a neighbour and can be read.
func (r *responder) read(b []byte, src net.Addr) {
	udp, ok := src.(*net.UDPAddr)
	if !ok {
		return
	}
	from := netip.AddrPortFrom(udp.AddrPort().Addr().Unmap(), udp.AddrPort().Port())
	if !r.Own.Masked().Contains(from.Addr()) { // section 11
		return
	}
	var m dns.Msg
	if m.Unpack(b) != nil {
		return
	}
	r.send(r.table.heard(time.Now(), &m, from))
	r.tell()
}

// send sends letters; one that is lost is as one that the network lost.
func (r *responder) send(letters []letter) {
	for _, l := range letters {
		l.msg.Compress = true
		b, err := l.msg.Pack()
		to := l.to
		if !to.IsValid() {
			to = group
		}
		if err == nil {
			_, err = r.conn.WriteTo(b, nil, net.UDPAddrFromAddrPort(to))
		}
		if err != nil {
			r.Log.Debug("mDNS message not sent", "to", to, "err", err)
		}
	}
}

// tell says which names are ours when that has changed.
func (r *responder) tell() {
	names := r.table.held()
	if slices.Equal(names, r.names) {
		return
	}
	r.names = names
	r.Log.Info("names by mDNS", "names", names)
	r.Held(names)
}

// listen opens a socket that hears the group on one interface, and nothing that is sent to the box alone.
func listen(ctx context.Context, name string, own netip.Addr) (*ipv4.PacketConn, error) {
	ifi, err := net.InterfaceByName(name)
	if err != nil {
		return nil, fmt.Errorf("find the interface: %w", err)
	}
	lc := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error {
		var failed error
		if err := c.Control(func(fd uintptr) { failed = ownInterface(int(fd), ifi, own) }); err != nil {
			return err
		}
		return failed
	}}
	conn, err := lc.ListenPacket(ctx, "udp4", group.String())
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	p := ipv4.NewPacketConn(conn)
	err = errors.Join(
		p.JoinGroup(ifi, net.UDPAddrFromAddrPort(group)),
		p.SetMulticastTTL(255), // section 11
		p.SetMulticastLoopback(false),
	)
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("join the group: %w", err)
	}
	return p, nil
}

// ownInterface binds a socket to the interface and its address (ip(7)); others on this machine may speak mDNS too.
func ownInterface(fd int, ifi *net.Interface, own netip.Addr) error {
	return errors.Join(
		unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1),
		unix.BindToDevice(fd, ifi.Name),
		unix.SetsockoptIPMreqn(fd, unix.IPPROTO_IP, unix.IP_MULTICAST_IF, &unix.IPMreqn{Address: own.As4(), Ifindex: int32(ifi.Index)}),
	)
}
