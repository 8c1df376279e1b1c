package lab

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv4"
	"github.com/insomniacslk/dhcp/dhcpv4/nclient4"
	probing "github.com/prometheus-community/pro-bing"
	"golang.org/x/sys/unix"
)

const visitorIP = "192.168.50.90"

// patience bounds every wait of a test for something that is to come; silence is waited for as shortly
// as a lab without delay allows.
const (
	answerIn  = 3 * time.Second
	silenceIn = 400 * time.Millisecond
)

// visitor is a person with a laptop at the box's cable.
type visitor struct {
	t *testing.T
	l *Lab
}

// visit starts the world and gives eth0 of the box a fixed address.
func visit(t *testing.T, name string) visitor {
	t.Helper()
	world, ok := Find(name)
	if !ok {
		t.Fatalf("no world %q", name)
	}
	if err := ProbeALG(); world.Home.ALG() && err != nil {
		skip(t, err.Error())
	}
	l := start(t, world)
	if err := errors.Join(l.Box.address("eth0", visitorIP+"/24"), l.Box.route("default", RouterLAN)); err != nil {
		t.Fatal(err)
	}
	return visitor{t, l}
}

// ping counts the echo replies to n requests.
func (v visitor) ping(address string, n int) *probing.Statistics {
	v.t.Helper()
	p := probing.New(address)
	p.SetPrivileged(true)
	p.Count, p.Interval, p.Timeout = n, 10*time.Millisecond, silenceIn+time.Duration(n)*15*time.Millisecond
	err := v.l.Box.Do(func() error { // the pinger opens its socket on this thread
		if err := p.Resolve(); err != nil {
			return err
		}
		return p.Run()
	})
	if err != nil && !strings.Contains(err.Error(), "unreachable") {
		v.t.Fatal(err)
	}
	return p.Statistics()
}

// udp asks over a connected socket and gives the first datagram back, or the error of the kernel.
func (v visitor) udp(to, message string, wait time.Duration) (reply string, local netip.AddrPort, err error) {
	v.t.Helper()
	var conn net.Conn
	err = v.l.Box.Do(func() error {
		conn, err = (&net.Dialer{Control: allErrors}).Dial("udp4", to)
		return err
	})
	if err != nil {
		return "", local, err
	}
	defer conn.Close()
	local = conn.LocalAddr().(*net.UDPAddr).AddrPort()
	message = strings.ReplaceAll(message, "LOCAL", local.String())
	conn.SetDeadline(time.Now().Add(wait))
	buf := make([]byte, 4096)
	for until := time.Now().Add(wait); time.Now().Before(until); {
		if _, err = conn.Write([]byte(message)); err != nil {
			return "", local, err
		}
		n, err := conn.Read(buf)
		return string(buf[:n]), local, err
	}
	return "", local, err
}

// allErrors lets every ICMP error end the wait, also those that may pass (IP_RECVERR, ip(7)).
func allErrors(_, _ string, raw syscall.RawConn) (err error) {
	ctlErr := raw.Control(func(fd uintptr) { err = unix.SetsockoptInt(int(fd), unix.SOL_IP, unix.IP_RECVERR, 1) })
	return errors.Join(ctlErr, err)
}

func (v visitor) tcp(to string) error {
	var conn net.Conn
	err := v.l.Box.Do(func() (err error) {
		conn, err = net.DialTimeout("tcp4", to, silenceIn)
		return err
	})
	if err == nil {
		conn.Close()
	}
	return err
}

func timedOut(err error) bool {
	var ne net.Error
	return errors.As(err, &ne) && ne.Timeout()
}

// sipRequest is a request whose Via and Contact name the sending socket.
func sipRequest(method string, n int) string {
	return strings.ReplaceAll(fmt.Sprintf(`%s sip:%s SIP/2.0
Via: SIP/2.0/UDP LOCAL;rport;branch=z9hG4bK-%s-%d
From: <sip:%s@%s>;tag=1
To: <sip:%s@%s>
Call-ID: %s-%d
CSeq: 1 %s
Contact: <sip:%s@LOCAL>
Max-Forwards: 70
User-Agent: visitor
Content-Length: 0

`, method, Domain, method, n, Username, Domain, Username, Domain, method, n, method, Username), "\n", "\r\n")
}

// offers asks by DHCP for everything that is offered within the window.
func (v visitor) offers(window time.Duration) []*dhcpv4.DHCPv4 {
	v.t.Helper()
	var client *nclient4.Client
	err := v.l.Box.Do(func() (err error) {
		client, err = nclient4.New("eth0", nclient4.WithTimeout(window), nclient4.WithRetry(1))
		return err
	})
	if err != nil {
		v.t.Fatal(err)
	}
	defer client.Close()
	mac, err := v.l.Box.hardware("eth0")
	if err != nil {
		v.t.Fatal(err)
	}
	hardware, _ := net.ParseMAC(mac)
	discover, err := dhcpv4.NewDiscovery(hardware)
	if err != nil {
		v.t.Fatal(err)
	}
	var seen []*dhcpv4.DHCPv4
	_, err = client.SendAndRead(context.Background(), nclient4.DefaultServers, discover, func(p *dhcpv4.DHCPv4) bool {
		if p.MessageType() == dhcpv4.MessageTypeOffer {
			seen = append(seen, p)
		}
		return false
	})
	if err != nil && !errors.Is(err, nclient4.ErrNoResponse) {
		v.t.Fatal(err)
	}
	return seen
}

// skip is a failure where the tests are to be complete.
func skip(t *testing.T, why string) {
	t.Helper()
	if ci() {
		t.Fatalf("may not be skipped here: %s", why)
	}
	t.Skip(why)
}
