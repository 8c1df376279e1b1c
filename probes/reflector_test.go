package probes

import (
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"strings"
	"testing"

	"trunktester/appliance/profile"
	"trunktester/probes/facts"
	"trunktester/reflector"
)

// meddler is a router on the way to the reflector: it puts its own address in the sender's place, and changes messages.
func meddler(t *testing.T, at netip.Addr, to netip.AddrPort, change func(string) string) netip.AddrPort {
	t.Helper()
	front, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(at, 0)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { front.Close() })
	go func() {
		b := make([]byte, 65535)
		for {
			n, from, err := front.ReadFromUDPAddrPort(b)
			if err != nil {
				return
			}
			back, err := net.DialUDP("udp4", &net.UDPAddr{IP: at.AsSlice()}, net.UDPAddrFromAddrPort(to))
			if err != nil {
				return
			}
			t.Cleanup(func() { back.Close() })
			back.Write([]byte(change(string(b[:n]))))
			go func() {
				b := make([]byte, 65535)
				if n, err := back.Read(b); err == nil {
					front.WriteToUDPAddrPort(b[:n], from)
				}
			}()
		}
	}()
	return front.LocalAddr().(*net.UDPAddr).AddrPort()
}

// The real reflector behind a device that changes messages, or does not. It has a loopback address of its own, since
// the ports of its controls are fixed.
func TestReflectorShowsWhatWasChanged(t *testing.T) {
	for _, c := range []struct {
		name    string
		change  func(string) string
		token   string
		outcome facts.Outcome
		word    string
		says    string
		sent    int // messages
	}{
		{"nothing", func(s string) string { return s }, reflectorToken, facts.Passed, facts.ALGRuledOut, "OPTIONS, INVITE, REGISTER over UDP", 3},
		{"an address in SDP", func(s string) string { return strings.Replace(s, "c=IN IP4 127.0.0.1", "c=IN IP4 203.0.113.2", 1) }, reflectorToken,
			facts.Failed, facts.ALGProved, `"c=IN IP4 127.0.0.1" arrived as "c=IN IP4 203.0.113.2". Over UDP to port 5080 the same arrived as it was sent.`, 5},
		{"one byte of white space", func(s string) string { return strings.Replace(s, "Call-ID: ", "Call-ID:", 1) }, reflectorToken, facts.Failed, facts.ALGProved, "Call-ID", 5},
		{"a wrong token", func(s string) string { return s }, "0000000000000000", facts.Failed, facts.ALGCouldNotTell, "silent to a token", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			at := netip.AddrFrom4([4]byte{127, byte(1 + rand.IntN(250)), byte(rand.IntN(250)), byte(1 + rand.IntN(250))})
			s := startReflector(t, func(c *reflector.Config) {
				c.UDP, c.TCP = []string{at.String() + ":0", fmt.Sprintf("%s:%d", at, reflectorOther)}, nil
			})
			d := sipDialer(t)
			known := facts.Facts{}
			to := FarEnd{Dial: d, Host: meddler(t, at, s.UDP()[0], c.change).String(), Token: profile.Secret(c.token)}
			r := Reflector{FarEnd: to, Transport: "udp"}.Look(t.Context(), known)
			r.File(&known)
			spoken(t, r.Saw)
			if r.Outcome != c.outcome || !strings.Contains(r.Saw, c.says) {
				t.Errorf("%s: %s", r.Outcome, r.Saw)
			}
			if p, ok := judgeReflector(known.Reflector, 0); ok {
				if word, why := algWord([]facts.Proof{p}); word != c.word {
					t.Errorf("%s: %s", word, why)
				}
			}
			if len(known.Reflector.Messages) != c.sent || len(r.Evidence) != c.sent {
				t.Errorf("%d messages, %d pieces of evidence", len(known.Reflector.Messages), len(r.Evidence))
			}
			if counted, _ := d.Conduct.Sent(); counted != 0 {
				t.Errorf("%d counted for the provider", counted)
			}
			for _, e := range r.Evidence {
				spoken(t, e.Text)
				if i := strings.Index(e.Sent+e.Received, "proof="); i >= 0 && !strings.HasPrefix((e.Sent + e.Received)[i:], "proof=****") {
					t.Errorf("a proof is told: %s", e.Sent)
				}
			}
		})
	}
}

// No INVITE goes to a server that has not shown that it is a reflector.
func TestNoINVITEToAnotherServer(t *testing.T) {
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	methods := make(chan string, 100)
	go func() {
		b := make([]byte, 65535)
		for {
			n, from, err := conn.ReadFromUDPAddrPort(b)
			if err != nil {
				close(methods)
				return
			}
			method, rest, _ := strings.Cut(string(b[:n]), " ")
			methods <- method
			_, fields, _ := strings.Cut(rest, "\r\n")
			conn.WriteToUDPAddrPort([]byte("SIP/2.0 200 OK\r\n"+fields), from)
		}
	}()
	r := Reflector{FarEnd: FarEnd{Dial: sipDialer(t), Host: conn.LocalAddr().String()}, Transport: "udp"}.Look(t.Context(), facts.Facts{})
	conn.Close()
	for method := range methods {
		if method != "OPTIONS" {
			t.Errorf("it was sent %s", method)
		}
	}
	if r.Outcome != facts.Failed || !strings.Contains(r.Saw, "another server answered") {
		t.Errorf("%s: %s", r.Outcome, r.Saw)
	}
}
