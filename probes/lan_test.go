package probes

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"trunktester/netsetup"
	"trunktester/netsetup/netnstest"
	"trunktester/probes/facts"
)

func addr(s string) netip.Addr     { return netip.MustParseAddr(s) }
func prefix(s string) netip.Prefix { return netip.MustParsePrefix(s) }

func within(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}

// look runs a probe and files what it found.
func look(t *testing.T, p Probe, known *facts.Facts) Result {
	t.Helper()
	r := p.Look(within(t, 10*time.Second), *known)
	if r.File != nil {
		r.File(known)
	}
	if r.Saw == "" {
		t.Error("a look without a sentence")
	}
	return r
}

func expect(t *testing.T, r Result, outcome facts.Outcome, saw string) {
	t.Helper()
	if r.Outcome != outcome || !strings.Contains(r.Saw, saw) {
		t.Errorf("%s: %q, want %s: %q", r.Outcome, r.Saw, outcome, saw)
	}
}

// connect plugs the box in with a fixed address and gives the facts of link and address.
func connect(t *testing.T, address, gateway string) facts.Facts {
	t.Helper()
	plan := netsetup.Plan{Interface: "eth0", Mode: netsetup.Static, Address: prefix(address)}
	if gateway != "" {
		plan.Gateway = addr(gateway)
	}
	setup := netsetup.New(plan)
	var known facts.Facts
	expect(t, look(t, Link{Setup: setup}, &known), facts.Passed, "carrier on eth0, 10 Gbit/s, full duplex")
	look(t, Address{Setup: setup}, &known)
	return known
}

// TestLightOne is the way of the box on a healthy line, with a real DHCP server.
func TestLightOne(t *testing.T) {
	lan := netnstest.New(t, "eth0")
	router := lan.Host("192.168.50.1/24")
	router.Dnsmasq("--dhcp-range=192.168.50.100,192.168.50.150,255.255.255.0,1h", "--dhcp-option=option:router,192.168.50.1")
	setup := netsetup.New(netsetup.Plan{Mode: netsetup.DHCP})
	t.Cleanup(func() { setup.Undo() })
	var known facts.Facts
	expect(t, look(t, Link{Setup: setup}, &known), facts.Passed, "carrier on eth0")
	expect(t, look(t, Address{Setup: setup}, &known), facts.Passed, "router 192.168.50.1, by DHCP from 192.168.50.1")
	expect(t, look(t, Gateway{}, &known), facts.Passed, "the router 192.168.50.1 answers ARP")
	expect(t, look(t, Conflict{}, &known), facts.Passed, "nobody else claims 192.168.50.1")
	expect(t, look(t, Offers{Window: time.Second}, &known), facts.Passed, "one DHCP server: 192.168.50.1")
	if g := known.Gateway; g.MAC != router.MAC.String() || g.PingBack != 3 || g.PingSent != 3 || g.ARPSent != 1 || g.ARPRTT <= 0 {
		t.Errorf("gateway %+v", g)
	}
	if c := known.Conflict; c.Probes != 3 || c.Holder != "" || len(c.PBXMACs) != 0 || c.Addr != known.Address.Prefix.Addr() {
		t.Errorf("conflict %+v", c)
	}
	if o := known.Offers.Seen; len(o) != 1 || o[0].ServerMAC != router.MAC.String() || o[0].Gateway != addr("192.168.50.1") {
		t.Errorf("offers %+v", o)
	}
}

func TestNoCarrier(t *testing.T) {
	lan := netnstest.New(t, "eth0")
	lan.Pull()
	var known facts.Facts
	p := Link{Setup: netsetup.New(netsetup.Plan{Mode: netsetup.DHCP}), Limit: 100 * time.Millisecond}
	expect(t, look(t, p, &known), facts.Failed, "no carrier on eth0 for")
	if l := known.Link; l.Carrier || l.SpeedMbit != nil || l.FullDuplex != nil || l.MAC == "" {
		t.Errorf("link %+v", l)
	}
	p.Limit = time.Minute
	if r := p.Look(within(t, 50*time.Millisecond), facts.Facts{}); r.Outcome != facts.Broken || r.File != nil {
		t.Errorf("a look cut short: %+v", r)
	}
}

func TestNoInterface(t *testing.T) {
	netnstest.New(t, "eth0")
	r := look(t, Link{Setup: netsetup.New(netsetup.Plan{Interface: "eth9", Mode: netsetup.DHCP})}, &facts.Facts{})
	expect(t, r, facts.Broken, `no network interface "eth9": name one of eth0`)
}

// TestWithoutPermission: what the kernel refuses is never the network's fault.
func TestWithoutPermission(t *testing.T) {
	netnstest.New(t, "eth0").Host("10.7.0.1/24")
	known := connect(t, "10.7.0.20/24", "10.7.0.1")
	known.Address.Mode = netsetup.DHCP
	tests := map[string]struct {
		probe Probe
		saw   string
	}{
		"gateway": {Gateway{}, "no permission to send ARP on eth0 (needs CAP_NET_RAW): run as root"},
		"offers":  {Offers{}, "no permission to send DHCP on eth0 (needs CAP_NET_RAW): run as root"},
		"address by DHCP": {Address{Setup: netsetup.New(netsetup.Plan{Interface: "eth0", Mode: netsetup.DHCP})},
			"no permission to send DHCP on eth0 (needs CAP_NET_RAW): run as root"},
		"fixed address": {Address{Setup: netsetup.New(netsetup.Plan{Interface: "eth0", Mode: netsetup.Static, Address: prefix("10.7.0.21/24")})},
			"(needs CAP_NET_ADMIN): run as root, or use -no-setup"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var r Result
			netnstest.Unprivileged(t, func() { r = tt.probe.Look(within(t, 10*time.Second), known) })
			expect(t, r, facts.Broken, tt.saw)
			if r.File != nil {
				t.Error("facts were filed")
			}
		})
	}
}

// fixed is a setup that ends as the test says.
type fixed struct {
	found facts.Address
	err   error
}

func (f fixed) Acquire(context.Context) (facts.Address, error) { return f.found, f.err }

func TestAddress(t *testing.T) {
	lease := facts.Address{Mode: "dhcp", Prefix: prefix("10.7.0.20/24"), Gateway: addr("10.7.0.1"), Server: addr("10.7.0.1"), Discovers: 1}
	with := func(change func(*facts.Address)) facts.Address {
		a := lease
		change(&a)
		return a
	}
	tests := []struct {
		name    string
		setup   fixed
		outcome facts.Outcome
		saw     string
	}{
		{"lease", fixed{found: lease}, facts.Passed, "10.7.0.20/24, router 10.7.0.1, by DHCP from 10.7.0.1"},
		{"fixed", fixed{found: with(func(a *facts.Address) { a.Mode = "static" })}, facts.Passed,
			"10.7.0.20/24, router 10.7.0.1, set by hand in the box's file"},
		{"unfit lease", fixed{found: with(func(a *facts.Address) { a.Gateway, a.Refused = netip.Addr{}, "no router was given" })}, facts.Failed,
			"10.7.0.20/24 (by DHCP from 10.7.0.1) cannot be used: no router was given"},
		{"no offer", fixed{found: facts.Address{Mode: "dhcp", Discovers: 5, Waited: facts.Duration(15 * time.Second)}}, facts.Failed,
			"no DHCP offer to 5 requests in 15 s"},
		{"refused", fixed{found: facts.Address{Mode: "dhcp", Discovers: 2, Refused: "the server said no"}}, facts.Failed,
			"no address: the server said no"},
		{"nothing configured", fixed{found: facts.Address{Mode: "configured"}}, facts.Failed, "the interface has no address: configure it, or let the program do so (leave -no-setup out)"},
		{"never asked", fixed{found: facts.Address{Mode: "dhcp"}}, facts.Broken, "there was no time to look"},
		{"our own fault", fixed{err: errors.New("the kernel is on holiday")}, facts.Broken, "could not look: the kernel is on holiday"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var known facts.Facts
			expect(t, look(t, Address{Setup: tt.setup}, &known), tt.outcome, tt.saw)
			if filed := known.Address != nil; filed != (tt.outcome != facts.Broken) {
				t.Errorf("filed: %v", filed)
			}
		})
	}
	r := Address{Setup: fixed{found: with(func(a *facts.Address) { a.Declined = []netip.Addr{addr("10.7.0.19")} })}}.Look(context.Background(), facts.Facts{})
	if len(r.Evidence) != 1 || !strings.Contains(r.Evidence[0].Text, "10.7.0.19") {
		t.Errorf("evidence %+v", r.Evidence)
	}
}

func TestSilentGateway(t *testing.T) {
	netnstest.New(t, "eth0").Host("10.7.0.9/24")
	known := connect(t, "10.7.0.20/24", "10.7.0.1")
	expect(t, look(t, Gateway{}, &known), facts.Failed, "the router 10.7.0.1 did not answer 3 ARP requests")
	if g := known.Gateway; g.MAC != "" || g.ARPSent != 3 || g.PingSent != 0 {
		t.Errorf("gateway %+v", g)
	}
	if r := (Gateway{}).Look(within(t, 50*time.Millisecond), known); r.Outcome != facts.Broken {
		t.Errorf("a look cut short is %s: %s", r.Outcome, r.Saw)
	}
}

func TestNoGateway(t *testing.T) {
	netnstest.New(t, "eth0")
	known := connect(t, "10.7.0.20/24", "")
	expect(t, look(t, Gateway{}, &known), facts.NotRun, "no router was given")
	expect(t, look(t, Gateway{}, &facts.Facts{}), facts.NotRun, "there is no address to look from")
}

func TestGatewayThatDropsPing(t *testing.T) {
	lan := netnstest.New(t, "eth0")
	router := lan.Host("10.7.0.1/24")
	router.NoPing()
	known := connect(t, "10.7.0.20/24", "10.7.0.1")
	expect(t, look(t, Gateway{}, &known), facts.Passed, "answers ARP")
	if g := known.Gateway; g.PingSent != 3 || g.PingBack != 0 {
		t.Errorf("gateway %+v", g)
	}
}

func TestConflicts(t *testing.T) {
	lan := netnstest.New(t, "eth0")
	holder, pbx := lan.Host("10.7.0.20/24"), lan.Host("10.7.0.40/24")
	known := connect(t, "10.7.0.21/24", "10.7.0.1")
	expect(t, look(t, Conflict{PBX: addr("10.7.0.40")}, &known), facts.Passed, "nobody else claims 10.7.0.21")
	if got := known.Conflict.PBXMACs; !slices.Equal(got, []string{pbx.MAC.String()}) {
		t.Errorf("the PBX's MACs %q", got)
	}
	expect(t, look(t, Conflict{PBX: addr("203.0.113.7")}, &known), facts.Passed, "nobody else")
	if got := known.Conflict.PBXMACs; len(got) != 0 {
		t.Errorf("a PBX elsewhere has MACs %q", got)
	}

	double := lan.Host("10.7.0.40/24")
	expect(t, look(t, Conflict{PBX: addr("10.7.0.40")}, &known), facts.Failed, "2 devices hold the PBX's address 10.7.0.40")
	if got := known.Conflict.PBXMACs; !slices.Contains(got, pbx.MAC.String()) || !slices.Contains(got, double.MAC.String()) {
		t.Errorf("the PBX's MACs %q", got)
	}

	known = connect(t, "10.7.0.20/24", "10.7.0.1")
	expect(t, look(t, Conflict{}, &known), facts.Failed, fmt.Sprintf("another device, %s, holds our address 10.7.0.20", holder.MAC))
	expect(t, look(t, Conflict{}, &facts.Facts{}), facts.NotRun, "there is no address")
}

func TestOffers(t *testing.T) {
	tests := []struct {
		name    string
		change  func(second *netnstest.Server)
		outcome facts.Outcome
		saw     string
	}{
		{"same gateway and subnet", func(*netnstest.Server) {}, facts.Passed, "2 DHCP servers that agree"},
		{"another gateway", func(s *netnstest.Server) { s.Router = addr("10.7.0.2") }, facts.Failed, "2 DHCP servers disagree"},
		{"another subnet", func(s *netnstest.Server) { s.Mask = net.CIDRMask(16, 32) }, facts.Failed, "2 DHCP servers disagree"},
		{"a silent one", func(s *netnstest.Server) { s.Mute = true }, facts.Passed, "one DHCP server: 10.7.0.1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			lan := netnstest.New(t, "eth0")
			serve := func(id, offered string, change func(*netnstest.Server)) {
				s := &netnstest.Server{Addr: addr(id), Pool: []netip.Addr{addr(offered)}, Mask: net.CIDRMask(24, 32), Router: addr("10.7.0.1"), Lease: time.Hour}
				change(s)
				s.Serve(lan.Host(id + "/24"))
			}
			serve("10.7.0.1", "10.7.0.50", func(*netnstest.Server) {})
			serve("10.7.0.2", "10.7.0.60", tt.change)
			known := connect(t, "10.7.0.20/24", "10.7.0.1")
			known.Address.Mode = netsetup.DHCP
			r := look(t, Offers{Window: time.Second}, &known)
			expect(t, r, tt.outcome, tt.saw)
			if len(r.Evidence) != len(known.Offers.Seen) {
				t.Errorf("%d offers, %d pieces of evidence", len(known.Offers.Seen), len(r.Evidence))
			}
		})
	}
}

func TestOffersNotAsked(t *testing.T) {
	static := facts.Facts{Link: &facts.Link{Interface: "eth0"}, Address: &facts.Address{Mode: netsetup.Static}}
	expect(t, look(t, Offers{}, &static), facts.NotRun, "has not asked")
	expect(t, look(t, Offers{}, &facts.Facts{}), facts.NotRun, "no address")
}
