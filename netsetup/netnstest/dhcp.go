package netnstest

import (
	"bufio"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv4"
	"github.com/insomniacslk/dhcp/dhcpv4/server4"
)

// Dnsmasq runs the real dnsmasq on the host, as the DHCP server that most routers are.
func (h *Host) Dnsmasq(args ...string) {
	h.t.Helper()
	path, err := exec.LookPath("dnsmasq")
	if err != nil {
		path = "/usr/sbin/dnsmasq" // not in an ordinary user's PATH
	}
	if _, err := os.Stat(path); err != nil {
		Skip(h.t, "dnsmasq is not installed (Debian: dnsmasq-base)")
	}
	dir := h.t.TempDir()
	cmd := exec.Command(path, append([]string{
		"--no-daemon", "--conf-file=/dev/null", "--port=0", "--no-ping", "--interface=eth0", "--bind-interfaces",
		"--log-facility=-", "--log-dhcp", "--pid-file=" + filepath.Join(dir, "pid"),
		"--dhcp-leasefile=" + filepath.Join(dir, "leases"), "--dhcp-authoritative"}, args...)...)
	stderr, err := cmd.StderrPipe()
	must(h.t, err)
	// no Pdeathsig: it would follow the host's thread, which waits for work in between
	h.Do(cmd.Start)
	ready, lines := make(chan bool, 1), bufio.NewScanner(stderr)
	var log strings.Builder
	var ended sync.WaitGroup
	ended.Go(func() {
		for lines.Scan() {
			log.WriteString(lines.Text() + "\n")
			if strings.Contains(lines.Text(), "sockets bound") {
				ready <- true
			}
		}
		close(ready)
		io.Copy(io.Discard, stderr)
	})
	h.t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGKILL)
		ended.Wait()
		cmd.Wait()
		if h.t.Failed() {
			h.t.Logf("dnsmasq said:\n%s", log.String())
		}
	})
	select {
	case ok := <-ready:
		if !ok {
			h.t.Fatal("dnsmasq did not start")
		}
	case <-time.After(10 * time.Second):
		h.t.Fatal("dnsmasq did not get ready")
	}
}

// Server is a DHCP server with switches, for what a good one does not do, and a memory of what it was told.
// Fields are set before Serve; Set changes them later.
type Server struct {
	Addr   netip.Addr   // server identifier
	Pool   []netip.Addr // given in this order; a declined address is not given again
	Mask   net.IPMask   // nil: not sent
	Router netip.Addr   // zero: not sent
	Lease  time.Duration
	NAKs   int  // REQUESTs to refuse before the first is granted
	Mute   bool // say nothing
	More   []dhcpv4.Modifier

	mu      sync.Mutex
	seen    []*dhcpv4.DHCPv4
	unicast int
}

// Serve runs the server on a host until the test ends.
func (s *Server) Serve(h *Host) {
	h.t.Helper()
	var srv *server4.Server
	h.Do(func() (err error) {
		srv, err = server4.NewServer("eth0", &net.UDPAddr{IP: net.IPv4zero, Port: 67}, s.answer)
		return err
	})
	var ended sync.WaitGroup
	ended.Go(func() { srv.Serve() })
	h.t.Cleanup(func() {
		srv.Close()
		ended.Wait()
	})
}

// Set changes switches while the server runs.
func (s *Server) Set(change func(*Server)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(s)
}

// Seen gives the messages of a type that came in, in their order.
func (s *Server) Seen(t dhcpv4.MessageType) (seen []*dhcpv4.DHCPv4) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.seen {
		if m.MessageType() == t {
			seen = append(seen, m)
		}
	}
	return seen
}

// Unicast counts the messages that came from a client's own address, as renewals do.
func (s *Server) Unicast() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.unicast
}

func (s *Server) answer(conn net.PacketConn, to net.Addr, m *dhcpv4.DHCPv4) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen = append(s.seen, m)
	if peer, ok := to.(*net.UDPAddr); ok && !peer.IP.Equal(net.IPv4bcast) {
		s.unicast++
	}
	if id := m.ServerIdentifier(); s.Mute || id != nil && !id.IsUnspecified() && !id.Equal(s.Addr.AsSlice()) {
		return // not for us
	}
	kind, addr := dhcpv4.MessageTypeOffer, netip.Addr{}
	switch m.MessageType() {
	case dhcpv4.MessageTypeDiscover:
		if len(s.Pool) == 0 {
			return
		}
		addr = s.Pool[0]
	case dhcpv4.MessageTypeRequest:
		kind = dhcpv4.MessageTypeAck
		addr, _ = netip.AddrFromSlice(m.RequestedIPAddress().To4())
		if !addr.IsValid() {
			addr, _ = netip.AddrFromSlice(m.ClientIPAddr.To4())
		}
		if s.NAKs > 0 {
			s.NAKs--
			kind = dhcpv4.MessageTypeNak
		}
	case dhcpv4.MessageTypeDecline:
		declined, _ := netip.AddrFromSlice(m.RequestedIPAddress().To4())
		s.Pool = slices.DeleteFunc(s.Pool, func(a netip.Addr) bool { return a == declined })
		return
	default:
		return
	}
	reply, err := dhcpv4.NewReplyFromRequest(m, append(s.options(kind), dhcpv4.WithYourIP(addr.AsSlice()))...)
	if err == nil {
		conn.WriteTo(reply.ToBytes(), to)
	}
}

func (s *Server) options(kind dhcpv4.MessageType) []dhcpv4.Modifier {
	mods := []dhcpv4.Modifier{
		dhcpv4.WithMessageType(kind),
		dhcpv4.WithOption(dhcpv4.OptServerIdentifier(s.Addr.AsSlice())),
	}
	if s.Lease > 0 {
		mods = append(mods, dhcpv4.WithOption(dhcpv4.OptIPAddressLeaseTime(s.Lease)))
	}
	if s.Mask != nil {
		mods = append(mods, dhcpv4.WithOption(dhcpv4.OptSubnetMask(s.Mask)))
	}
	if s.Router.IsValid() {
		mods = append(mods, dhcpv4.WithOption(dhcpv4.OptRouter(s.Router.AsSlice())))
	}
	return append(mods, s.More...)
}
