package sip_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"trunktester/probes/facts"
	"trunktester/probes/sip"
	"trunktester/probes/sip/siptest"
)

func dialer() sip.Dialer {
	return sip.Dialer{Conduct: sip.NewConduct(sip.Diagnosis), Agent: "trunktester/test"}
}

func options() sip.Request {
	return sip.Request{Method: sip.OPTIONS, URI: "sip:example.net", From: "sip:test@example.net", To: "sip:example.net"}
}

func register() sip.Request {
	r := options()
	r.Method, r.To = sip.REGISTER, "sip:test@example.net"
	return r
}

func udp(t *testing.T, d sip.Dialer, to netip.AddrPort) *sip.UDP {
	t.Helper()
	u, err := d.UDP(context.Background(), to)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { u.Close() })
	return u
}

func TestUDPReply(t *testing.T) {
	server := siptest.New(t, siptest.Switches{})
	d := dialer()
	u := udp(t, d, server.UDP(t, "127.0.0.1:0"))
	x := u.Ask(t.Context(), register(), sip.Path)
	if x.Err != nil || x.Reply == nil || x.Reply.Code != 401 || x.Sends != 1 || len(x.Mangled) > 0 {
		t.Fatalf("got %+v", x)
	}
	if got := x.Reply.Challenges(); len(got) != 1 || got[0].Realm() != "sip.example.net" || len(got[0].Nonce()) != 24 {
		t.Errorf("challenges %v", got)
	}
	if f := x.Facts(); strings.Contains(f.Received, x.Reply.Challenges()[0].Nonce()) || f.Reply.SeenAs != u.Local() {
		t.Errorf("facts %+v", f)
	}
	if seen := server.Seen(); len(seen) != 1 || seen[0].Raw != string(x.Sent) || seen[0].From != u.Local() {
		t.Errorf("the server saw %q from %v, sent was %q", seen[0].Raw, seen[0].From, x.Sent)
	}
	rs := d.Conduct.Requests()
	if len(rs) != 1 || rs[0].Code != 401 || rs[0].CallID != x.Request.CallID || rs[0].Source != u.Local().String() {
		t.Errorf("requests %+v", rs)
	}
}

func TestUDPRepeatsAfterLoss(t *testing.T) {
	server := siptest.New(t, siptest.Switches{Drop: 1})
	u := udp(t, dialer(), server.UDP(t, "127.0.0.1:0"))
	x := u.Ask(t.Context(), options(), sip.Path)
	if x.Reply == nil || x.Sends != 2 {
		t.Fatalf("sends %d, reply %v", x.Sends, x.Reply)
	}
}

func TestUDPSilence(t *testing.T) {
	t.Parallel()
	server := siptest.New(t, siptest.Switches{Options: -1})
	u := udp(t, dialer(), server.UDP(t, "127.0.0.1:0"))
	x := u.Ask(t.Context(), options(), sip.Path)
	if x.Reply != nil || x.Sends != 4 || x.Last.Sub(x.First) < 3500*time.Millisecond {
		t.Fatalf("sends %d over %v, reply %v", x.Sends, x.Last.Sub(x.First), x.Reply)
	}
	if n := len(server.Seen()); n != 4 {
		t.Errorf("the server saw %d", n)
	}
}

func TestUDPTryingStopsRepeats(t *testing.T) {
	server := siptest.New(t, siptest.Switches{Trying: true, Delay: 0, Mangle: func(string) string { return "" }})
	u := udp(t, dialer(), server.UDP(t, "127.0.0.1:0"))
	ctx, cancel := context.WithTimeout(t.Context(), 1200*time.Millisecond)
	defer cancel()
	x := u.Ask(ctx, options(), sip.Path)
	if x.Reply == nil || x.Reply.Code != 100 || x.Sends != 1 {
		t.Fatalf("sends %d, reply %v", x.Sends, x.Reply)
	}
}

func TestUDPClosedPort(t *testing.T) {
	closed, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	to := closed.LocalAddr().(*net.UDPAddr).AddrPort()
	closed.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	x := udp(t, dialer(), to).Ask(ctx, options(), sip.Path)
	if len(x.ICMP) != 1 || x.Err != nil {
		t.Fatalf("ICMP %v, error %v", x.ICMP, x.Err)
	}
	want := facts.ICMP{Offender: to.Addr(), Type: 3, Code: 3, Provider: true}
	if got := x.ICMP[0].Fact(to.Addr()); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if !strings.HasPrefix(string(x.Sent), string(x.ICMP[0].Quoted)) || len(x.ICMP[0].Quoted) == 0 {
		t.Errorf("quoted %q", x.ICMP[0].Quoted)
	}
}

func TestMangledReplyIsFoundAndNamed(t *testing.T) {
	server := siptest.New(t, siptest.Switches{Mangle: func(s string) string {
		return strings.Replace(s, "Call-ID: ", "Call-ID: x", 1)
	}})
	x := udp(t, dialer(), server.UDP(t, "127.0.0.1:0")).Ask(t.Context(), options(), sip.Path)
	if x.Reply == nil || strings.Join(x.Mangled, " ") != "Call-ID" {
		t.Fatalf("mangled %v, reply %v", x.Mangled, x.Reply)
	}
}

func TestStrayIsKept(t *testing.T) {
	server := siptest.New(t, siptest.Switches{Mangle: func(string) string { return "SIP/2.0 200 OK\r\nVia: nobody\r\n\r\n" }})
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	x := udp(t, dialer(), server.UDP(t, "127.0.0.1:0")).Ask(ctx, options(), sip.Path)
	if x.Reply != nil || len(x.Strays) != 1 {
		t.Fatalf("reply %v, strays %v", x.Reply, x.Strays)
	}
}

func TestForbidden(t *testing.T) {
	server := siptest.New(t, siptest.Switches{})
	d := dialer()
	u := udp(t, d, server.UDP(t, "127.0.0.1:0"))
	for _, r := range []sip.Request{
		{Method: "INVITE", URI: "sip:example.net"},
		{Method: "invite", URI: "sip:example.net"},
		{Method: sip.INVITE, URI: "sip:441632960000@example.net"},
		{Method: sip.INVITE, URI: "sip:reflect.example.net"},
		{Method: "BYE", URI: "sip:reflect@example.net"},
		{Method: sip.REGISTER, URI: "sip:example.net", Contact: "*"},
		{Method: sip.REGISTER, URI: "sip:example.net", Headers: []sip.Header{{Name: "m", Value: " * "}}},
	} {
		if x := u.Ask(t.Context(), r, sip.Path); !errors.Is(x.Err, sip.ErrForbidden) {
			t.Errorf("%s %s: error %v", r.Method, r.Contact, x.Err)
		}
	}
	if _, err := (sip.Request{Method: sip.OPTIONS, URI: "sip:a", From: "x\r\nEvil: 1"}).Bytes("udp"); err == nil {
		t.Error("a line break was let through")
	}
	if len(server.Seen())+len(d.Conduct.Requests()) != 0 {
		t.Error("something was sent")
	}
}

// A reflector makes no call of an INVITE. Its answer is acknowledged in the same transaction, so that no device on
// the way waits for more.
func TestAnINVITEToAReflectorIsAcknowledged(t *testing.T) {
	server := siptest.New(t, siptest.Switches{})
	u := udp(t, dialer(), server.UDP(t, "127.0.0.1:0"))
	r := sip.Request{Method: sip.INVITE, URI: "sip:reflect@example.net", From: "sip:box@example.net", To: "sip:reflect@example.net", Body: []byte("v=0\r\n")}
	x := u.Ask(t.Context(), r, sip.Control)
	if !x.Answered() || x.Reply.Code < 300 {
		t.Fatalf("%+v", x)
	}
	var ack *sip.Message
	for until := time.Now().Add(5 * time.Second); ack == nil && time.Now().Before(until); time.Sleep(5 * time.Millisecond) {
		for _, m := range server.Seen() {
			if request := sip.Split([]byte(m.Raw)); request.Method == "ACK" {
				ack = request
			}
		}
	}
	if ack == nil {
		t.Fatal("no ACK came")
	}
	sent := sip.Split(x.Sent)
	if ack.Get("Via") != sent.Get("Via") || ack.Get("CSeq") != "1 ACK" || ack.Get("To") != x.Reply.Get("To") || ack.Get("Call-ID") != sent.Get("Call-ID") || len(ack.Body) > 0 {
		t.Errorf("%s", ack.Raw)
	}
}

func TestTCP(t *testing.T) {
	server := siptest.New(t, siptest.Switches{})
	s, answer, err := dialer().TCP(t.Context(), server.TCP(t, "127.0.0.1:0"))
	if err != nil || answer != facts.Answered {
		t.Fatal(answer, err)
	}
	defer s.Close()
	done := make(chan sip.Exchange)
	for _, r := range []sip.Request{options(), register()} {
		go func() { done <- s.Ask(t.Context(), r, sip.Path) }()
	}
	codes := map[int]bool{}
	for range 2 {
		if x := <-done; x.Reply != nil && x.Sends == 1 && len(x.Mangled) == 0 {
			codes[x.Reply.Code] = true
		}
	}
	if !codes[200] || !codes[401] {
		t.Error(codes)
	}
}

func TestTCPRefused(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	to := l.Addr().(*net.TCPAddr).AddrPort()
	l.Close()
	if _, answer, err := dialer().TCP(t.Context(), to); err == nil || answer != facts.Refused {
		t.Error(answer, err)
	}
}
