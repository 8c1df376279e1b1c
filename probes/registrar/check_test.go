package registrar

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"trunktester/probes/facts"
	"trunktester/probes/sip"
)

const patienceOfTests = 30 * time.Second

// begin opens a check on loopback, on a port of the machine's choice.
func begin(t *testing.T, change ...func(*Options)) (c *Check, at netip.AddrPort, end func() facts.PBXCheck) {
	t.Helper()
	o := Options{Trunk: trunk(), Own: netip.MustParsePrefix("127.0.0.1/8"), Window: patienceOfTests, Agent: "trunktester/test"}
	for _, f := range change {
		f(&o)
	}
	for range 20 {
		o.Port = freePort(t)
		var err error
		if c, err = Open(t.Context(), o); err == nil {
			break
		}
		t.Log(err)
	}
	if c == nil {
		t.Fatal("no port")
	}
	ctx, cancel := context.WithCancel(t.Context())
	var done sync.WaitGroup
	done.Go(func() { c.Run(ctx) })
	end = func() facts.PBXCheck { cancel(); done.Wait(); return c.Facts() }
	t.Cleanup(func() { end() })
	return c, netip.AddrPortFrom(o.Own.Addr(), o.Port), end
}

func freePort(t *testing.T) uint16 {
	t.Helper()
	l, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.LocalAddr().(*net.UDPAddr).AddrPort().Port()
}

// call registers over a connection with the usual PBX, changed.
func call(t *testing.T, conn net.Conn, transport string, change func(*pbx)) int {
	t.Helper()
	conn.SetDeadline(time.Now().Add(patienceOfTests))
	p := usual()
	p.callID, p.domain = transport, "127.0.0.1"
	change(p)
	ask := func(authorization string) *sip.Message {
		if _, err := conn.Write(p.message(authorization)); err != nil {
			t.Fatal(err)
		}
		b := make([]byte, 4096)
		n, err := conn.Read(b)
		if err != nil {
			t.Fatal(err)
		}
		return sip.Split(b[:n])
	}
	return ask(p.answer(t, ask(""))).Code
}

func TestTransports(t *testing.T) {
	for _, transport := range []string{"udp", "tcp", "tls", "tls on the port of TCP"} {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			_, at, end := begin(t)
			var conn net.Conn
			var err error
			trusting := &tls.Config{InsecureSkipVerify: true}
			switch transport {
			case "udp":
				conn, err = net.Dial("udp4", at.String())
			case "tcp":
				conn, err = net.Dial("tcp4", at.String())
			case "tls":
				conn, err = tls.Dial("tcp4", netip.AddrPortFrom(at.Addr(), at.Port()+1).String(), trusting)
			default:
				conn, err = tls.Dial("tcp4", at.String(), trusting)
			}
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if code := call(t, conn, transport, func(p *pbx) {}); code != 200 {
				t.Errorf("answered %d", code)
			}
			f := end()
			if len(f.Devices) != 1 || !f.Devices[0].Accepted || f.Devices[0].Transport != transport[:3] || f.Open || f.Listened <= 0 {
				t.Errorf("%+v", f)
			}
		})
	}
}

// A PBX that does not trust the box's certificate is no silent PBX.
func TestRefusedTLS(t *testing.T) {
	c, at, end := begin(t)
	if conn, err := tls.Dial("tcp4", netip.AddrPortFrom(at.Addr(), at.Port()+1).String(), &tls.Config{ServerName: "sip.example.net"}); err == nil {
		conn.Close()
		t.Fatal("the certificate was believed")
	}
	eventually(t, func() bool { return c.Facts().TLSRefused == 1 })
	if f := end(); len(f.Devices) != 0 {
		t.Errorf("%+v", f)
	}
}

func eventually(t *testing.T, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patienceOfTests); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it never came to be")
		}
	}
}

// The end of the window, and of the check, leave nothing open.
func TestNothingStaysOpen(t *testing.T) {
	for name, window := range map[string]time.Duration{"the time is over": 50 * time.Millisecond, "somebody ended it": patienceOfTests} {
		t.Run(name, func(t *testing.T) {
			c, at, end := begin(t, func(o *Options) { o.Window = window })
			conn, err := net.Dial("tcp4", at.String())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if window == patienceOfTests {
				end()
			}
			eventually(t, func() bool { return !c.Facts().Open })
			conn.SetReadDeadline(time.Now().Add(patienceOfTests))
			var timeout net.Error
			if _, err := conn.Read(make([]byte, 1)); err == nil || errors.As(err, &timeout) && timeout.Timeout() {
				t.Errorf("the connection is still open: %v", err)
			}
			if _, err := net.Dial("tcp4", at.String()); !errors.Is(err, syscall.ECONNREFUSED) {
				t.Errorf("the port is still open: %v", err)
			}
			again, err := Open(t.Context(), c.opt)
			if err != nil {
				t.Fatal(err)
			}
			again.close()
		})
	}
}

// Strangers are not answered, whatever they send: here all that is not 127.0.0.0/30.
func TestStrangers(t *testing.T) {
	c, at, _ := begin(t, func(o *Options) { o.Own = netip.MustParsePrefix("127.0.0.1/30") })
	from := &net.UDPAddr{IP: net.IPv4(127, 0, 0, 99)}
	conn, err := net.DialUDP("udp4", from, net.UDPAddrFromAddrPort(at))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write(usual().message("")); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() bool { return c.Facts().Strangers == 1 })
	stream, err := (&net.Dialer{LocalAddr: &net.TCPAddr{IP: from.IP}}).Dial("tcp4", at.String())
	if err == nil {
		defer stream.Close()
		stream.SetDeadline(time.Now().Add(patienceOfTests))
		stream.Write(usual().message("")) //nolint:errcheck // it is closed already
		if n, _ := stream.Read(make([]byte, 100)); n != 0 {
			t.Error("a stranger was answered")
		}
	}
	eventually(t, func() bool { return c.Facts().Strangers == 2 })
	if f := c.Facts(); len(f.Devices) != 0 {
		t.Errorf("%+v", f.Devices)
	}
}

// A neighbour who opens connections and says nothing keeps nobody out for long, and no more than eight.
func TestManyConnections(t *testing.T) {
	c, at, end := begin(t)
	for range 3 * mostConnections {
		conn, err := net.Dial("tcp4", at.String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
	}
	eventually(t, func() bool { return len(c.slots) == mostConnections })
	conn, err := net.Dial("udp4", at.String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if code := call(t, conn, "udp", func(p *pbx) {}); code != 200 {
		t.Errorf("answered %d over UDP", code)
	}
	end()
	if len(c.slots) != 0 || len(c.conns) != 0 {
		t.Errorf("%d slots, %d connections at the end", len(c.slots), len(c.conns))
	}
}

// Accepted, it ends by itself; with a wrong password it goes on, since somebody may correct it.
func TestEndsWhenAccepted(t *testing.T) {
	c, at, _ := begin(t)
	conn, err := net.Dial("udp4", at.String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if code := call(t, conn, "first", func(p *pbx) { p.password = "wrong" }); code != 401 {
		t.Errorf("answered %d", code)
	}
	select {
	case <-c.accepted:
		t.Error("accepted")
	default:
	}
	if code := call(t, conn, "second", func(p *pbx) {}); code != 200 {
		t.Errorf("answered %d", code)
	}
	eventually(t, func() bool { return !c.Facts().Open })
}

func TestOpenSaysWhatToDo(t *testing.T) {
	public := Options{Trunk: trunk(), Own: netip.MustParsePrefix("198.51.100.7/24"), Window: time.Second}
	if _, err := Open(t.Context(), public); err == nil || !strings.Contains(err.Error(), "put the box into a socket of the LAN") {
		t.Errorf("at a public address: %v", err)
	}
	shared := Options{Trunk: trunk(), Own: netip.MustParsePrefix("100.64.0.7/24"), Window: time.Second}
	if _, err := Open(t.Context(), shared); err == nil {
		t.Error("at a shared address")
	}
	c, _, _ := begin(t)
	if _, err := Open(t.Context(), c.opt); err == nil || !strings.Contains(err.Error(), "another program on this machine holds UDP port") {
		t.Errorf("a port that is taken: %v", err)
	}
}

// An absurd mask does not let the internet in.
func TestNeighbour(t *testing.T) {
	for _, c := range []struct {
		own, who string
		want     bool
	}{
		{"192.168.1.20/24", "192.168.1.30", true},
		{"192.168.1.20/24", "192.168.2.30", false},
		{"192.168.1.20/0", "198.51.100.5", false},
		{"10.0.0.20/8", "10.200.0.1", true},
		{"192.168.1.20/0", "100.64.0.9", false},
	} {
		check := &Check{opt: Options{Own: netip.MustParsePrefix(c.own)}}
		if got := check.neighbour(netip.MustParseAddr(c.who)); got != c.want {
			t.Errorf("%s for a box at %s: %v", c.who, c.own, got)
		}
	}
}
