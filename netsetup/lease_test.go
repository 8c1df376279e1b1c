package netsetup

import (
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv4"

	"trunktester/appliance/catalogue/words"
)

func ack(t testing.TB, yiaddr string, mods ...dhcpv4.Modifier) *dhcpv4.DHCPv4 {
	t.Helper()
	m, err := dhcpv4.New(append([]dhcpv4.Modifier{
		dhcpv4.WithYourIP(net.ParseIP(yiaddr)),
		dhcpv4.WithMessageType(dhcpv4.MessageTypeAck),
		dhcpv4.WithOption(dhcpv4.OptServerIdentifier(net.IPv4(192, 168, 1, 1))),
	}, mods...)...)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func mask(bits int) dhcpv4.Modifier { return dhcpv4.WithNetmask(net.CIDRMask(bits, 32)) }
func via(ip string) dhcpv4.Modifier { return dhcpv4.WithOption(dhcpv4.OptRouter(net.ParseIP(ip))) }
func generic(code dhcpv4.OptionCode, b ...byte) dhcpv4.Modifier {
	return dhcpv4.WithGeneric(code, b)
}

func TestReadLease(t *testing.T) {
	tests := []struct {
		name    string
		yiaddr  string
		mods    []dhcpv4.Modifier
		prefix  string
		gateway string
		fault   string
	}{
		{"good", "192.168.1.50", []dhcpv4.Modifier{mask(24), via("192.168.1.1")}, "192.168.1.50/24", "192.168.1.1", ""},
		{"two hosts (RFC 3021)", "192.0.2.1", []dhcpv4.Modifier{mask(31), via("192.0.2.0")}, "192.0.2.1/31", "192.0.2.0", ""},
		{"no router", "192.168.1.50", []dhcpv4.Modifier{mask(24)}, "192.168.1.50/24", "", "no router was given"},
		{"router 0.0.0.0", "192.168.1.50", []dhcpv4.Modifier{mask(24), via("0.0.0.0")}, "192.168.1.50/24", "", "no router was given"},
		{"router outside", "192.168.1.50", []dhcpv4.Modifier{mask(24), via("192.168.2.1")}, "192.168.1.50/24", "192.168.2.1",
			"the router 192.168.2.1 lies outside the subnet 192.168.1.0/24"},
		{"router outside a /32", "192.168.1.50", []dhcpv4.Modifier{mask(32), via("192.168.1.1")}, "192.168.1.50/32", "192.168.1.1",
			"the router 192.168.1.1 lies outside the subnet 192.168.1.50/32"},
		{"the router is the box", "192.168.1.50", []dhcpv4.Modifier{mask(24), via("192.168.1.50")}, "192.168.1.50/24", "192.168.1.50",
			"the router that was given, 192.168.1.50, is the box's own address"},
		{"the router is everybody", "192.168.1.50", []dhcpv4.Modifier{mask(24), via("192.168.1.255")}, "192.168.1.50/24", "192.168.1.255",
			"the router that was given, 192.168.1.255, is the network's own or its broadcast address"},
		{"link-local", "169.254.7.7", []dhcpv4.Modifier{mask(16), via("169.254.0.1")}, "169.254.7.7/16", "169.254.0.1",
			"169.254.7.7 is a link-local address: it leads nowhere"},
		{"mask with holes", "192.168.1.50", []dhcpv4.Modifier{dhcpv4.WithNetmask(net.IPMask{255, 0, 255, 0}), via("192.168.1.1")},
			"192.168.1.50/24", "192.168.1.1", "the subnet mask 255.0.255.0 is absurd"},
		{"mask of nothing", "192.168.1.50", []dhcpv4.Modifier{mask(0), via("192.168.1.1")}, "192.168.1.50/0", "192.168.1.1",
			"the subnet mask /0 is absurd"},
		{"no mask", "10.1.1.50", []dhcpv4.Modifier{via("10.1.1.1")}, "10.1.1.50/8", "10.1.1.1", "no subnet mask was given"},
		{"broadcast address", "192.168.1.255", []dhcpv4.Modifier{mask(24), via("192.168.1.1")}, "192.168.1.255/24", "192.168.1.1",
			"192.168.1.255/24 is the network's own or its broadcast address"},
		{"classless routes replace the router (RFC 3442)", "192.168.1.50",
			[]dhcpv4.Modifier{mask(24), via("192.168.1.1"), generic(dhcpv4.OptionClasslessStaticRoute, 0, 192, 168, 1, 254)},
			"192.168.1.50/24", "192.168.1.254", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l, err := ReadLease(ack(t, tt.yiaddr, tt.mods...))
			if err != nil {
				t.Fatal(err)
			}
			gateway := ""
			if l.Gateway.IsValid() {
				gateway = l.Gateway.String()
			}
			if l.Prefix.String() != tt.prefix || gateway != tt.gateway || l.Fault != tt.fault {
				t.Errorf("got %s, router %q, fault %q", l.Prefix, gateway, l.Fault)
			}
			spoken(t, l.Fault)
		})
	}
}

// spoken fails where what was found is English for the readers of another language.
func spoken(t *testing.T, found string) {
	t.Helper()
	for _, l := range words.All() {
		if said, ok := l.Of(found); found != "" && (!ok || l.Foreign() == (said == found)) {
			t.Errorf("%s: %q is said as %q", l.Tag, found, said)
		}
	}
}

// Why a lease was refused, within the sentences that tell it.
func TestRefusalsAreSpoken(t *testing.T) {
	_, noHost := ReadLease(ack(t, "224.0.0.5"))
	for _, why := range []string{
		Unfit(netip.Prefix{}, netip.Addr{}),
		noHost.Error(),
		words.Said("lease.refused", "server", "192.168.1.1", "address", "192.168.1.20", "message", `"no, not here"`),
		words.Said("lease.unconfirmed", "server", "192.168.1.1", "address", "192.168.1.20"),
		words.Said("lease.held", "address", "192.168.1.20", "device", "02:00:00:00:00:01"),
		words.Said("lease.all-held", "n", maxDeclined),
	} {
		spoken(t, why)
		spoken(t, words.Said("saw.address-none", "why", why))
		spoken(t, words.Said("saw.address-but", "address", "192.168.1.20/24", "origin", words.Said("saw.by-dhcp", "server", "192.168.1.1"), "why", why))
		spoken(t, words.Said("verdict.address-cannot", "why", why))
	}
}

func TestReadLeaseRefuses(t *testing.T) {
	for _, yiaddr := range []string{"0.0.0.0", "127.0.0.1", "224.0.0.5", "255.255.255.255", "240.0.0.1", "0.1.2.3"} {
		if l, err := ReadLease(ack(t, yiaddr, mask(24))); err == nil {
			t.Errorf("%s became a lease: %+v", yiaddr, l)
		}
	}
}

func TestLeaseTimes(t *testing.T) {
	const s = time.Second
	opt := func(lease, t1, t2 time.Duration) []dhcpv4.Modifier {
		var mods []dhcpv4.Modifier
		for code, d := range map[dhcpv4.OptionCode]time.Duration{dhcpv4.OptionIPAddressLeaseTime: lease,
			dhcpv4.OptionRenewTimeValue: t1, dhcpv4.OptionRebindingTimeValue: t2} {
			if d >= 0 {
				mods = append(mods, dhcpv4.WithOption(dhcpv4.Option{Code: code, Value: dhcpv4.Duration(d)}))
			}
		}
		return mods
	}
	tests := []struct {
		name                      string
		lease, t1, t2             time.Duration // -1: not sent
		wantLease, wantT1, wantT2 time.Duration
	}{
		{"as sent", 3600 * s, 1000 * s, 2000 * s, 3600 * s, 1000 * s, 2000 * s},
		{"defaults", 800 * s, -1, -1, 800 * s, 400 * s, 700 * s},
		{"not sent at all", -1, -1, -1, 3600 * s, 1800 * s, 3150 * s},
		{"T1 after T2", 800 * s, 600 * s, 500 * s, 800 * s, 400 * s, 700 * s},
		{"T2 after the end", 800 * s, 100 * s, 900 * s, 800 * s, 400 * s, 700 * s},
		{"zero", 0, 0, 0, s, s / 2, s / 8 * 7},
		{"for ever", Forever, -1, -1, Forever, Forever / 2, Forever / 8 * 7},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			lease, t1, t2 := times(ack(t, "192.168.1.5", opt(tt.lease, tt.t1, tt.t2)...))
			if lease != tt.wantLease || t1 != tt.wantT1 || t2 != tt.wantT2 {
				t.Errorf("got %s, %s, %s", lease, t1, t2)
			}
		})
	}
}

// FuzzReadLease: whatever a server sends, a lease that comes out can be given to the kernel and be timed.
func FuzzReadLease(f *testing.F) {
	f.Add(ack(f, "192.168.1.50", mask(24), via("192.168.1.1")).ToBytes())
	f.Add(ack(f, "10.0.0.9", generic(dhcpv4.OptionClasslessStaticRoute, 0, 10, 0, 0, 1, 33, 1, 2, 3, 4)).ToBytes())
	f.Add(ack(f, "10.0.0.9", generic(dhcpv4.OptionRouter, 1, 2, 3), generic(dhcpv4.OptionSubnetMask, 255)).ToBytes())
	f.Add(ack(f, "10.0.0.9", generic(dhcpv4.OptionDomainNameServer), generic(dhcpv4.OptionServerIdentifier, 1)).ToBytes())
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := dhcpv4.FromBytes(b)
		if err != nil {
			return
		}
		l, err := ReadLease(m)
		if err != nil {
			return
		}
		if !l.Prefix.IsValid() || !host(l.Prefix.Addr()) {
			t.Errorf("address %s", l.Prefix)
		}
		if l.Gateway.IsValid() && !host(l.Gateway) {
			t.Errorf("router %s", l.Gateway)
		}
		if l.Fault == "" && (!l.Gateway.IsValid() || !l.Prefix.Contains(l.Gateway)) {
			t.Errorf("no fault in %+v", l)
		}
		if !(0 < l.T1 && l.T1 < l.T2 && l.T2 < l.Time && l.Time <= Forever) {
			t.Errorf("times %s, %s, %s", l.T1, l.T2, l.Time)
		}
		if len(l.DNS) > maxServers || len(l.NTP) > maxServers || len(l.Routes) > maxRoutes {
			t.Errorf("unbounded: %d, %d, %d", len(l.DNS), len(l.NTP), len(l.Routes))
		}
		for _, r := range l.Routes {
			if !r.Dst.IsValid() || r.Dst != r.Dst.Masked() || !host(r.Gateway) {
				t.Errorf("route %+v", r)
			}
		}
		for _, a := range append(append([]netip.Addr{}, l.DNS...), l.NTP...) {
			if !host(a) {
				t.Errorf("server %s", a)
			}
		}
	})
}
