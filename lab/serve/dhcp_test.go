package serve

import (
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv4"
)

func pool() DHCPSettings {
	return DHCPSettings{
		Server: netip.MustParseAddr("192.168.1.1"), Prefix: netip.MustParsePrefix("192.168.1.0/24"),
		First: netip.MustParseAddr("192.168.1.100"), Size: 2, Router: netip.MustParseAddr("192.168.1.1"),
		DNS: []netip.Addr{netip.MustParseAddr("192.168.1.1")}, NTP: []netip.Addr{netip.MustParseAddr("198.51.100.7")}, Lease: 90 * time.Second,
	}
}

var (
	alice = net.HardwareAddr{2, 0, 0, 0, 0, 1}
	bob   = net.HardwareAddr{2, 0, 0, 0, 0, 2}
	carol = net.HardwareAddr{2, 0, 0, 0, 0, 3}
)

func discover(t *testing.T, s *DHCP, mac net.HardwareAddr) *dhcpv4.DHCPv4 {
	t.Helper()
	m, err := dhcpv4.NewDiscovery(mac, dhcpv4.WithRequestedOptions(dhcpv4.OptionNTPServers))
	if err != nil {
		t.Fatal(err)
	}
	return s.answer(s.Settings(), m)
}

// lease goes through the four messages; nil when there was no offer or no answer to the REQUEST.
func lease(t *testing.T, s *DHCP, mac net.HardwareAddr) *dhcpv4.DHCPv4 {
	t.Helper()
	offer := discover(t, s, mac)
	if offer == nil {
		return nil
	}
	req, err := dhcpv4.NewRequestFromOffer(offer, dhcpv4.WithRequestedOptions(dhcpv4.OptionNTPServers))
	if err != nil {
		t.Fatal(err)
	}
	return s.answer(s.Settings(), req)
}

func TestDHCPLease(t *testing.T) {
	s := NewDHCP(pool())
	ack := lease(t, s, alice)
	if ack.MessageType() != dhcpv4.MessageTypeAck || ack.YourIPAddr.String() != "192.168.1.100" ||
		ack.Router()[0].String() != "192.168.1.1" || net.IP(ack.SubnetMask()).String() != "255.255.255.0" ||
		ack.DNS()[0].String() != "192.168.1.1" || ack.NTPServers()[0].String() != "198.51.100.7" || ack.IPAddressLeaseTime(0) != 90*time.Second {
		t.Errorf("lease: %s", ack.Summary())
	}
	if again := lease(t, s, alice); !again.YourIPAddr.Equal(ack.YourIPAddr) {
		t.Errorf("another address the second time: %v", again.YourIPAddr)
	}
	if other := lease(t, s, bob); other.YourIPAddr.String() != "192.168.1.101" {
		t.Errorf("second client: %v", other.YourIPAddr)
	}
	if offer := discover(t, s, carol); offer != nil {
		t.Errorf("the pool is empty, offered %v", offer.YourIPAddr)
	}
	release, err := dhcpv4.NewReleaseFromACK(ack)
	if err != nil {
		t.Fatal(err)
	}
	s.answer(s.Settings(), release)
	if freed := lease(t, s, carol); freed == nil || freed.YourIPAddr.String() != "192.168.1.100" {
		t.Errorf("the released address was not given: %v", freed)
	}
}

func TestDHCPDeclined(t *testing.T) {
	s := NewDHCP(pool())
	ack := lease(t, s, alice)
	decline, err := dhcpv4.New(dhcpv4.WithMessageType(dhcpv4.MessageTypeDecline), dhcpv4.WithHwAddr(alice),
		dhcpv4.WithOption(dhcpv4.OptRequestedIPAddress(ack.YourIPAddr)))
	if err != nil {
		t.Fatal(err)
	}
	s.answer(s.Settings(), decline)
	if next := lease(t, s, alice); next.YourIPAddr.Equal(ack.YourIPAddr) {
		t.Error("the declined address was offered again")
	}
	if offer := discover(t, s, bob); offer != nil {
		t.Errorf("the declined address was offered to another: %v", offer.YourIPAddr)
	}
}

func TestDHCPSwitches(t *testing.T) {
	for name, tt := range map[string]struct {
		turn  func(*DHCPSettings)
		check func(ack *dhcpv4.DHCPv4) bool
	}{
		"silent":            {func(s *DHCPSettings) { s.Silent = true }, func(a *dhcpv4.DHCPv4) bool { return a == nil }},
		"silent to request": {func(s *DHCPSettings) { s.SilentToRequest = true }, func(a *dhcpv4.DHCPv4) bool { return a == nil }},
		"no router":         {func(s *DHCPSettings) { s.NoRouter = true }, func(a *dhcpv4.DHCPv4) bool { return len(a.Router()) == 0 }},
		"router outside": {func(s *DHCPSettings) { s.RouterOutsideSubnet = netip.MustParseAddr("10.9.9.9") },
			func(a *dhcpv4.DHCPv4) bool { return a.Router()[0].String() == "10.9.9.9" }},
		"NAK": {func(s *DHCPSettings) { s.NAK = true },
			func(a *dhcpv4.DHCPv4) bool {
				return a.MessageType() == dhcpv4.MessageTypeNak && a.YourIPAddr.IsUnspecified()
			}},
		"absurd mask": {func(s *DHCPSettings) { s.Mask = net.IPv4Mask(255, 0, 255, 0) },
			func(a *dhcpv4.DHCPv4) bool { return net.IP(a.SubnetMask()).String() == "255.0.255.0" }},
		"reserved": {func(s *DHCPSettings) {
			s.Reserved = map[string]netip.Addr{alice.String(): netip.MustParseAddr("192.168.1.9")}
		},
			func(a *dhcpv4.DHCPv4) bool { return a.YourIPAddr.String() == "192.168.1.9" }},
	} {
		t.Run(name, func(t *testing.T) {
			s := NewDHCP(pool())
			s.Set(tt.turn)
			if ack := lease(t, s, alice); !tt.check(ack) {
				t.Errorf("answer: %v", ack)
			}
		})
	}
}

// A client that wants an address that is not of this network is told so (RFC 2131 section 4.3.2), and
// one that chose another server is left alone.
func TestDHCPForeignRequest(t *testing.T) {
	s := NewDHCP(pool())
	ask := func(server, wanted string) *dhcpv4.DHCPv4 {
		mods := []dhcpv4.Modifier{dhcpv4.WithMessageType(dhcpv4.MessageTypeRequest), dhcpv4.WithHwAddr(alice),
			dhcpv4.WithOption(dhcpv4.OptRequestedIPAddress(net.ParseIP(wanted)))}
		if server != "" {
			mods = append(mods, dhcpv4.WithOption(dhcpv4.OptServerIdentifier(net.ParseIP(server))))
		}
		m, err := dhcpv4.New(mods...)
		if err != nil {
			t.Fatal(err)
		}
		return s.answer(s.Settings(), m)
	}
	if got := ask("", "10.0.0.5"); got == nil || got.MessageType() != dhcpv4.MessageTypeNak {
		t.Errorf("foreign address: %v", got)
	}
	if got := ask("192.168.1.2", "192.168.1.100"); got != nil {
		t.Errorf("another server's client was answered: %v", got)
	}
	if got := ask("", "192.168.1.101"); got == nil || got.MessageType() != dhcpv4.MessageTypeAck {
		t.Errorf("a free address of the pool: %v", got)
	}
}
