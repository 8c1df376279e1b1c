package lab

import (
	"errors"
	"net"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv4"
	"github.com/pion/stun/v3"
	"github.com/vishvananda/netlink"
)

func ci() bool { return os.Getenv("CI") == "true" }

// What the box's user would see by hand: is the fault that a world names really there?

func TestPing(t *testing.T) {
	for _, c := range []struct {
		world                      string
		router, internet, provider bool
	}{
		{"healthy", true, true, true},
		{"double-nat-works", true, true, true},
		{"no-nat", true, true, true},
		{"no-ping", false, false, false},
		{"voice-only", true, false, true},
		{"no-internet", true, false, false},
		{"line-dead", true, false, false},
		{"wan-unplugged", true, false, false},
		{"provider-unreachable", true, true, false},
		{"sip-blocked", true, true, true},
		{"captive-portal", true, false, false},
		{"web-filter", true, true, true},
		{"address-ignored", true, true, true},
		{"router-silent", false, false, false},
		{"no-link", false, false, false},
	} {
		t.Run(c.world, func(t *testing.T) {
			t.Parallel()
			v := visit(t, c.world)
			for target, wanted := range map[string]bool{RouterLAN: c.router, "1.1.1.1": c.internet, "8.8.8.8": c.internet, Provider1: c.provider} {
				if got := v.ping(target, 3).PacketsRecv > 0; got != wanted {
					t.Errorf("ping of %s answered: %v, want %v", target, got, wanted)
				}
			}
		})
	}
}

func TestPacketFilters(t *testing.T) {
	const udp, tcp = "udp", "tcp"
	silent := errors.New("silence")
	for _, c := range []struct {
		world, proto, to string
		want             error
	}{
		{"healthy", udp, Provider1 + ":5060", nil},
		{"healthy", udp, Provider2 + ":5060", nil},
		{"healthy", tcp, Provider1 + ":5060", nil},
		{"healthy", tcp, Provider1 + ":5061", nil},
		{"healthy", udp, Control1 + ":5060", nil},
		{"healthy", udp, Control2 + ":5060", nil},
		{"healthy", tcp, "9.9.9.9:443", nil},
		{"healthy", udp, Provider1 + ":5099", syscall.ECONNREFUSED},
		{"healthy", udp, "192.0.2.1:5060", syscall.ENETUNREACH},
		{"no-nat", udp, Provider1 + ":5060", nil},
		{"double-nat-works", udp, Provider1 + ":5060", nil},
		{"voice-only", udp, Provider1 + ":5060", nil},
		{"voice-only", udp, Control1 + ":5060", silent},
		{"no-internet", tcp, "1.1.1.1:53", silent},
		{"wan-unplugged", udp, Provider1 + ":5060", syscall.ENETUNREACH},
		{"sip-blocked", udp, Provider1 + ":5060", syscall.EHOSTUNREACH},
		{"sip-blocked", tcp, Provider1 + ":5060", syscall.EHOSTUNREACH},
		{"sip-blocked", tcp, Provider1 + ":5061", syscall.EHOSTUNREACH},
		{"sip-dropped", udp, Provider1 + ":5060", silent},
		{"sip-dropped", udp, Control1 + ":5060", silent},
		{"sip-dropped", tcp, Provider1 + ":5061", silent},
		{"udp-blocked", udp, Provider1 + ":5060", silent},
		{"udp-blocked", tcp, Provider1 + ":5060", nil},
		{"udp-refused", udp, Provider1 + ":5060", syscall.ECONNREFUSED},
		{"stream-blocked", tcp, Provider1 + ":5060", silent},
		{"stream-blocked", udp, Provider1 + ":5060", nil},
		{"tls-blocked", tcp, Provider1 + ":5061", syscall.ECONNREFUSED},
		{"tls-blocked", udp, Provider1 + ":5060", nil},
		{"captive-portal", tcp, WebAddr + ":80", nil}, // the router in its place
		{"captive-portal", tcp, WebAddr + ":443", silent},
		{"captive-portal", udp, Provider1 + ":5060", silent},
		{"captive-portal-all", tcp, "192.0.2.80:443", nil},
		{"captive-portal-all", udp, Provider1 + ":5060", syscall.EHOSTUNREACH},
		{"web-filter", udp, Provider1 + ":5060", nil},
		{"address-ignored", udp, Provider1 + ":5060", silent},
		{"address-ignored", tcp, Provider1 + ":5060", silent},
		{"address-ignored", udp, Control1 + ":5060", nil},
		{"provider-unreachable", tcp, Provider1 + ":5061", silent},
		{"srv-odd-port", udp, Provider1 + ":5070", nil},
		{"srv-odd-port", udp, Provider1 + ":5060", syscall.ECONNREFUSED},
	} {
		t.Run(c.world+" "+c.proto+" "+c.to, func(t *testing.T) {
			t.Parallel()
			v := visit(t, c.world)
			var err error
			if c.proto == tcp {
				err = v.tcp(c.to)
			} else {
				wait := answerIn
				if c.want == silent {
					wait = silenceIn
				}
				_, _, err = v.udp(c.to, sipRequest("OPTIONS", 1), wait)
			}
			if c.want == silent && !timedOut(err) || c.want != silent && !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

func TestDHCP(t *testing.T) {
	for _, c := range []struct {
		world   string
		servers []string
		routers []string
	}{
		{"healthy", []string{RouterLAN}, []string{RouterLAN}},
		{"no-address", nil, nil},
		{"address-incomplete", []string{RouterLAN}, []string{""}},
		{"gateway-outside", []string{RouterLAN}, []string{"192.168.99.1"}},
		{"two-dhcp", []string{RouterLAN, NeighbourIP}, []string{RouterLAN, NeighbourIP}},
		{"two-dhcp-agree", []string{RouterLAN, NeighbourIP}, []string{RouterLAN, RouterLAN}},
	} {
		t.Run(c.world, func(t *testing.T) {
			t.Parallel()
			var servers, routers []string
			for _, offer := range visit(t, c.world).offers(time.Second) {
				servers = append(servers, offer.ServerIdentifier().String())
				router := ""
				if all := offer.Router(); len(all) > 0 {
					router = all[0].String()
				}
				routers = append(routers, router)
			}
			if c.world == "two-dhcp-agree" { // they answer at once, in any order
				slices.Sort(servers)
			}
			if !slices.Equal(servers, c.servers) || !slices.Equal(routers, c.routers) {
				t.Errorf("offers from %v naming routers %v, want %v and %v", servers, routers, c.servers, c.routers)
			}
		})
	}
}

func TestDuplicateAddresses(t *testing.T) {
	for world, held := range map[string]int{"healthy": 0, "duplicate-ip-once": 1, "duplicate-ip": PoolSize} {
		t.Run(world, func(t *testing.T) {
			t.Parallel()
			v := visit(t, world)
			answered := 0
			for i := range PoolSize {
				if v.ping(net.IPv4(192, 168, 50, byte(100+i)).String(), 2).PacketsRecv > 0 {
					answered++
				}
			}
			if answered != held {
				t.Errorf("%d addresses of the pool are held, want %d", answered, held)
			}
		})
	}
}

// TestNAT asks two STUN servers from one socket.
func TestNAT(t *testing.T) {
	for _, c := range []struct {
		world    string
		address  string
		samePort bool
	}{
		{"healthy", RouterWAN, true}, {"symmetric-nat", RouterWAN, false}, {"double-nat-works", RouterWAN, true}, {"no-nat", visitorIP, true},
	} {
		t.Run(c.world, func(t *testing.T) {
			t.Parallel()
			v := visit(t, c.world)
			conn, err := v.l.Box.ListenPacket("udp4", visitorIP+":0")
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			var mapped []stun.XORMappedAddress
			for _, server := range []string{STUN1, STUN2} {
				request := stun.MustBuild(stun.TransactionID, stun.BindingRequest)
				conn.SetDeadline(time.Now().Add(answerIn))
				if _, err := conn.WriteTo(request.Raw, &net.UDPAddr{IP: net.ParseIP(server), Port: 3478}); err != nil {
					t.Fatal(err)
				}
				buf := make([]byte, 1500)
				n, _, err := conn.ReadFrom(buf)
				if err != nil {
					t.Fatal(err)
				}
				var a stun.XORMappedAddress
				answer := &stun.Message{Raw: buf[:n]}
				if err := errors.Join(answer.Decode(), a.GetFrom(answer)); err != nil {
					t.Fatal(err)
				}
				mapped = append(mapped, a)
			}
			for _, a := range mapped {
				if a.IP.String() != c.address {
					t.Errorf("seen as %v, want %s", a, c.address)
				}
			}
			if same := mapped[0].Port == mapped[1].Port; same != c.samePort {
				t.Errorf("seen as %v and %v", mapped[0], mapped[1])
			}
		})
	}
}

// TestSIPALG looks at what the registrar got, and at what the client got back.
func TestSIPALG(t *testing.T) {
	for world, rewrites := range map[string]bool{"healthy": false, "sip-alg-registers": true} {
		t.Run(world, func(t *testing.T) {
			t.Parallel()
			v := visit(t, world)
			reply, local, err := v.udp(Provider1+":5060", sipRequest("REGISTER", 1), answerIn)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasPrefix(reply, "SIP/2.0 401 ") {
				t.Errorf("reply %.40q", reply)
			}
			got := ""
			for _, m := range v.l.Registrar.Seen.All() {
				if m.UserAgent == "visitor" {
					got = string(m.Bytes)
				}
			}
			private := "SIP/2.0/UDP " + local.String()
			if strings.Contains(got, private) == rewrites || strings.Contains(got, "SIP/2.0/UDP "+RouterWAN) != rewrites {
				t.Errorf("the registrar got\n%s", got)
			}
			if strings.Contains(got, "@"+RouterWAN) != rewrites {
				t.Errorf("Contact at the registrar\n%s", got)
			}
			if !strings.Contains(reply, private) { // symmetric: the way back hides it
				t.Errorf("the client got\n%s", reply)
			}
			if strings.Contains(reply, "received="+visitorIP) != rewrites {
				t.Errorf("received in\n%s", reply)
			}
		})
	}
}

// TestSIPALGKeepsPBXOut is the red world: the reply goes to the port that Via names.
func TestSIPALGKeepsPBXOut(t *testing.T) {
	v := visit(t, "sip-alg")
	door, err := v.l.PBX.ListenPacket("udp4", PBXAddr+":5070")
	if err != nil {
		t.Fatal(err)
	}
	defer door.Close()
	door.SetDeadline(time.Now().Add(10 * time.Second)) // the PBX's first retransmissions
	buf := make([]byte, 1500)
	n, _, err := door.ReadFrom(buf)
	if err != nil {
		t.Fatalf("no reply at the port that Via names: %v", err)
	}
	if !strings.HasPrefix(string(buf[:n]), "SIP/2.0 401") {
		t.Errorf("got %.60q", buf[:n])
	}
	if v.l.Telephone.Registered() || len(v.l.Registrar.Bindings(Username)) != 0 {
		t.Error("the PBX registered all the same")
	}
}

// The same PBX without an ALG registers: the world's fault is the router's, not the PBX's.
func TestSplitPortsRegisterWithoutALG(t *testing.T) {
	world, _ := Find("sip-alg")
	world.Home.SIPALG, world.PBX.Fails = false, false
	l := start(t, world)
	if len(l.Registrar.Bindings(Username)) != 1 {
		t.Error("the PBX did not register")
	}
}

func TestBindings(t *testing.T) {
	for _, c := range []struct{ world, uriHas, received string }{
		{"healthy", "@" + PBXAddr + ":5060", RouterWAN + ":5060"},
		{"sip-alg-registers", "@" + RouterWAN + ":5060", RouterWAN + ":5060"},
		{"wrong-port", "@" + PBXAddr + ":5062", RouterWAN + ":5062"},
		{"nat-mismatch-public", "@" + RouterWAN + ":5060", RouterWAN + ":5060"},
		{"contacts-rewritten", "@" + RouterWAN, RouterWAN + ":5060"},
		{"registered-elsewhere", "@203.0.113.99", "203.0.113.99:5060"},
		{"no-nat", "@" + PBXAddr, PBXAddr + ":5060"},
	} {
		t.Run(c.world, func(t *testing.T) {
			t.Parallel()
			all := visit(t, c.world).l.Registrar.Bindings(Username)
			if len(all) != 1 || !strings.Contains(all[0].URI, c.uriHas) || all[0].Received.String() != c.received {
				t.Errorf("bindings %+v", all)
			}
		})
	}
	for world, want := range map[string]int{"pbx-not-registered": 0, "pbx-wrong-password": 0, "registered-twice": 2, "udp-blocked": 0, "refused": 0, "tls-certificate": 0, "tls-trunk": 1} {
		t.Run(world, func(t *testing.T) {
			t.Parallel()
			if all := visit(t, world).l.Registrar.Bindings(Username); len(all) != want {
				t.Errorf("bindings %+v, want %d", all, want)
			}
		})
	}
}

func TestLineDelays(t *testing.T) {
	v := visit(t, "slow-line")
	rtt := v.ping(Provider1, 20)
	if rtt.PacketsRecv != 20 || rtt.MinRtt < 54*time.Millisecond {
		t.Errorf("%+v", rtt)
	}
	if near := v.ping(RouterLAN, 5); near.MinRtt >= rtt.MinRtt {
		t.Errorf("the router is as far as the provider: %v", near.MinRtt)
	}
	v.l.Wire.Set(Line{})
	if now := v.ping(Provider1, 5); now.MinRtt >= rtt.MinRtt {
		t.Errorf("a perfect line still takes %v", now.MinRtt)
	}
}

func TestLineLoses(t *testing.T) {
	lost := func() int {
		v := visit(t, "line-quality")
		s := v.ping("1.1.1.1", 100)
		return s.PacketsSent - s.PacketsRecv
	}
	if n := lost(); n < 3 || n > 50 {
		t.Errorf("%d of 100 lost", n)
	}
	if n := visit(t, "healthy").ping("1.1.1.1", 100); n.PacketsRecv != 100 {
		t.Errorf("a good line lost %d of 100", 100-n.PacketsRecv)
	}
}

// TestCableLoses: every seventh frame of the box is lost, and no other.
func TestCableLoses(t *testing.T) {
	for world, lossy := range map[string]bool{"lan-loss": true, "deaf-to-arp": false, "healthy": false} {
		t.Run(world, func(t *testing.T) {
			t.Parallel()
			s := visit(t, world).ping(RouterLAN, 210)
			want := 0
			if lossy {
				want = s.PacketsSent / 7
			}
			if lost := s.PacketsSent - s.PacketsRecv; lost < want-3 || lost > want+3 { // a busy machine sends fewer
				t.Errorf("%d of %d lost, want about %d", lost, s.PacketsSent, want)
			}
		})
	}
}

func TestCable(t *testing.T) {
	v := visit(t, "healthy")
	carrier := func(want bool) {
		t.Helper()
		for until := time.Now().Add(answerIn); ; time.Sleep(5 * time.Millisecond) {
			link, err := v.l.Box.link("eth0")
			if err != nil {
				t.Fatal(err)
			}
			if (link.Attrs().OperState == netlink.OperUp) == want {
				return
			}
			if time.Now().After(until) {
				t.Fatalf("operational state %v", link.Attrs().OperState)
			}
		}
	}
	carrier(true)
	for range 2 {
		if err := v.l.PullCable(); err != nil {
			t.Fatal(err)
		}
		carrier(false)
		if err := v.l.PlugCable(); err != nil {
			t.Fatal(err)
		}
		carrier(true)
	}
	if v.ping(Provider1, 100).PacketsRecv == 0 {
		t.Error("nothing passes after the cable was put back")
	}
}

func TestFarEndCounts(t *testing.T) {
	v := visit(t, "healthy")
	for i := range 3 {
		if _, _, err := v.udp(Provider1+":5060", sipRequest("OPTIONS", i), answerIn); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := v.udp(Control1+":5060", sipRequest("OPTIONS", 9), answerIn); err != nil {
		t.Fatal(err)
	}
	got := v.l.FarEnd()
	if got.Requests != 3 || got.Methods["OPTIONS"] != 3 || got.WithCredentials != 0 || got.Invites != 0 || got.Arrived != 3 || got.Controls.Requests != 1 {
		t.Errorf("%+v", got)
	}
	if len(got.SourcePorts) != 3 {
		t.Errorf("source ports %v", got.SourcePorts)
	}
}

// TestDroppedRequestsCount: what a firewall drops on the way was sent all the same.
func TestDroppedRequestsCount(t *testing.T) {
	v := visit(t, "sip-dropped")
	for i := range 2 {
		if _, _, err := v.udp(Provider1+":5060", sipRequest("REGISTER", i), silenceIn); !timedOut(err) {
			t.Fatal(err)
		}
	}
	if got := v.l.FarEnd(); got.Requests != 2 || got.Arrived != 0 {
		t.Errorf("%+v", got)
	}
}

// TestLease takes a whole lease and reaches the page's way in.
func TestLease(t *testing.T) {
	v := visit(t, "healthy")
	listener, err := v.l.Box.Listen("tcp4", ":80")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	if _, err := v.l.DialBox("80"); err == nil {
		t.Error("the box was reached before it had an address")
	}
	offers := v.offers(silenceIn)
	if len(offers) != 1 {
		t.Fatalf("%d offers", len(offers))
	}
	if got := offers[0].YourIPAddr.String(); got != PoolFirst {
		t.Errorf("offered %s", got)
	}
	if got := offers[0].DNS(); len(got) != 1 || got[0].String() != RouterLAN {
		t.Errorf("DNS %v", got)
	}
	if got := offers[0].MessageType(); got != dhcpv4.MessageTypeOffer {
		t.Errorf("type %v", got)
	}
}
