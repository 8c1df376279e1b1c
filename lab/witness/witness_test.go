package witness

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv4"
	"github.com/insomniacslk/dhcp/dhcpv4/nclient4"
	"github.com/miekg/dns"
	"github.com/pion/stun/v3"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"trunktester/lab/serve"
)

// inside marks the run of this test binary within its own user and network namespace.
const inside = "WITNESS_TEST_INSIDE"

// TestMain runs the tests in a user and network namespace of their own, so that no port and no address
// of the machine is used.
func TestMain(m *testing.M) {
	if os.Getenv(inside) == "" {
		cmd := exec.Command("/proc/self/exe", os.Args[1:]...)
		cmd.Env = append(os.Environ(), inside+"=1")
		cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
		cmd.SysProcAttr = &syscall.SysProcAttr{
			Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET | syscall.CLONE_NEWNS,
			UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}},
			GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}},
		}
		err := cmd.Run()
		var exit *exec.ExitError
		switch {
		case errors.As(err, &exit):
			os.Exit(exit.ExitCode())
		case err == nil:
			os.Exit(0)
		}
		skipReason = fmt.Sprintf("this kernel gives no user and network namespace: %v", err)
	} else if err := build(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if missing := Missing(); skipReason == "" && len(missing) > 0 {
		skipReason = fmt.Sprintf("Debian packages not installed: %s", strings.Join(missing, " "))
	}
	os.Exit(m.Run())
}

var skipReason string

// need skips where the witnesses cannot run; CI forbids the skip.
func need(t *testing.T) {
	t.Helper()
	if skipReason == "" {
		return
	}
	if os.Getenv("CI") == "true" {
		t.Fatal(skipReason)
	}
	t.Skip(skipReason)
}

// The network: loopback with the provider's addresses, and a cable between a router's end and a box's.
var (
	provider = netip.MustParseAddr("198.51.100.5")
	second   = netip.MustParseAddr("198.51.100.6")
	router   = netip.MustParsePrefix("192.168.1.1/24")
)

func build() error {
	lo, err := netlink.LinkByName("lo")
	if err != nil {
		return fmt.Errorf("find lo: %w", err)
	}
	veth := &netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: "lan"}, PeerName: "box"}
	if err := netlink.LinkAdd(veth); err != nil {
		return fmt.Errorf("add a cable: %w", err)
	}
	box, err := netlink.LinkByName("box")
	if err != nil {
		return fmt.Errorf("find box: %w", err)
	}
	for _, a := range []struct {
		link netlink.Link
		addr string
	}{{lo, provider.String() + "/32"}, {lo, second.String() + "/32"}, {veth, router.String()}} {
		addr, err := netlink.ParseAddr(a.addr)
		if err != nil {
			return fmt.Errorf("address %s: %w", a.addr, err)
		}
		if err := netlink.AddrAdd(a.link, addr); err != nil {
			return fmt.Errorf("add %s: %w", a.addr, err)
		}
	}
	for _, link := range []netlink.Link{lo, veth, box} {
		if err := netlink.LinkSetUp(link); err != nil {
			return fmt.Errorf("set %s up: %w", link.Attrs().Name, err)
		}
	}
	return nil
}

func TestMissing(t *testing.T) {
	defer func(old []struct{ pack, file string }) { needs = old }(needs)
	needs = []struct{ pack, file string }{{"a", "/nowhere/a"}, {"a", "/nowhere/b"}, {"b", "/proc/self/exe"}, {"c", "/nowhere/*"}}
	if got := strings.Join(Missing(), " "); got != "a c" {
		t.Errorf("missing %q", got)
	}
}

// registrar is a role in two worlds.
type registrar interface{ Count() serve.Count }

// The same PBXs meet our registrar and a real Kamailio; both must count the same.
func TestRegistrarInTwoWorlds(t *testing.T) {
	ca, err := serve.NewAuthority("lab")
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := ca.Leaf("lab.example")
	if err != nil {
		t.Fatal(err)
	}
	accounts := []serve.Account{{User: "1001", AuthUser: "auth1001", Password: `ge"heim$1 \`}}
	for world, begin := range map[string]func(*testing.T) registrar{
		"ours": func(t *testing.T) registrar {
			r := serve.NewRegistrar(serve.RegistrarSettings{Accounts: accounts, Realm: "lab.example", WrongPasswordCode: 403, UnknownUserCode: 404})
			udp, err := net.ListenPacket("udp4", provider.String()+":5060")
			if err != nil {
				t.Fatal(err)
			}
			run(t, func(ctx context.Context) error { return r.ServeUDP(ctx, udp) })
			for port, serve := range map[string]func(context.Context, net.Listener) error{
				"5060": r.ServeTCP,
				"5061": func(ctx context.Context, ln net.Listener) error {
					return r.ServeTLS(ctx, ln, &tls.Config{Certificates: []tls.Certificate{leaf}})
				},
			} {
				ln, err := net.Listen("tcp4", provider.String()+":"+port)
				if err != nil {
					t.Fatal(err)
				}
				run(t, func(ctx context.Context) error { return serve(ctx, ln) })
			}
			return r
		},
		"kamailio": func(t *testing.T) registrar {
			need(t)
			k, err := StartKamailio(t.Context(), nil, KamailioOptions{Listen: provider, Realm: "lab.example", Accounts: accounts, Leaf: &leaf})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { stopped(t, k.Process) })
			return k
		},
	} {
		t.Run(world, func(t *testing.T) {
			need(t)
			r := begin(t)
			for _, transport := range []string{"udp", "tcp", "tls"} {
				for name, tt := range map[string]struct {
					user, auth, password string
					code                 int
				}{
					"right":          {"1001", "auth1001", accounts[0].Password, 200},
					"wrong password": {"1001", "auth1001", "falsch", 403},
					"unknown user":   {"9999", "", "x", 404},
				} {
					p := serve.NewPBX(serve.PBXSettings{Domain: "lab.example", Username: tt.user, AuthUser: tt.auth, Password: tt.password, UserAgent: transport + " " + name})
					if got := register(t, p, transport, ca); got != tt.code {
						t.Errorf("%s, %s: %d, want %d", transport, name, got, tt.code)
					}
				}
			}
			c := r.Count()
			if c.Requests != 18 || c.WithCredentials != 9 || c.Methods["REGISTER"] != 18 || c.UserAgents["tls right"] != 2 || len(c.SourcePorts) < 9 {
				t.Errorf("counted %+v", c)
			}
		})
	}
}

// register makes one attempt and gives its code.
func register(t *testing.T, p *serve.PBX, transport string, ca *serve.Authority) int {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	defer func() { cancel(); <-done }()
	if transport == "udp" {
		conn, err := net.ListenPacket("udp4", second.String()+":0")
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			defer close(done)
			if err := p.RunUDP(ctx, conn, net.UDPAddrFromAddrPort(netip.AddrPortFrom(provider, 5060))); err != nil {
				t.Error(err)
			}
		}()
	} else {
		go func() {
			defer close(done)
			err := p.RunStream(ctx, transport, func(ctx context.Context) (net.Conn, error) {
				if transport == "tls" {
					d := tls.Dialer{Config: &tls.Config{RootCAs: ca.Pool(), ServerName: "lab.example"}}
					return d.DialContext(ctx, "tcp4", provider.String()+":5061")
				}
				return new(net.Dialer).DialContext(ctx, "tcp4", provider.String()+":5060")
			})
			if err != nil {
				t.Error(err)
			}
		}()
	}
	eventually(t, "an answer to the PBX", func() bool { return len(p.Sent.All()) > 0 })
	return p.Sent.All()[0].Code
}

// run starts f and waits for its end when the test ends, so that its ports are free again.
func run(t *testing.T, f func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- f(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if is() {
			return
		}
	}
	t.Fatal("never: " + what)
}

// stopped ends a witness and checks that nothing of it is left.
func stopped(t *testing.T, p *Process) {
	t.Helper()
	if err := p.Stop(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(p.folder); !os.IsNotExist(err) {
		t.Errorf("folder of %s: %v", p.name, err)
	}
	eventually(t, "process group gone", func() bool { return errors.Is(syscall.Kill(-p.cmd.Process.Pid, 0), syscall.ESRCH) })
}

func TestKamailioFaults(t *testing.T) {
	need(t)
	k, err := StartKamailio(t.Context(), nil, KamailioOptions{Listen: provider, Realm: "lab.example", Algorithm: "SHA-256",
		Accounts: []serve.Account{{User: "1001", Password: "geheim"}}})
	if err != nil {
		t.Fatal(err)
	}
	defer stopped(t, k.Process)
	for _, step := range []struct {
		turn func() error
		port uint16
		want string // start of the answer; "": silence
	}{
		{func() error { return nil }, 5060, "SIP/2.0 200 "},
		{func() error { return nil }, 5080, "SIP/2.0 200 "},
		{func() error { return k.Fault(t.Context(), 503) }, 5060, "SIP/2.0 503 "},
		{func() error { return k.Fault(t.Context(), 0) }, 5060, "SIP/2.0 200 "},
		{func() error { return k.Silence(t.Context(), true) }, 5060, ""},
		{func() error { return k.Silence(t.Context(), false) }, 5060, "SIP/2.0 200 "},
	} {
		if err := step.turn(); err != nil {
			t.Fatal(err)
		}
		if got := options(t, step.port); step.want == "" && got != "" || !strings.HasPrefix(got, step.want) {
			t.Errorf("answer %.40q, want %q", got, step.want)
		}
	}
	p := serve.NewPBX(serve.PBXSettings{Domain: "lab.example", Username: "1001", Password: "geheim"})
	if got := register(t, p, "udp", nil); got != 200 || !p.Registered() {
		t.Errorf("SHA-256: %d", got)
	}
	if c := k.Count(); c.Methods["OPTIONS"] != 6 || c.UserAgents["witness"] != 6 {
		t.Errorf("counted %+v", c)
	}
}

func options(t *testing.T, port uint16) string {
	t.Helper()
	conn, err := net.Dial("udp4", netip.AddrPortFrom(provider, port).String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "OPTIONS sip:lab.example SIP/2.0\r\nVia: SIP/2.0/UDP %s;rport;branch=z9hG4bK%s\r\nMax-Forwards: 70\r\nFrom: <sip:x@lab.example>;tag=1\r\n"+
		"To: <sip:lab.example>\r\nCall-ID: %s\r\nCSeq: 1 OPTIONS\r\nUser-Agent: witness\r\nContent-Length: 0\r\n\r\n", conn.LocalAddr(), rand.Text(), rand.Text())
	conn.SetReadDeadline(time.Now().Add(time.Second))
	buf := make([]byte, 4096)
	n, err := conn.Read(buf)
	if err != nil {
		return ""
	}
	return string(buf[:n])
}

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
			d, err := StartDnsmasq(t.Context(), nil, DnsmasqOptions{Listen: router.Addr(), Zone: z, Interface: "lan", First: first, Last: netip.MustParseAddr("192.168.1.109"),
				Prefix: router, Router: router.Addr(), DNS: []netip.Addr{router.Addr()}, NTP: []netip.Addr{provider}, Lease: 10 * time.Minute})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if got := d.DHCP(); got["DHCPDISCOVER"] == 0 || got["DHCPREQUEST"] == 0 || got["DHCPACK"] == 0 {
					t.Errorf("DHCP messages %v", got)
				}
				stopped(t, d.Process)
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
			if seen := questions(); len(seen) != 5 || seen[0].Name != "sip.lab.example." || seen[2].Type != "SRV" || !seen[0].From.Addr().Is4() {
				t.Errorf("questions %+v", seen)
			}
		})
	}
}

// bound opens a UDP socket, on one interface where one is named.
func bound(t *testing.T, addr, device string) net.PacketConn {
	t.Helper()
	lc := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) (err error) {
		if device == "" {
			return nil
		}
		return errors.Join(c.Control(func(fd uintptr) { err = unix.BindToDevice(int(fd), device) }), err)
	}}
	conn, err := lc.ListenPacket(t.Context(), "udp4", addr)
	if err != nil {
		t.Fatal(err)
	}
	return conn
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

// A witness that cannot start says why, and keeps its log.
func TestFailedStart(t *testing.T) {
	need(t)
	_, err := StartDnsmasq(t.Context(), nil, DnsmasqOptions{Listen: netip.MustParseAddr("203.0.113.77")}) // nobody's address
	if err == nil || !strings.Contains(err.Error(), "203.0.113.77") {
		t.Fatalf("error %v", err)
	}
	_, after, _ := strings.Cut(err.Error(), "its folder ")
	folder, _, _ := strings.Cut(after, " ")
	defer os.RemoveAll(folder)
	if log, err := os.ReadFile(folder + "/log"); err != nil || !strings.Contains(string(log), "203.0.113.77") {
		t.Errorf("log %q: %v", log, err)
	}
}
