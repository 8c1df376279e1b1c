package reflector

import (
	"bytes"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"trunktester/probes/sip"
	"trunktester/reflector/wire"
)

// without a socket: what it would answer.
func deaf(t testing.TB) *Server {
	t.Helper()
	s, err := Open(Config{LongestDelay: time.Hour, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), SIP: Rate{1e9, 1 << 30}, SIPAll: Rate{1e9, 1 << 30}, RTPEach: Rate{1, 1}, RTPAll: Rate{1, 1}})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// requests are what mutations begin with: usual ones, and those that drive the reply to its bounds.
func requests() [][]byte {
	pad := wish(wire.Wish{ID: "1", Pad: 60000, OtherPort: true, Delay: time.Hour, DSCP: 63, Body: -1}, "")
	minimal := "A sip:reflect@ SIP/2.0\nv:a\n\n"
	return [][]byte{
		message("OPTIONS", ""), message("INVITE", sdp), message("REGISTER", "", pad), message("OPTIONS", strings.Repeat("x", 7000), pad),
		message("SUBSCRIBE", "", "Via: SIP/2.0/UDP "+strings.Repeat("h", 3000), pad),
		message("CANCEL", "", strings.Repeat("Via: SIP/2.0/UDP a;received=1.2.3.4;rport=1\r\n", 100)+"i: 1"),
		message("OPTIONS", "", strings.Repeat("t: x\r\n", 100)+"f: 1"),
		message("OPTIONS", "", "v: "+strings.Repeat(";rport", 500)),
		[]byte(minimal), []byte(minimal + strings.Repeat("x", wire.Shortest)),
		[]byte("A sip:reflect@ SIP/2.0\n" + strings.Repeat("t:\n", 100) + "v:a\n\n"),
	}
}

// bounded fails when the reply to the request is longer than one and a half times the request plus headers, or is none.
func bounded(t testing.TB, s *Server, raw []byte, a arrival) (answered bool) {
	t.Helper()
	given, ok := s.answer(raw, a, true, time.Now())
	if !ok || given.bytes == nil {
		return false
	}
	if len(given.bytes) > len(raw)+len(raw)/2+512 {
		t.Errorf("%d bytes over %s draw %d: %q", len(raw), a.transport, len(given.bytes), raw)
	}
	if a.transport == "udp" && len(raw) < wire.Shortest {
		t.Errorf("%d bytes draw a reply", len(raw))
	}
	m := sip.Split(given.bytes)
	body := given.bytes[bytes.LastIndex(given.bytes, []byte("\r\n\r\n"))+4:]
	if m.Code == 0 || !bytes.HasSuffix(given.bytes, []byte("Content-Length: "+strconv.Itoa(len(body))+"\r\n\r\n"+string(body))) {
		t.Errorf("%q draws %q", raw, given.bytes)
	}
	r, err := wire.ParseReflection(body)
	if err != nil || r.Source != a.from || r.Length != len(raw) || r.Message != nil && !bytes.Equal(r.Message, raw) || r.Message == nil && r.Sum != wire.Sum(raw) {
		t.Errorf("%q draws %+v, %v", raw, r, err)
	}
	return true
}

func arrivals() []arrival {
	return []arrival{
		{from: netip.MustParseAddrPort("192.0.2.1:5060"), transport: "udp", tos: 255},
		{from: netip.MustParseAddrPort("[2001:db8:ffff:ffff:ffff:ffff:ffff:ffff]:65535"), transport: "udp", tos: 255},
		{from: netip.MustParseAddrPort("192.0.2.1:5060"), transport: "tcp", tos: -1, framing: wire.Short},
	}
}

func TestNoRequestDrawsMuchMoreThanItself(t *testing.T) {
	s := deaf(t)
	pieces := []string{"\r\n", "\n", ";", ",", ":", "Via: ", "v:", "t:", "To: <sip:a>;tag=", "From: x\r\n", "i: 1\r\n", "CSeq: 1 A\r\n", "rport", ";received=", "X-Reflect: pad=9999",
		"X-Reflect: answer=facts", " folded", "\x00", "Content-Length: 5"}
	random := rand.New(rand.NewPCG(1, 2))
	answered := 0
	for range 4000 {
		all := requests()
		raw := all[random.IntN(len(all))]
		for range random.IntN(6) {
			at := random.IntN(len(raw) + 1)
			switch piece := pieces[random.IntN(len(pieces))]; random.IntN(4) {
			case 0: // put in
				raw = bytes.Join([][]byte{raw[:at], []byte(strings.Repeat(piece, 1+random.IntN(40))), raw[at:]}, nil)
			case 1: // taken out
				raw = append(bytes.Clone(raw[:at]), raw[min(at+random.IntN(60), len(raw)):]...)
			case 2: // cut off
				raw = raw[:at]
			case 3: // doubled
				raw = append(bytes.Clone(raw[:at]), raw[at/2:]...)
			}
		}
		for _, a := range arrivals() {
			if bounded(t, s, raw, a) {
				answered++
			}
		}
		if t.Failed() {
			return
		}
	}
	if answered < 2000 {
		t.Errorf("only %d of the mutants were answered: they prove little", answered)
	}
}

func FuzzAnswer(f *testing.F) {
	for _, raw := range requests() {
		f.Add(raw)
	}
	s := deaf(f)
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, a := range arrivals() {
			bounded(t, s, raw, a)
		}
	})
}
