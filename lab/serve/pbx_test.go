package serve

import (
	"context"
	"crypto/tls"
	"maps"
	"net"
	"slices"
	"testing"
	"time"
)

// A PBX registers over every transport, with both algorithms, and refreshes.
func TestPBX(t *testing.T) {
	ca, err := NewAuthority("lab")
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := ca.Leaf("lab.example")
	if err != nil {
		t.Fatal(err)
	}
	for _, transport := range []string{"udp", "tcp", "tls"} {
		t.Run(transport, func(t *testing.T) {
			set := account()
			set.Algorithms = []string{"SHA-256", "MD5"}
			set.MaxExpires = 2 * time.Second
			r := NewRegistrar(set)
			p := NewPBX(PBXSettings{Domain: "lab.example", Username: "1001", Password: "geheim", UserAgent: "pbx"})
			run(t, func(ctx context.Context) error {
				return join(ctx, r, p, transport, leaf, ca)
			})
			eventually(t, "registered and refreshed", func() bool { return p.Registered() && len(p.Sent.All()) >= 2 })
			if got := r.Bindings("1001"); len(got) != 1 || got[0].Transport != transport {
				t.Errorf("bindings %+v", got)
			}
			c := r.Count()
			if c.WithCredentials < 2 || c.UserAgents["pbx"] != c.Requests {
				t.Errorf("counted %+v", c)
			}
		})
	}
}

// join runs a registrar and a PBX that registers with it, over loopback.
func join(ctx context.Context, r *Registrar, p *PBX, transport string, leaf tls.Certificate, ca *Authority) error {
	if transport == "udp" {
		server, err := net.ListenPacket("udp4", "127.0.0.1:0")
		if err != nil {
			return err
		}
		client, err := net.ListenPacket("udp4", "127.0.0.1:0")
		if err != nil {
			return err
		}
		go p.RunUDP(ctx, client, server.LocalAddr())
		return r.ServeUDP(ctx, server)
	}
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return err
	}
	go p.RunStream(ctx, transport, func(ctx context.Context) (net.Conn, error) {
		if transport == "tls" {
			d := tls.Dialer{Config: &tls.Config{RootCAs: ca.Pool(), ServerName: "lab.example"}}
			return d.DialContext(ctx, "tcp4", ln.Addr().String())
		}
		return new(net.Dialer).DialContext(ctx, "tcp4", ln.Addr().String())
	})
	if transport == "tls" {
		return r.ServeTLS(ctx, ln, &tls.Config{Certificates: []tls.Certificate{leaf}})
	}
	return r.ServeTCP(ctx, ln)
}

func TestPBXFails(t *testing.T) {
	for name, tt := range map[string]struct {
		set  PBXSettings
		turn func(*RegistrarSettings)
		code int
	}{
		"wrong password": {PBXSettings{Password: "falsch"}, func(*RegistrarSettings) {}, 401},
		"refused":        {PBXSettings{Password: "geheim"}, func(s *RegistrarSettings) { s.ForceCode.Code = 403 }, 403},
	} {
		t.Run(name, func(t *testing.T) {
			set := account()
			tt.turn(&set)
			tt.set.Domain, tt.set.Username = "lab.example", "1001"
			r, p := NewRegistrar(set), NewPBX(tt.set)
			run(t, func(ctx context.Context) error { return join(ctx, r, p, "udp", tls.Certificate{}, nil) })
			eventually(t, "an answer", func() bool { return len(p.Sent.All()) > 0 })
			if got := p.Sent.All()[0].Code; got != tt.code || p.Registered() {
				t.Errorf("code %d, registered %v", got, p.Registered())
			}
		})
	}
}

// With split ports the Via names the other port, and the packet leaves from the socket's own.
func TestPBXSplitPorts(t *testing.T) {
	r := NewRegistrar(account())
	p := NewPBX(PBXSettings{Domain: "lab.example", Username: "1001", Password: "geheim", SplitPorts: 9})
	run(t, func(ctx context.Context) error { return join(ctx, r, p, "udp", tls.Certificate{}, nil) })
	eventually(t, "registered, as no ALG is there", p.Registered)
	m, _ := parseSIP(r.Seen.All()[0].Bytes)
	if v, _ := parseVia(m.get("via")); v.port != 9 {
		t.Errorf("Via %q", m.get("via"))
	}
	if ports := slices.Collect(maps.Keys(r.Count().SourcePorts)); len(ports) != 1 || ports[0] == 9 {
		t.Errorf("source ports %v", ports)
	}
}
