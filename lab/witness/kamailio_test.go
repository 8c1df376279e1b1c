package witness

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"trunktester/lab/serve"
)

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
			k, err := StartKamailio(t.Context(), nil, KamailioOptions{Listen: one(provider), Leaf: &leaf,
				Settings: serve.RegistrarSettings{Realm: "lab.example", Accounts: accounts, WrongPasswordCode: 403, UnknownUserCode: 404}})
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
			eventually(t, "18 requests", func() bool { return r.Count().Requests >= 18 })
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

func TestKamailioFaults(t *testing.T) {
	need(t)
	k, err := StartKamailio(t.Context(), nil, KamailioOptions{Listen: one(provider), Ports: []uint16{5060, 5080}, Settings: serve.RegistrarSettings{
		Realm: "lab.example", Algorithms: []string{"SHA-256"}, Accounts: []serve.Account{{User: "1001", Password: "geheim"}}}})
	if err != nil {
		t.Fatal(err)
	}
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
	stopped(t, k.Process)
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
