package reflector

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"trunktester/probes/sip"
	"trunktester/reflector/wire"
)

const patience = 5 * time.Second

// started runs a reflector on loopback until the test ends.
func started(t testing.TB, change func(*Config)) *Server {
	t.Helper()
	c := Config{
		UDP: []string{"127.0.0.1:0", "127.0.0.1:0"}, TCP: []string{"127.0.0.1:0"}, TLS: []string{"127.0.0.1:0"}, RTPHost: "127.0.0.1", RTP: []uint16{0},
		LongestDelay: time.Minute, Workers: 2, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		SIP: Rate{1e6, 1e6}, SIPAll: Rate{1e6, 1e6}, RTPEach: Rate{1e6, 1e6}, RTPAll: Rate{1e6, 1e6},
	}
	if change != nil {
		change(&c)
	}
	s, err := Open(c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { s.Run(ctx); close(ended) }()
	t.Cleanup(func() { cancel(); <-ended })
	return s
}

// message is a request as a telephone sends it; further are whole lines.
func message(method string, body string, further ...string) []byte {
	lines := append([]string{
		method + " sip:reflect@reflector.example.net SIP/2.0",
		"Via: SIP/2.0/UDP 192.168.1.20:5070;rport;branch=z9hG4bK776asdhds",
		"Max-Forwards: 70",
		"From: <sip:box@reflector.example.net>;tag=1928301774",
		"To: <sip:reflect@reflector.example.net>",
		"Call-ID: a84b4c76e66710@192.168.1.20",
		"CSeq: 1 " + method,
		"Contact: <sip:box@192.168.1.20:5070>",
	}, further...)
	lines = append(lines, fmt.Sprintf("Content-Length: %d", len(body)), "", body)
	return []byte(strings.Join(lines, "\r\n"))
}

const sdp = "v=0\r\no=- 1 1 IN IP4 192.168.1.20\r\ns=-\r\nc=IN IP4 192.168.1.20\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0\r\n"

func wish(w wire.Wish, token string) string { return wire.Header + ": " + w.Value(token) }

// caller is a connected UDP socket.
func caller(t testing.TB, to netip.AddrPort) *net.UDPConn {
	t.Helper()
	c, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(to))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func received(t testing.TB, c net.Conn, for_ time.Duration) []byte {
	t.Helper()
	b := make([]byte, 65536)
	c.SetReadDeadline(time.Now().Add(for_))
	n, err := c.Read(b)
	if err != nil {
		t.Fatalf("no reply: %v", err)
	}
	return b[:n]
}

// reflection is what a reply says.
func reflection(t testing.TB, raw []byte) (*sip.Message, wire.Reflection) {
	t.Helper()
	m := sip.Split(raw)
	if m.Get("Content-Length") != fmt.Sprint(len(m.Body)) {
		t.Errorf("Content-Length %s, and %d bytes of body", m.Get("Content-Length"), len(m.Body))
	}
	r, err := wire.ParseReflection(m.Body)
	if err != nil {
		t.Fatalf("%v in %q", err, raw)
	}
	return m, r
}

func TestARequestComesBackAsItWasReceived(t *testing.T) {
	s := started(t, nil)
	for _, c := range []struct {
		name string
		sent []byte
		code int
	}{
		{"OPTIONS", message("OPTIONS", ""), 200},
		{"REGISTER", message("REGISTER", ""), 200},
		{"INVITE with SDP makes no call", message("INVITE", sdp), 488},
		{"UPDATE outside of a dialog", message("UPDATE", sdp), 481},
		{"a router damaged the Content-Length", []byte(strings.Replace(string(message("INVITE", sdp)), "Content-Length: ", "Content-Length: 9", 1)), 488},
		{"a router damaged the Request-URI", []byte(strings.Replace(string(message("OPTIONS", "")), "@reflector.example.net SIP", "@192.0.2.1: SIP", 1)), 200},
		{"bare line feeds", []byte(strings.ReplaceAll(string(message("OPTIONS", "")), "\r", "")), 200},
		{"no Call-ID left", []byte(strings.Replace(string(message("OPTIONS", "")), "Call-ID", "X-ID", 1)), 200},
		{"bytes that are no text", append(message("MESSAGE", "\x00\xff"), 0x80, 0, 0xfe), 200},
	} {
		t.Run(c.name, func(t *testing.T) {
			conn := caller(t, s.UDP()[0])
			conn.Write(c.sent)
			m, r := reflection(t, received(t, conn, patience))
			if d := wire.Compare(c.sent, r.Message); d != nil {
				t.Errorf("differs: %+v", d)
			}
			local := conn.LocalAddr().(*net.UDPAddr).AddrPort()
			if m.Code != c.code || r.Source != local || r.Transport != "udp" || m.Via().Received() != local.Addr() || m.Via().RPort() != local.Port() {
				t.Errorf("code %d, source %s, Via %+v", m.Code, r.Source, m.Via())
			}
		})
	}
}

func TestWhatIsNotAnswered(t *testing.T) {
	s := started(t, nil)
	conn := caller(t, s.UDP()[0])
	for _, sent := range []string{
		"", "\r\n\r\n", "hello", strings.Repeat("A", 9000),
		"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h\r\n\r\n",
		string(message("ACK", "")),
		strings.Replace(string(message("OPTIONS", "")), "sip:reflect@", "sip:441632960000@", 1),
		strings.Replace(string(message("OPTIONS", "")), "Via:", "Was:", 1),
		string(message("OPTIONS", "", "X-Reflect: delay=soon")),
		string(message("OPTIONS", strings.Repeat("x", wire.Longest))),
		string(message("OPTIONS", "", strings.Repeat("A: b\r\n", mostFields)+"C: d")),
	} {
		conn.Write([]byte(sent))
	}
	last := message("OPTIONS", "", "X-Last: yes")
	conn.Write(last)
	if _, r := reflection(t, received(t, conn, patience)); string(r.Message) != string(last) {
		t.Errorf("answered %q", r.Message)
	}
}

func TestADelayedReplyComesLater(t *testing.T) {
	s := started(t, nil)
	conn := caller(t, s.UDP()[0])
	conn.Write(message("OPTIONS", "", wish(wire.Wish{ID: "slow", Delay: time.Second, Body: -1}, "")))
	conn.Write(message("OPTIONS", "", wish(wire.Wish{ID: "quick", Body: -1}, "")))
	for _, want := range []string{"id=quick", "id=slow"} {
		if _, r := reflection(t, received(t, conn, patience)); !strings.Contains(string(r.Message), want) || r.Refused != nil {
			t.Errorf("%q came, refused %v; %s was due", r.Message, r.Refused, want)
		}
	}
}

func TestADelayThatIsNotGrantedIsSaid(t *testing.T) {
	s := started(t, nil)
	conn := caller(t, s.UDP()[0])
	ask := func(d time.Duration) []string {
		conn.Write(message("OPTIONS", "", wish(wire.Wish{Delay: d, Body: -1}, "")))
		_, r := reflection(t, received(t, conn, patience))
		return r.Refused
	}
	if got := ask(time.Hour); len(got) != 1 || got[0] != "delay" {
		t.Errorf("an hour: refused %v", got)
	}
	for range mostWaitingEach { // each stays until the reflector stops
		conn.Write(message("OPTIONS", "", wish(wire.Wish{Delay: time.Minute, Body: -1}, "")))
	}
	if got := ask(time.Minute); len(got) != 1 || got[0] != "delay" {
		t.Errorf("the ninth of one address: refused %v", got)
	}
}

func TestTheOtherPortAnswers(t *testing.T) {
	s := started(t, nil)
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.WriteToUDPAddrPort(message("OPTIONS", "", wish(wire.Wish{OtherPort: true, Body: -1}, "")), s.UDP()[0])
	conn.SetReadDeadline(time.Now().Add(patience))
	b := make([]byte, 4096)
	n, from, err := conn.ReadFromUDPAddrPort(b)
	if err != nil {
		t.Fatal(err)
	}
	if _, r := reflection(t, b[:n]); unmapped(from) != s.UDP()[1] || r.Refused != nil {
		t.Errorf("from %s, refused %v; asked %s, other %s", from, r.Refused, s.UDP()[0], s.UDP()[1])
	}
}

func TestAReplyIsPaddedAsFarAsTheRequestWas(t *testing.T) {
	s := started(t, nil)
	conn := caller(t, s.UDP()[0])
	for _, c := range []struct {
		padding, wanted, least, most int
		refused                      bool
	}{
		{400, 1600, 1600, 1605, false},
		{0, 1600, 900, 1300, true},
		{0, 0, 600, 1300, false},
	} {
		sent := message("OPTIONS", "", "X-Fill: "+strings.Repeat("-", c.padding), wish(wire.Wish{Pad: c.wanted, Body: -1}, ""))
		conn.Write(sent)
		raw := received(t, conn, patience)
		_, r := reflection(t, raw)
		if len(raw) < c.least || len(raw) > c.most || len(raw) > wire.Most(len(sent)) || c.refused != (r.Refused != nil) || string(r.Message) != string(sent) {
			t.Errorf("%d bytes asked with %d: got %d, refused %v", c.wanted, len(sent), len(raw), r.Refused)
		}
	}
}

func TestALongRequestHasAShortReply(t *testing.T) {
	s := started(t, nil)
	conn := caller(t, s.UDP()[0])
	sent := message("OPTIONS", "", "X-Fill: "+strings.Repeat("-", 2500), wish(wire.Wish{FactsOnly: true, Body: -1}, ""))
	conn.Write(sent)
	raw := received(t, conn, patience)
	if _, r := reflection(t, raw); len(raw) > 1200 || r.Message != nil || r.Length != len(sent) || r.Sum != wire.Sum(sent) {
		t.Errorf("%d bytes: %+v", len(raw), r)
	}
}

func TestTheClassOfBothWaysIsSeen(t *testing.T) {
	for _, family := range []string{"127.0.0.1:0", "[::1]:0"} {
		t.Run(family, func(t *testing.T) {
			s := started(t, func(c *Config) { c.UDP = []string{family} })
			conn := caller(t, s.UDP()[0])
			ip6 := s.UDP()[0].Addr().Is6()
			if err := observe(conn, ip6); err != nil {
				t.Fatal(err)
			}
			if _, _, err := conn.WriteMsgUDPAddrPort(message("OPTIONS", "", wish(wire.Wish{DSCP: 26, OtherPort: true, Body: -1}, "")),
				control(conn.LocalAddr().(*net.UDPAddr).AddrPort().Addr().Unmap(), 46), netip.AddrPort{}); err != nil {
				t.Fatal(err)
			}
			b, oob := make([]byte, 4096), make([]byte, controlSpace)
			conn.SetReadDeadline(time.Now().Add(patience))
			n, oobn, _, _, err := conn.ReadMsgUDPAddrPort(b, oob)
			if err != nil {
				t.Fatal(err)
			}
			_, r := reflection(t, b[:n])
			if _, tos := seen(oob[:oobn]); r.TOS != 46<<2 || tos != 26<<2 {
				t.Errorf("up %d, down %d", r.TOS, tos)
			}
			if len(r.Refused) != 1 || r.Refused[0] != "port" {
				t.Errorf("there is no other port: refused %v", r.Refused)
			}
		})
	}
}

func TestOnlyTheTokenIsAnswered(t *testing.T) {
	const token = "5f1b2c3d4e5f60718293"
	var log strings.Builder
	t.Cleanup(func() { // after the reflector has stopped
		if log.Len() == 0 || strings.Contains(log.String(), token) {
			t.Errorf("log: %s", log.String())
		}
	})
	s := started(t, func(c *Config) { c.Token, c.Log = token, slog.New(slog.NewTextHandler(&log, nil)) })
	conn := caller(t, s.UDP()[0])
	good := wire.Wish{ID: "1", Body: -1}
	changed := strings.Replace(wish(wire.Wish{ID: "1", Pad: 100, Body: -1}, token), "pad=100", "pad=900", 1)
	for _, line := range []string{"X-None: x", wish(good, ""), wish(good, token+"x"), changed, "X-Reflect: id=1; proof=" + token} {
		conn.Write(message("OPTIONS", "", line))
	}
	sent := message("OPTIONS", "", wish(good, token))
	conn.Write(sent)
	raw := received(t, conn, patience)
	if _, r := reflection(t, raw); string(r.Message) != string(sent) {
		t.Errorf("answered %q", r.Message)
	}
	if strings.Contains(string(sent)+string(raw), token) {
		t.Error("the token went out")
	}
	voice := caller(t, s.Voice()[0])
	voice.Write(wire.Probe{Sequence: 1}.Packet("", 172))
	voice.Write(wire.Probe{Sequence: 2}.Packet(token+"x", 172))
	voice.Write(wire.Probe{Sequence: 3}.Packet(token, 172))
	if p, _, err := wire.ParseEcho(received(t, voice, patience)); err != nil || p.Sequence != 3 {
		t.Errorf("echoed %+v, %v", p, err)
	}
}

func TestVoiceTellsLossUpFromLossDown(t *testing.T) {
	s := started(t, nil)
	conn := caller(t, s.Voice()[0])
	ask := func(seq uint16) (wire.Heard, []byte) {
		sent := wire.Probe{Sequence: seq, Timestamp: 160 * uint32(seq), SSRC: 7, Own: 1 << 40}.Packet("", 172)
		conn.Write(sent)
		b := received(t, conn, patience)
		p, h, err := wire.ParseEcho(b)
		if err != nil || p.Sequence != seq || p.Own != 1<<40 || len(b) != len(sent) {
			t.Fatalf("%d bytes: %+v, %v", len(b), p, err)
		}
		return h, b
	}
	h, echo := ask(1)
	if h.Count != 1 || h.Source != conn.LocalAddr().(*net.UDPAddr).AddrPort() || h.At.IsZero() {
		t.Errorf("first: %+v", h)
	}
	conn.Write(echo) // an echo is not echoed: two reflectors would never stop
	conn.Write(message("OPTIONS", ""))
	if h, _ := ask(5); h.Count != 2 { // 2, 3 and 4 were lost on the way up
		t.Errorf("second: %+v", h)
	}
}

func TestAFloodFromOneAddressIsCut(t *testing.T) {
	s := started(t, func(c *Config) { c.SIP = Rate{0.001, 5} })
	conn := caller(t, s.UDP()[0])
	for range 50 {
		conn.Write(message("OPTIONS", ""))
	}
	n := 0
	conn.SetReadDeadline(time.Now().Add(time.Second))
	for b := make([]byte, 4096); ; n++ {
		if _, err := conn.Read(b); err != nil {
			break
		}
	}
	if n != 5 {
		t.Errorf("%d replies, of a burst of 5", n)
	}
}
