package netsetup

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv4"
	"github.com/insomniacslk/dhcp/dhcpv4/nclient4"
	"github.com/mdlayher/packet"
	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// dhcpWire sends DHCP messages and hears the answers, also on an interface without any address.
type dhcpWire struct {
	ifname string
	mac    net.HardwareAddr
	to     *net.UDPAddr
	conn   net.PacketConn
	frames *frames // nil for a renewal by unicast, where frames are not seen
}

// frames remembers who sent the Ethernet frame that was read last.
type frames struct {
	*packet.Conn
	from net.HardwareAddr
}

func (f *frames) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		n, addr, err := f.Conn.ReadFrom(b)
		if errors.Is(err, unix.ENETDOWN) { // the cable's end went down: as good as silence
			continue
		}
		if a, ok := addr.(*packet.Addr); ok && err == nil {
			f.from = a.HardwareAddr
		}
		return n, addr, err
	}
}

// dialDHCP opens a packet socket, for the time without an address.
func dialDHCP(ifname string) (*dhcpWire, error) {
	ifi, err := net.InterfaceByName(ifname)
	if err != nil {
		return nil, failed(err, needsRaw, "find interface %s", ifname)
	}
	filter, err := bpf.Assemble(toClientPort)
	if err != nil {
		return nil, fmt.Errorf("assemble the DHCP filter: %w", err)
	}
	raw, err := packet.Listen(ifi, packet.Datagram, unix.ETH_P_IP, &packet.Config{Filter: filter})
	if err != nil {
		return nil, failed(err, needsRaw, "send DHCP on %s", ifname)
	}
	f := &frames{Conn: raw}
	return &dhcpWire{
		ifname: ifname,
		mac:    ifi.HardwareAddr,
		to:     nclient4.DefaultServers,
		conn:   nclient4.NewBroadcastUDPConn(f, &net.UDPAddr{Port: nclient4.ClientPort}),
		frames: f,
	}, nil
}

// toClientPort lets UDP to port 68 through, fragments excepted, and spares us the rest of the line's traffic.
var toClientPort = []bpf.Instruction{
	bpf.LoadAbsolute{Off: 9, Size: 1},
	bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: unix.IPPROTO_UDP, SkipTrue: 5},
	bpf.LoadAbsolute{Off: 6, Size: 2},
	bpf.JumpIf{Cond: bpf.JumpBitsSet, Val: 0x1fff, SkipTrue: 3},
	bpf.LoadMemShift{Off: 0},
	bpf.LoadIndirect{Off: 2, Size: 2},
	bpf.JumpIf{Cond: bpf.JumpEqual, Val: nclient4.ClientPort, SkipTrue: 1},
	bpf.RetConstant{Val: 0},
	bpf.RetConstant{Val: 0xffff},
}

// dialServer opens an ordinary socket from the leased address, to renew by unicast (RFC 2131 section 4.4.5).
func dialServer(ctx context.Context, ifname string, own, server netip.Addr) (*dhcpWire, error) {
	ifi, err := net.InterfaceByName(ifname)
	if err != nil {
		return nil, failed(err, needsAdmin, "find interface %s", ifname)
	}
	bind := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error {
		var failed error
		if err := c.Control(func(fd uintptr) { failed = unix.BindToDevice(int(fd), ifname) }); err != nil {
			return err
		}
		return failed
	}}
	conn, err := bind.ListenPacket(ctx, "udp4", netip.AddrPortFrom(own, nclient4.ClientPort).String())
	if err != nil {
		return nil, failed(err, needsAdmin, "renew the lease of %s from port %d", own, nclient4.ClientPort)
	}
	to := &net.UDPAddr{IP: server.AsSlice(), Port: nclient4.ServerPort}
	return &dhcpWire{ifname: ifname, mac: ifi.HardwareAddr, to: to, conn: conn}, nil
}

func (w *dhcpWire) Close() error { return w.conn.Close() }

func (w *dhcpWire) send(m *dhcpv4.DHCPv4) error {
	if _, err := w.conn.WriteTo(m.ToBytes(), w.to); err != nil {
		return failed(err, needsRaw, "send %s on %s", m.MessageType(), w.ifname)
	}
	return nil
}

// ask sends a message and hands every answer to it to take, with the MAC it came from, until take is
// satisfied, wait has passed or ctx ends. Silence is no error.
func (w *dhcpWire) ask(ctx context.Context, m *dhcpv4.DHCPv4, wait time.Duration, take func(m *dhcpv4.DHCPv4, from net.HardwareAddr) bool) error {
	if ctx.Err() != nil {
		return nil
	}
	defer context.AfterFunc(ctx, func() { w.conn.SetReadDeadline(time.Unix(1, 0)) })()
	if err := w.conn.SetReadDeadline(time.Now().Add(wait)); err != nil {
		return fmt.Errorf("set a deadline on %s: %w", w.ifname, err)
	}
	if err := w.send(m); err != nil {
		return err
	}
	buf := make([]byte, nclient4.MaxMessageSize)
	for ctx.Err() == nil {
		n, _, err := w.conn.ReadFrom(buf)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read DHCP on %s: %w", w.ifname, err)
		}
		answer, err := dhcpv4.FromBytes(buf[:n])
		if err != nil || answer.OpCode != dhcpv4.OpcodeBootReply ||
			answer.TransactionID != m.TransactionID || !bytes.Equal(answer.ClientHWAddr, w.mac) {
			continue
		}
		var from net.HardwareAddr
		if w.frames != nil {
			from = w.frames.from
		}
		if take(answer, from) {
			return nil
		}
	}
	return nil
}
