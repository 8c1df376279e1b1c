package serve

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/beevik/ntp"
	"github.com/miekg/dns"
	"github.com/pion/stun/v3"
)

func packetConn(t *testing.T) net.PacketConn {
	t.Helper()
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

func listener(t *testing.T) net.Listener {
	t.Helper()
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return ln
}

func TestSTUN(t *testing.T) {
	s, conn := NewSTUN(STUNSettings{}), packetConn(t)
	run(t, func(ctx context.Context) error { return s.Serve(ctx, conn) })
	bind := func() (mapped stun.XORMappedAddress, local net.Addr, err error) {
		raw, err := net.Dial("udp4", conn.LocalAddr().String())
		if err != nil {
			t.Fatal(err)
		}
		c, err := stun.NewClient(raw, stun.WithRTO(20*time.Millisecond))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		doErr := c.Do(stun.MustBuild(stun.TransactionID, stun.BindingRequest), func(e stun.Event) {
			if err = e.Error; err == nil {
				err = mapped.GetFrom(e.Message)
			}
		})
		return mapped, raw.LocalAddr(), errors.Join(err, doErr)
	}
	mapped, local, err := bind()
	if err != nil || mapped.String() != local.String() {
		t.Errorf("mapped %v (%v), want %v", mapped, err, local)
	}
	s.Set(func(s *STUNSettings) { s.Tell = netip.MustParseAddrPort("198.51.100.9:99") })
	if mapped, _, err = bind(); err != nil || mapped.String() != "198.51.100.9:99" {
		t.Errorf("told %v (%v)", mapped, err)
	}
	s.Set(func(s *STUNSettings) { s.Silent = true })
	if _, _, err = bind(); err == nil {
		t.Error("a silent server answered")
	}
	if n := len(s.Seen.All()); n < 3 {
		t.Errorf("%d requests remembered", n)
	}
}

// Served on two addresses and ports, it says so, and answers from where it is asked to (RFC 5780).
func TestSTUNFromElsewhere(t *testing.T) {
	s := NewSTUN(STUNSettings{})
	at := map[string]net.PacketConn{}
	for _, name := range []string{"127.0.0.1 a", "127.0.0.1 b", "127.0.0.2 a", "127.0.0.2 b"} {
		ip, port, _ := strings.Cut(name, " ")
		want := "0"
		if first := at["127.0.0.1 "+port]; first != nil {
			_, want, _ = net.SplitHostPort(first.LocalAddr().String())
		}
		conn, err := net.ListenPacket("udp4", net.JoinHostPort(ip, want))
		if err != nil {
			t.Fatal(err)
		}
		at[name] = conn
		run(t, func(ctx context.Context) error { return s.Serve(ctx, conn) })
	}
	for until := time.Now().Add(time.Second); !s.other(addrPort(at["127.0.0.1 a"].LocalAddr())).IsValid() && time.Now().Before(until); {
		time.Sleep(time.Millisecond)
	}
	asker := packetConn(t)
	defer asker.Close()
	ask := func(flags byte) (from string, m *stun.Message) {
		t.Helper()
		q := stun.MustBuild(stun.TransactionID, stun.BindingRequest)
		if flags != 0 {
			q.Add(stun.AttrChangeRequest, []byte{0, 0, 0, flags})
		}
		if _, err := asker.WriteTo(q.Raw, at["127.0.0.1 a"].LocalAddr()); err != nil {
			t.Fatal(err)
		}
		asker.SetReadDeadline(time.Now().Add(time.Second))
		buf := make([]byte, 1500)
		n, who, err := asker.ReadFrom(buf)
		if err != nil {
			t.Fatal(err)
		}
		m = &stun.Message{Raw: buf[:n]}
		if err := m.Decode(); err != nil || m.TransactionID != q.TransactionID {
			t.Fatalf("%v %v", m, err)
		}
		return who.String(), m
	}
	for flags, want := range map[byte]string{0: "127.0.0.1 a", 2: "127.0.0.1 b", 4: "127.0.0.2 a", 6: "127.0.0.2 b"} {
		from, m := ask(flags)
		var other stun.OtherAddress
		if from != at[want].LocalAddr().String() || other.GetFrom(m) != nil || other.String() != at["127.0.0.2 b"].LocalAddr().String() {
			t.Errorf("asked %d: answered from %s, other %s", flags, from, other)
		}
	}
	s.Set(func(s *STUNSettings) { s.NoOther = true })
	if _, m := ask(6); m.Type != stun.BindingError {
		t.Errorf("%v", m)
	}
	if _, m := ask(0); (&stun.OtherAddress{}).GetFrom(m) == nil {
		t.Error("it names another address")
	}
}

func TestNTP(t *testing.T) {
	const ahead = 42 * 365 * 24 * time.Hour // the box believes that it is 1970 or so
	s, conn := NewNTP(NTPSettings{Offset: ahead}), packetConn(t)
	run(t, func(ctx context.Context) error { return s.Serve(ctx, conn) })
	query := func() (*ntp.Response, error) {
		return ntp.QueryWithOptions(conn.LocalAddr().String(), ntp.QueryOptions{Timeout: 500 * time.Millisecond})
	}
	res, err := query()
	if err != nil {
		t.Fatal(err)
	}
	if err := res.Validate(); err != nil {
		t.Errorf("not usable: %v", err)
	}
	// Within the round trip, which is all that a client can know.
	if off := res.ClockOffset; off < ahead-res.RTT-time.Second || off > ahead+res.RTT+time.Second {
		t.Errorf("offset %v, want %v", off, ahead)
	}
	s.Set(func(s *NTPSettings) { s.Unsynchronised = true })
	if res, err = query(); err != nil || res.Validate() == nil {
		t.Errorf("an unsynchronised server was believed (%v)", err)
	}
	s.Set(func(s *NTPSettings) { *s = NTPSettings{KissOfDeath: "RATE"} })
	if res, err = query(); err != nil || res.KissCode != "RATE" {
		t.Errorf("no kiss of death: %+v %v", res, err)
	}
	s.Set(func(s *NTPSettings) { s.Silent = true })
	if _, err = query(); err == nil {
		t.Error("a silent server answered")
	}
}

func TestWeb(t *testing.T) {
	s, ln := NewWeb(WebSettings{}), listener(t)
	run(t, func(ctx context.Context) error { return s.Serve(ctx, ln) })
	client := &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       5 * time.Second,
	}
	url := "http://" + ln.Addr().String()
	for _, tt := range []struct {
		path     string
		turn     func(*WebSettings)
		code     int
		location string
		empty    bool
	}{
		{"/generate_204", func(*WebSettings) {}, 204, "", true},
		{"/generate_204", func(s *WebSettings) { s.Portal = url + "/login" }, 302, url + "/login", false},
		{"/login", func(*WebSettings) {}, 200, "", false},
		{"/", func(s *WebSettings) { *s = WebSettings{Altered: true} }, 200, "", false},
	} {
		s.Set(tt.turn)
		res, err := client.Get(url + tt.path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || res.StatusCode != tt.code || res.Header.Get("Location") != tt.location || (len(body) == 0) != tt.empty {
			t.Errorf("%+v: %d %q %q %v", tt, res.StatusCode, res.Header.Get("Location"), body, err)
		}
	}
	s.Set(func(s *WebSettings) { *s = WebSettings{Silent: true} })
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	req, _ := http.NewRequestWithContext(ctx, "GET", url, nil)
	if _, err := client.Do(req); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a silent server: %v", err)
	}
	if seen := s.Seen.All(); len(seen) != 5 || seen[0].Path != "/generate_204" {
		t.Errorf("remembered %+v", seen)
	}
}

func TestAuthority(t *testing.T) {
	ca, err := NewAuthority("lab")
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(ca.PEM()) {
		t.Fatal("the authority's PEM holds no certificate")
	}
	for name, tt := range map[string]struct {
		leaf func(...string) (tls.Certificate, error)
		cert string
		good bool
	}{
		"right":      {ca.Leaf, "sip.example", true},
		"expired":    {ca.Expired, "sip.example", false},
		"wrong name": {ca.Leaf, "other.example", false},
	} {
		leaf, err := tt.leaf(tt.cert, "192.0.2.1")
		if err != nil {
			t.Fatal(err)
		}
		cert, key, err := LeafPEM(leaf)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tls.X509KeyPair(cert, key); err != nil {
			t.Errorf("%s: the PEM is no pair: %v", name, err)
		}
		parsed, err := x509.ParseCertificate(leaf.Certificate[0])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parsed.Verify(x509.VerifyOptions{Roots: pool, DNSName: "sip.example"}); (err == nil) != tt.good {
			t.Errorf("%s: %v", name, err)
		}
	}
}

const zone = `
@            NS    ns
sip          A     198.51.100.5
sip          A     198.51.100.6
www          CNAME sip
_sip._udp    SRV   10 0 5060 sip
@            NAPTR 10 10 "s" "SIP+D2U" "" _sip._udp
loop         CNAME loop
`

func TestDNS(t *testing.T) {
	z, err := ParseZone("lab.example", zone)
	if err != nil {
		t.Fatal(err)
	}
	s, conn := NewDNS(DNSSettings{}), packetConn(t)
	ln, err := net.Listen("tcp4", conn.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	run(t, func(ctx context.Context) error { return s.ServeUDP(ctx, conn) })
	run(t, func(ctx context.Context) error { return s.ServeTCP(ctx, ln) })
	// A proxy in front of it, with nothing of its own.
	proxy, front := NewDNS(DNSSettings{Forward: func(ctx context.Context, network string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, conn.LocalAddr().String())
	}}), packetConn(t)
	run(t, func(ctx context.Context) error { return proxy.ServeUDP(ctx, front) })

	const none = -1 // no answer at all
	for name, tt := range map[string]struct {
		set     DNSSettings
		name    string
		qtype   uint16
		rcode   int
		answers int
	}{
		"A":              {DNSSettings{}, "SIP.lab.example.", dns.TypeA, 0, 2},
		"no data":        {DNSSettings{}, "sip.lab.example.", dns.TypeAAAA, 0, 0},
		"empty name":     {DNSSettings{}, "_udp.lab.example.", dns.TypeA, 0, 0},
		"alias":          {DNSSettings{}, "www.lab.example.", dns.TypeA, 0, 3},
		"loop":           {DNSSettings{}, "loop.lab.example.", dns.TypeA, 0, 8},
		"SRV":            {DNSSettings{}, "_sip._udp.lab.example.", dns.TypeSRV, 0, 1},
		"NAPTR":          {DNSSettings{}, "lab.example.", dns.TypeNAPTR, 0, 1},
		"unknown":        {DNSSettings{}, "nothing.lab.example.", dns.TypeA, dns.RcodeNameError, 0},
		"SERVFAIL":       {DNSSettings{Rcode: dns.RcodeServerFailure}, "sip.lab.example.", dns.TypeA, dns.RcodeServerFailure, 0},
		"name gone":      {DNSSettings{NXDOMAIN: []string{"lab.example"}}, "sip.lab.example.", dns.TypeA, dns.RcodeNameError, 0},
		"SRV lost":       {DNSSettings{DropSRV: true}, "_sip._udp.lab.example.", dns.TypeSRV, 0, 0},
		"SRV lost, A is": {DNSSettings{DropSRV: true}, "sip.lab.example.", dns.TypeA, 0, 2},
		"a lie":          {DNSSettings{Lies: map[string]netip.Addr{"*": netip.MustParseAddr("10.0.0.1")}}, "random.invalid.", dns.TypeA, 0, 1},
		"silent":         {DNSSettings{Silent: true}, "sip.lab.example.", dns.TypeA, none, 0},
	} {
		t.Run(name, func(t *testing.T) {
			tt.set.Zone = z
			s.Set(func(s *DNSSettings) { *s = tt.set })
			for way, c := range map[string]struct{ network, addr string }{
				"udp": {"udp", conn.LocalAddr().String()}, "tcp": {"tcp", ln.Addr().String()}, "proxy": {"udp", front.LocalAddr().String()},
			} {
				if tt.rcode == none && way == "proxy" {
					continue // it would wait its whole patience
				}
				client := dns.Client{Net: c.network, Timeout: 5 * time.Second}
				if tt.rcode == none {
					client.Timeout = 100 * time.Millisecond
				}
				reply, _, err := client.Exchange(new(dns.Msg).SetQuestion(tt.name, tt.qtype), c.addr)
				switch {
				case tt.rcode == none && err == nil:
					t.Errorf("%s: answered", way)
				case tt.rcode == none:
				case err != nil:
					t.Errorf("%s: %v", way, err)
				case reply.Rcode != tt.rcode || len(reply.Answer) != tt.answers:
					t.Errorf("%s: rcode %d, %d answers: %v", way, reply.Rcode, len(reply.Answer), reply.Answer)
				}
			}
		})
	}
	seen := s.Seen.All()
	if len(seen) == 0 || seen[0].Type == "" || seen[0].Name == "" {
		t.Errorf("remembered %v", seen)
	}
	if _, err := ParseZone("lab.example", "sip A not-an-address"); err == nil {
		t.Error("a bad record was taken")
	}
}

func TestDNSTruncates(t *testing.T) {
	var records string
	for i := range 60 {
		records += fmt.Sprintf("sip A 198.51.100.%d\n", i)
	}
	z, err := ParseZone("lab.example", records)
	if err != nil {
		t.Fatal(err)
	}
	s, conn := NewDNS(DNSSettings{Zone: z}), packetConn(t)
	run(t, func(ctx context.Context) error { return s.ServeUDP(ctx, conn) })
	reply, _, err := new(dns.Client).Exchange(new(dns.Msg).SetQuestion("sip.lab.example.", dns.TypeA), conn.LocalAddr().String())
	if err != nil || !reply.Truncated || len(reply.Answer) >= 60 {
		t.Errorf("not truncated: %v", err)
	}
}
