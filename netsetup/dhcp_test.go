package netsetup

import (
	"bytes"
	"errors"
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv4"

	"trunktester/netsetup/netnstest"
	"trunktester/probes/facts"
)

func server(pool ...string) *netnstest.Server {
	s := &netnstest.Server{Addr: addr("10.7.0.1"), Mask: net.CIDRMask(24, 32), Router: addr("10.7.0.1"), Lease: time.Hour}
	for _, p := range pool {
		s.Pool = append(s.Pool, addr(p))
	}
	return s
}

func dhcp(t *testing.T) *Setup {
	t.Helper()
	s := New(Plan{Interface: "eth0", Mode: DHCP})
	raiseLink(t, s)
	return s
}

func raiseLink(t *testing.T, s *Setup) {
	t.Helper()
	name, _, err := s.Up()
	if err != nil {
		t.Fatal(err)
	}
	if ok, err := WaitCarrier(within(t, 10*time.Second), name); err != nil || !ok {
		t.Fatalf("carrier on %s: %v, %v", name, ok, err)
	}
}

func TestOddLeases(t *testing.T) {
	tests := []struct {
		name    string
		change  func(*netnstest.Server)
		prefix  string
		refused string
	}{
		{"no router", func(s *netnstest.Server) { s.Router = netip.Addr{} }, "10.7.0.20/24", "no router was given"},
		{"router outside", func(s *netnstest.Server) { s.Router = addr("10.8.0.1") }, "10.7.0.20/24",
			"the router 10.8.0.1 lies outside the subnet 10.7.0.0/24"},
		{"absurd mask", func(s *netnstest.Server) { s.Mask = net.IPMask{255, 0, 255, 0} }, "10.7.0.20/8",
			"the subnet mask 255.0.255.0 is absurd"},
		{"one refusal, then good", func(s *netnstest.Server) { s.NAKs = 1 }, "10.7.0.20/24", ""},
		{"no address that a host can have", func(s *netnstest.Server) { s.Pool[0] = addr("224.0.0.9") }, "invalid Prefix",
			"the offered address is none that a host can have: 224.0.0.9"},
		{"refusals only", func(s *netnstest.Server) { s.NAKs = 1000 }, "invalid Prefix",
			`the server 10.7.0.1 offered 10.7.0.20 and then refused it ("")`},
		{"silence", func(s *netnstest.Server) { s.Mute = true }, "invalid Prefix", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			srv := server("10.7.0.20")
			tt.change(srv)
			srv.Serve(netnstest.New(t, "eth0").Host("10.7.0.1/24"))
			got := acquire(t, dhcp(t), 3*time.Second)
			if got.Prefix.String() != tt.prefix || got.Refused != tt.refused {
				t.Errorf("got %s, refused %q", got.Prefix, got.Refused)
			}
			if n := len(srv.Seen(dhcpv4.MessageTypeDiscover)); n == 0 || n < got.Discovers-1 || n > got.Discovers { // the last may still be on its way
				t.Errorf("%d DISCOVERs told, %d seen", got.Discovers, n)
			}
			if name := srv.Seen(dhcpv4.MessageTypeDiscover)[0].HostName(); name != "trunktester" {
				t.Errorf("host name %q", name)
			}
		})
	}
}

// TestRouterOutsideStillLeads: the default route is set all the same, so that later steps may try.
func TestRouterOutsideStillLeads(t *testing.T) {
	srv := server("10.7.0.20")
	srv.Router = addr("10.8.0.1")
	srv.Serve(netnstest.New(t, "eth0").Host("10.7.0.1/24", "10.8.0.1/24"))
	acquire(t, dhcp(t), 5*time.Second)
	conn, err := net.Dial("udp4", "203.0.113.9:9")
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
}

func TestDeclinesHeldAddress(t *testing.T) {
	lan := netnstest.New(t, "eth0")
	lan.Host("10.7.0.20/24")
	srv := server("10.7.0.20", "10.7.0.21")
	srv.Serve(lan.Host("10.7.0.1/24"))
	got := acquire(t, dhcp(t), 10*time.Second)
	if got.Prefix != prefix("10.7.0.21/24") || got.Refused != "" || !slices.Equal(got.Declined, []netip.Addr{addr("10.7.0.20")}) {
		t.Errorf("got %s, refused %q, declined %s", got.Prefix, got.Refused, got.Declined)
	}
	if n := len(srv.Seen(dhcpv4.MessageTypeDecline)); n != 1 {
		t.Errorf("%d DECLINEs", n)
	}
}

func TestEveryAddressIsHeld(t *testing.T) {
	lan := netnstest.New(t, "eth0")
	lan.Host("10.7.0.20/24", "10.7.0.21/24", "10.7.0.22/24", "10.7.0.23/24")
	server("10.7.0.20", "10.7.0.21", "10.7.0.22", "10.7.0.23").Serve(lan.Host("10.7.0.1/24"))
	got := acquire(t, dhcp(t), 15*time.Second)
	if got.Prefix.IsValid() || len(got.Declined) != 3 || got.Refused != "all 3 addresses that were given are held by other devices" {
		t.Errorf("got %s, refused %q, declined %s", got.Prefix, got.Refused, got.Declined)
	}
}

// TestLateDecline: the full conflict probe found another holder after the address came into use.
func TestLateDecline(t *testing.T) {
	lan := netnstest.New(t, "eth0")
	srv := server("10.7.0.20", "10.7.0.21")
	srv.Serve(lan.Host("10.7.0.1/24"))
	s := dhcp(t)
	before := stateOf(t, "eth0")
	acquire(t, s, 5*time.Second)
	if err := s.Decline(); err != nil {
		t.Fatal(err)
	}
	if after := stateOf(t, "eth0"); len(after.Addrs) != 0 || len(after.Routes) != len(before.Routes) {
		t.Errorf("after Decline: %+v", after)
	}
	if got := acquire(t, s, 5*time.Second); got.Prefix != prefix("10.7.0.21/24") {
		t.Errorf("the next address is %s", got.Prefix)
	}
}

func TestOffersOfTwoServers(t *testing.T) {
	lan := netnstest.New(t, "eth0")
	first, second := lan.Host("10.7.0.1/24"), lan.Host("10.7.0.2/24")
	server("10.7.0.20").Serve(first)
	rogue := server("192.168.0.20")
	rogue.Addr, rogue.Router = addr("10.7.0.2"), addr("192.168.0.1")
	rogue.Serve(second)
	dhcp(t)
	seen, err := Offers(within(t, 10*time.Second), "eth0", time.Second)
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(seen, func(a, b facts.Offer) int { return a.Server.Compare(b.Server) })
	if len(seen) != 2 {
		t.Fatalf("%d offers: %+v", len(seen), seen)
	}
	if seen[0].ServerMAC != first.MAC.String() || seen[1].ServerMAC != second.MAC.String() {
		t.Errorf("MACs %s and %s, want %s and %s", seen[0].ServerMAC, seen[1].ServerMAC, first.MAC, second.MAC)
	}
	if seen[0].Gateway != addr("10.7.0.1") || seen[1].Gateway != addr("192.168.0.1") || seen[1].Prefix != prefix("192.168.0.20/24") {
		t.Errorf("offers %+v", seen)
	}
}

// TestKeepRenews: a lease of one second outlives itself, by unicast.
func TestKeepRenews(t *testing.T) {
	srv := server("10.7.0.20")
	srv.Lease = time.Second
	srv.Serve(netnstest.New(t, "eth0").Host("10.7.0.1/24"))
	s := dhcp(t)
	if got := acquire(t, s, 5*time.Second); got.Lease != facts.Duration(time.Second) {
		t.Fatalf("lease %s", got.Lease)
	}
	if err := s.Keep(within(t, 3*time.Second)); err != nil {
		t.Fatal(err)
	}
	if now := stateOf(t, "eth0"); len(now.Addrs) != 1 {
		t.Errorf("after three leases' time: %+v", now)
	}
	renewals := srv.Seen(dhcpv4.MessageTypeRequest)[1:]
	if len(renewals) < 2 {
		t.Fatalf("%d renewals", len(renewals))
	}
	if n := srv.Unicast(); n == 0 {
		t.Error("no renewal by unicast")
	}
	for _, r := range renewals {
		if !r.ClientIPAddr.Equal(net.IPv4(10, 7, 0, 20)) || r.Options.Has(dhcpv4.OptionServerIdentifier) || r.Options.Has(dhcpv4.OptionRequestedIPAddress) {
			t.Errorf("renewal against RFC 2131 section 4.3.2: %s", r.Summary())
		}
	}
}

func TestKeepLosesLease(t *testing.T) {
	tests := map[string]func(*netnstest.Server){
		"refused":    func(s *netnstest.Server) { s.NAKs = 100 },
		"unanswered": func(s *netnstest.Server) { s.Mute = true },
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			srv := server("10.7.0.20")
			srv.Lease = 2 * time.Second
			srv.Serve(netnstest.New(t, "eth0").Host("10.7.0.1/24"))
			s := dhcp(t)
			acquire(t, s, 5*time.Second)
			srv.Set(change)
			lost := (*LeaseLost)(nil)
			if err := s.Keep(within(t, 20*time.Second)); !errors.As(err, &lost) {
				t.Fatalf("Keep: %v", err)
			}
			if now := stateOf(t, "eth0"); len(now.Addrs) != 0 {
				t.Errorf("after the loss: %+v", now)
			}
		})
	}
}

// TestSpanningTree: the port opens while the box already asks.
func TestSpanningTree(t *testing.T) {
	lan := netnstest.New(t, "eth0")
	srv := server("10.7.0.20")
	srv.Mute = true
	srv.Serve(lan.Host("10.7.0.1/24"))
	s := dhcp(t)
	go func() {
		for len(srv.Seen(dhcpv4.MessageTypeDiscover)) < 2 {
			time.Sleep(10 * time.Millisecond)
		}
		srv.Set(func(s *netnstest.Server) { s.Mute = false })
	}()
	got := acquire(t, s, 20*time.Second)
	if got.Prefix != prefix("10.7.0.20/24") || got.Discovers < 3 {
		t.Errorf("got %s after %d DISCOVERs", got.Prefix, got.Discovers)
	}
	xids := srv.Seen(dhcpv4.MessageTypeDiscover)
	if !bytes.Equal(xids[0].TransactionID[:], xids[1].TransactionID[:]) {
		t.Error("a retransmission has another transaction: a late offer would be lost")
	}
}
