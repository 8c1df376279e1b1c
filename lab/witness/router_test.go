package witness

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv4"
	"github.com/insomniacslk/dhcp/dhcpv4/nclient4"
	"github.com/miekg/dns"
	"github.com/pion/stun/v3"

	"trunktester/lab/serve"
)

const zone = `
sip          A     198.51.100.5
www          CNAME sip
_sip._udp    SRV   10 0 5060 sip
@            NAPTR 10 10 "s" "SIP+D2U" "" _sip._udp
`

// A client asks our servers and a dnsmasq for the same lease and the same names.
func TestRouterInTwoWorlds(t *testing.T) {
	need(t)
	z, err := serve.ParseZone("lab.example", zone)
	if err != nil {
		t.Fatal(err)
	}
	first := netip.MustParseAddr("192.168.1.100")
	for world, begin := range map[string]func(t *testing.T) (questions func() []serve.DNSQuestion){
		"ours": func(t *testing.T) func() []serve.DNSQuestion {
			d := serve.NewDHCP(serve.DHCPSettings{Server: router.Addr(), Prefix: router, First: first, Size: 10, Router: router.Addr(), DNS: []netip.Addr{router.Addr()}, NTP: []netip.Addr{provider}, Lease: 10 * time.Minute})
			dhcp, names := bound(t, "0.0.0.0:67", "lan"), bound(t, router.Addr().String()+":53", "")
			run(t, func(ctx context.Context) error { return d.Serve(ctx, dhcp) })
			s := serve.NewDNS(serve.DNSSettings{Zone: z})
			run(t, func(ctx context.Context) error { return s.ServeUDP(ctx, names) })
			return s.Seen.All
		},
		"dnsmasq": func(t *testing.T) func() []serve.DNSQuestion {
			d, err := StartDnsmasq(t.Context(), nil, DnsmasqOptions{Listen: one(router.Addr()), Zone: z, Interface: "lan", First: first, Last: netip.MustParseAddr("192.168.1.109"),
				Prefix: router, Router: router.Addr(), DNS: []netip.Addr{router.Addr()}, NTP: []netip.Addr{provider}, Lease: 10 * time.Minute})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				stopped(t, d.Process)
				if got := d.DHCP(); got["DHCPDISCOVER"] == 0 || got["DHCPREQUEST"] == 0 || got["DHCPACK"] == 0 {
					t.Errorf("DHCP messages %v", got)
				}
			})
			return d.Seen
		},
	} {
		t.Run(world, func(t *testing.T) {
			questions := begin(t)
			ack := leased(t)
			if ack.Router()[0].String() != "192.168.1.1" || net.IP(ack.SubnetMask()).String() != "255.255.255.0" || ack.DNS()[0].String() != "192.168.1.1" ||
				ack.NTPServers()[0].String() != provider.String() || ack.IPAddressLeaseTime(0) != 10*time.Minute || !strings.HasPrefix(ack.YourIPAddr.String(), "192.168.1.10") {
				t.Errorf("lease %s", ack.Summary())
			}
			for _, q := range []struct {
				name  string
				qtype uint16
				rcode int
				want  string
			}{
				{"sip.lab.example.", dns.TypeA, 0, "198.51.100.5"},
				{"www.lab.example.", dns.TypeA, 0, "198.51.100.5"},
				{"_sip._udp.lab.example.", dns.TypeSRV, 0, "10 0 5060 sip.lab.example."},
				{"lab.example.", dns.TypeNAPTR, 0, `10 10 "s" "SIP+D2U" "" _sip._udp.lab.example.`},
				{"nothing.lab.example.", dns.TypeA, dns.RcodeNameError, ""},
			} {
				reply, _, err := new(dns.Client).Exchange(new(dns.Msg).SetQuestion(q.name, q.qtype), router.Addr().String()+":53")
				if err != nil {
					t.Errorf("%s: %v", q.name, err)
					continue
				}
				if reply.Rcode != q.rcode || !strings.HasSuffix(fmt.Sprint(reply.Answer), q.want+"]") {
					t.Errorf("%s: rcode %d, %v", q.name, reply.Rcode, reply.Answer)
				}
			}
			eventually(t, "five questions", func() bool { return len(questions()) >= 5 })
			if seen := questions(); len(seen) != 5 || seen[0].Name != "sip.lab.example." || seen[2].Type != "SRV" || !seen[0].From.Addr().Is4() {
				t.Errorf("questions %+v", seen)
			}
		})
	}
}

// leased gets an address on the box's end of the cable, as a client without one.
func leased(t *testing.T) *dhcpv4.DHCPv4 {
	t.Helper()
	c, err := nclient4.New("box", nclient4.WithTimeout(2*time.Second), nclient4.WithRetry(5))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	lease, err := c.Request(ctx, dhcpv4.WithRequestedOptions(dhcpv4.OptionNTPServers))
	if err != nil {
		t.Fatal(err)
	}
	return lease.ACK
}

func TestSTUNInTwoWorlds(t *testing.T) {
	need(t)
	for world, begin := range map[string]func(t *testing.T){
		"ours": func(t *testing.T) {
			conn := bound(t, provider.String()+":3478", "")
			run(t, func(ctx context.Context) error { return serve.NewSTUN(serve.STUNSettings{}).Serve(ctx, conn) })
		},
		"coturn": func(t *testing.T) {
			c, err := StartCoturn(t.Context(), nil, CoturnOptions{Listen: []netip.Addr{provider, second}})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { stopped(t, c.Process) })
		},
	} {
		t.Run(world, func(t *testing.T) {
			begin(t)
			raw, err := net.Dial("udp4", provider.String()+":3478")
			if err != nil {
				t.Fatal(err)
			}
			c, err := stun.NewClient(raw)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			var mapped stun.XORMappedAddress
			err = c.Do(stun.MustBuild(stun.TransactionID, stun.BindingRequest), func(e stun.Event) {
				if e.Error != nil {
					t.Error(e.Error)
				} else if err := mapped.GetFrom(e.Message); err != nil {
					t.Error(err)
				}
			})
			if err != nil || mapped.String() != raw.LocalAddr().String() {
				t.Errorf("mapped %v (%v), want %v", mapped, err, raw.LocalAddr())
			}
		})
	}
}
