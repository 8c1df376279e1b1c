package program_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/miekg/dns"

	"trunktester/lab"
)

var mdnsGroup = net.UDPAddr{IP: net.IPv4(224, 0, 0, 251), Port: 5353}

// resolve asks everybody on a host's link for a name, as a browser on it does; not valid when nobody answers.
func resolve(t *testing.T, h *lab.Host, name string) (found netip.Addr) {
	t.Helper()
	var conn *net.UDPConn
	err := h.Do(func() error {
		ifi, err := net.InterfaceByName("eth0")
		if err == nil {
			conn, err = net.ListenMulticastUDP("udp4", ifi, &mdnsGroup)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	var asked dns.Msg
	asked.SetQuestion(name+".", dns.TypeA)
	asked.RecursionDesired = false
	b, err := asked.Pack()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.WriteToUDP(b, &mdnsGroup); err != nil {
		t.Fatal(err)
	}
	if err := conn.SetReadDeadline(time.Now().Add(time.Second / 2)); err != nil {
		t.Fatal(err)
	}
	for buf := make([]byte, 9000); ; {
		n, err := conn.Read(buf)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return netip.Addr{}
		}
		var m dns.Msg
		if err != nil || m.Unpack(buf[:n]) != nil || !m.Response {
			continue
		}
		for _, r := range m.Answer {
			if a, ok := r.(*dns.A); ok && a.Hdr.Name == name+"." && a.Hdr.Ttl > 0 {
				found, _ = netip.AddrFromSlice(a.A)
				return found.Unmap()
			}
		}
	}
}

// resolves waits until a name leads to an address.
func (b *box) resolves(name, to string) {
	b.t.Helper()
	until(b.t, name+" leads to "+to, func() bool {
		got := resolve(b.t, b.Laptop, name)
		return !got.IsValid() && to == "" || got.IsValid() && got.String() == to
	})
}

// opens says that the page is served under a name at an address.
func (b *box) opens(name, at string) error {
	transport := &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (conn net.Conn, err error) {
		err = b.Laptop.Do(func() error {
			conn, err = (&net.Dialer{Timeout: patience / 10}).DialContext(ctx, "tcp4", net.JoinHostPort(at, "80"))
			return err
		})
		return conn, err
	}}
	req, err := http.NewRequestWithContext(b.t.Context(), "GET", "http://"+name+"/", nil)
	if err != nil {
		return err
	}
	reply, err := transport.RoundTrip(req)
	if err != nil {
		return err
	}
	defer reply.Body.Close()
	if reply.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", name, reply.Status)
	}
	return nil
}

// The QR code on the label of the kit called Lab promises trunktester-lab.local. A second box with the same label
// is plugged in beside it: it gets another name, both pages open under their own, and when the first box is switched
// off, its names are gone at once.
func TestTwoKitsOfOneNameOnOneNetwork(t *testing.T) {
	t.Parallel()
	b := boxIn(t, "healthy")
	first := b.start(b.usual("appliance")...)
	b.resolves("trunktester-lab.local", lab.PoolFirst)
	b.resolves("trunktester.local", lab.PoolFirst)
	b.startOn(b.Neighbour, exec.Command(trunktester, "appliance", "-no-setup", "-interface", "eth0", "-profile", b.path("trunk.toml"), "-state", b.path("state-2")))
	b.resolves("trunktester-lab-2.local", lab.NeighbourIP)
	b.resolves("trunktester-lab.local", lab.PoolFirst)
	b.resolves("trunktester.local", lab.PoolFirst)
	for name, at := range map[string]string{"trunktester-lab.local": lab.PoolFirst, "trunktester.local": lab.PoolFirst, "trunktester-lab-2.local": lab.NeighbourIP} {
		if err := b.opens(name, at); err != nil {
			t.Error(err)
		}
	}
	if err := b.opens("trunktester-lab-2.local", lab.PoolFirst); err == nil {
		t.Error("the first box answers to the second one's name")
	}
	first.signal(syscall.SIGTERM)
	first.wait()
	b.resolves("trunktester-lab.local", "")
	b.resolves("trunktester-lab-2.local", lab.NeighbourIP)
}

// The cable is pulled and plugged in again: the name is there again.
func TestNameAfterTheCableWasPulled(t *testing.T) {
	t.Parallel()
	b := boxIn(t, "healthy")
	b.start(b.usual("appliance")...)
	b.resolves("trunktester-lab.local", lab.PoolFirst)
	if err := b.PullCable(); err != nil {
		t.Fatal(err)
	}
	b.resolves("trunktester-lab.local", "")
	if err := b.PlugCable(); err != nil {
		t.Fatal(err)
	}
	b.resolves("trunktester-lab.local", lab.PoolFirst)
}

// A profile that switches the page off leaves no name either, and nothing that listens.
func TestNoPageNoName(t *testing.T) {
	t.Parallel()
	b := boxIn(t, "healthy")
	text, err := os.ReadFile(b.path("trunk.toml"))
	if err != nil {
		t.Fatal(err)
	}
	b.write("trunk.toml", string(text)+"\n[page]\nlisten = \"off\"\n")
	p := b.start(b.usual("appliance")...)
	p.lights(allGreen, 0)
	if at := resolve(t, b.Laptop, "trunktester-lab.local"); at.IsValid() {
		t.Errorf("the name leads to %s", at)
	}
	if err := b.Box.Do(func() error {
		conn, err := net.ListenUDP("udp4", &net.UDPAddr{Port: mdnsGroup.Port}) // refused while another has it
		if err == nil {
			conn.Close()
		}
		return err
	}); err != nil {
		t.Error(err)
	}
}
