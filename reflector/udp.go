package reflector

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"time"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
	"golang.org/x/sys/unix"

	"trunktester/reflector/wire"
)

// udpSocket is one socket of one SIP port.
type udpSocket struct {
	conn  *net.UDPConn
	batch batcher
	local netip.AddrPort
	other *udpSocket // of the other port and the same family, nil for none
}

// batcher is ipv4.PacketConn or ipv6.PacketConn: their messages are one type.
type batcher interface {
	ReadBatch([]ipv4.Message, int) (int, error)
	WriteBatch([]ipv4.Message, int) (int, error)
}

// families are the networks that an address stands for: both, where no host is named.
func families(address string) []string {
	host, _, _ := net.SplitHostPort(address)
	switch a, err := netip.ParseAddr(host); {
	case host == "":
		return []string{"4", "6"}
	case err == nil && a.Is4():
		return []string{"4"}
	case err == nil:
		return []string{"6"}
	}
	return []string{"4", "6"}
}

// listenUDP opens one socket. With shared, further sockets may be opened on the same port (SO_REUSEPORT), among
// which the kernel spreads the senders.
func listenUDP(network, address string, shared bool) (*net.UDPConn, error) {
	lc := net.ListenConfig{}
	if shared {
		lc.Control = func(_, _ string, raw syscall.RawConn) error {
			var failed error
			err := raw.Control(func(fd uintptr) {
				failed = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEPORT, 1)
			})
			if err == nil {
				err = failed
			}
			return err
		}
	}
	pc, err := lc.ListenPacket(context.Background(), network, address)
	if err != nil {
		return nil, err
	}
	c := pc.(*net.UDPConn)
	if err := observe(c, strings.HasSuffix(network, "6")); err != nil {
		c.Close()
		return nil, fmt.Errorf("socket options of %s: %w", address, err)
	}
	return c, nil
}

func newUDPSocket(c *net.UDPConn) *udpSocket {
	u := &udpSocket{conn: c, local: unmapped(c.LocalAddr().(*net.UDPAddr).AddrPort())}
	if u.local.Addr().Is4() {
		u.batch = ipv4.NewPacketConn(c)
	} else {
		u.batch = ipv6.NewPacketConn(c)
	}
	return u
}

// batchSize datagrams are read and written with one system call when they are there (recvmmsg(2), sendmmsg(2)).
const batchSize = 32

// serve answers what comes until the socket's deadline.
func (s *Server) serve(u *udpSocket) {
	in, out := make([]ipv4.Message, batchSize), make([]ipv4.Message, 0, batchSize)
	for i := range in {
		in[i].Buffers = [][]byte{make([]byte, wire.Longest+1)} // one more: to see that it was longer
		in[i].OOB = make([]byte, controlSpace)
	}
	for {
		n, err := u.batch.ReadBatch(in, 0)
		if err != nil {
			if s.stopping() || errors.Is(err, net.ErrClosed) {
				return
			}
			continue // an ICMP error of an earlier reply: the socket lives on
		}
		now := time.Now()
		out = out[:0]
		for i := range in[:n] {
			m := &in[i]
			from := unmapped(m.Addr.(*net.UDPAddr).AddrPort())
			to, tos := seen(m.OOB[:m.NN])
			given, ok := s.answer(m.Buffers[0][:m.N], arrival{from: from, transport: "udp", tos: tos}, u.other != nil, now)
			if !ok {
				continue
			}
			oob := control(to, given.dscp)
			switch {
			case given.delay > 0:
				s.later.after(given.delay, from.Addr(), func() { s.send(u, given, oob, from) })
			case given.other:
				s.send(u, given, oob, from)
			default:
				out = append(out, ipv4.Message{Buffers: [][]byte{given.bytes}, OOB: oob, Addr: m.Addr})
			}
		}
		s.sendAll(u, out)
	}
}

// sendAll sends replies from the socket; one that the kernel refuses is counted and passed over.
func (s *Server) sendAll(u *udpSocket, out []ipv4.Message) {
	for len(out) > 0 {
		n, err := u.batch.WriteBatch(out, 0)
		s.counts.answers["udp"].Add(float64(max(n, 0)))
		if err != nil || n <= 0 {
			s.counts.drop(dropSend)
			n = max(n, 0) + 1
		}
		out = out[n:]
	}
}

// send sends one reply, from the other port where it was asked for.
func (s *Server) send(u *udpSocket, given answer, oob []byte, to netip.AddrPort) {
	if given.other {
		u = u.other
	}
	if _, _, err := u.conn.WriteMsgUDPAddrPort(given.bytes, oob, to); err != nil {
		s.counts.drop(dropSend)
		return
	}
	s.counts.answers["udp"].Inc()
}

func unmapped(a netip.AddrPort) netip.AddrPort { return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()) }
