package probes

import (
	"context"
	"crypto/tls"
	"net"
	"net/netip"
	"testing"
	"time"

	"trunktester/probes/facts"
	"trunktester/probes/sip"
	"trunktester/probes/sip/siptest"
)

func sipDialer(t *testing.T) sip.Dialer {
	d := sip.Dialer{Conduct: sip.NewConduct(sip.Diagnosis), Agent: "trunktester/test"}
	t.Cleanup(d.Conduct.Close)
	return d
}

func knownTargets(transport string, targets ...netip.AddrPort) facts.Facts {
	known := facts.Facts{Name: &facts.Name{}}
	for _, to := range targets {
		known.Name.Targets = append(known.Name.Targets, facts.Target{Addr: to, Transport: transport})
	}
	return known
}

func closedUDP(t *testing.T) netip.AddrPort {
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	return c.LocalAddr().(*net.UDPAddr).AddrPort()
}

func TestSIPPathUDP(t *testing.T) {
	first, second := siptest.New(t, siptest.Switches{Register: 407}), siptest.New(t, siptest.Switches{})
	d := sipDialer(t)
	known := knownTargets("udp", first.UDP(t, "127.0.0.1:0"), second.UDP(t, "127.0.0.2:0"))
	r := SIPPath{Transport: "udp", Dial: d, Domain: "example.net", Username: "u"}.Look(t.Context(), known)
	r.File(&known)
	if r.Outcome != facts.Passed || len(known.UDP.Targets) != 2 || len(known.UDP.Targets[0].Exchanges) != 2 || len(known.UDP.Targets[1].Exchanges) != 1 {
		t.Fatalf("%s: %+v", r.Outcome, known.UDP)
	}
	if x := known.UDP.Targets[0].Exchanges[0]; x.Method != sip.REGISTER || x.Reply.Code != 407 {
		t.Errorf("first exchange %+v", x)
	}
	o, ok := d.Conduct.Take("udp")
	if !ok || o.Exchange.Reply.Code != 407 || o.Conn.Local() != o.Exchange.Local {
		t.Fatalf("opening %+v", o)
	}
	defer o.Conn.Close()
	if _, again := d.Conduct.Take("udp"); again {
		t.Error("taken twice")
	}
	next := o.Exchange.Request
	next.Branch, next.CSeq = "", next.CSeq+1
	if x := o.Conn.Ask(t.Context(), next, sip.Login); !x.Answered() || x.Request.CallID != o.Exchange.Request.CallID {
		t.Error("the left connection does not go on")
	}
}

func TestSIPPathOneWayIgnored(t *testing.T) {
	for _, s := range []siptest.Switches{{Options: -1}, {Options: 404}} {
		server := siptest.New(t, s)
		known := knownTargets("udp", server.UDP(t, "127.0.0.1:0"))
		r := SIPPath{Transport: "udp", Dial: sipDialer(t), Domain: "example.net"}.Look(t.Context(), known)
		if r.Outcome != facts.Passed {
			t.Errorf("%+v: %s %s", s, r.Outcome, r.Saw)
		}
	}
}

func TestSIPPathFails(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	refused := l.Addr().(*net.TCPAddr).AddrPort()
	l.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()

	known := knownTargets("udp", closedUDP(t))
	r := SIPPath{Transport: "udp", Dial: sipDialer(t), Domain: "example.net"}.Look(ctx, known)
	r.File(&known)
	if icmp := known.UDP.Targets[0].ICMP; r.Outcome != facts.Failed || len(icmp) == 0 || !icmp[0].Provider {
		t.Errorf("UDP: %s %s %+v", r.Outcome, r.Saw, icmp)
	}
	for _, transport := range []string{"tcp", "tls"} {
		known := knownTargets(transport, refused)
		r := SIPPath{Transport: transport, Dial: sipDialer(t), Domain: "example.net"}.Look(t.Context(), known)
		r.File(&known)
		p := known.TCP
		if transport == "tls" {
			p = known.TLS
		}
		if r.Outcome != facts.Failed || p.Targets[0].Connect != facts.Refused {
			t.Errorf("%s: %s %s", transport, r.Outcome, r.Saw)
		}
	}
}

func TestSIPPathNotRunAndBroken(t *testing.T) {
	if r := (SIPPath{Transport: "tcp"}).Look(t.Context(), knownTargets("udp", closedUDP(t))); r.Outcome != facts.NotRun {
		t.Error(r.Outcome)
	}
	known := knownTargets("udp", closedUDP(t))
	known.Address = &facts.Address{Prefix: netip.MustParsePrefix("192.0.2.7/24")} // not ours: bind fails
	if r := (SIPPath{Transport: "udp", Dial: sipDialer(t), Domain: "a"}).Look(t.Context(), known); r.Outcome != facts.Broken {
		t.Error(r.Outcome, r.Saw)
	}
}

func TestSIPPathStopsAfterRefusal(t *testing.T) {
	server := siptest.New(t, siptest.Switches{Register: 403})
	d := sipDialer(t)
	known := knownTargets("udp", server.UDP(t, "127.0.0.1:0"))
	if r := (SIPPath{Transport: "udp", Dial: d, Domain: "a"}).Look(t.Context(), known); r.Outcome != facts.Passed || d.Conduct.Stopped() == "" {
		t.Fatalf("%s, stopped %q", r.Outcome, d.Conduct.Stopped())
	}
	before := len(server.Seen())
	r := ALG{Dial: d, Domain: "a", Transport: "udp"}.Look(t.Context(), facts.Facts{UDP: &facts.Path{Transport: "udp", Targets: []facts.Attempt{{
		Target: known.Name.Targets[0].Addr, Exchanges: []facts.Exchange{{Method: sip.OPTIONS, Reply: &facts.Reply{Code: 200}}}}}}})
	if r.Outcome != facts.NotRun || len(server.Seen()) != before {
		t.Errorf("%s %s; %d more requests", r.Outcome, r.Saw, len(server.Seen())-before)
	}
}

func TestSIPPathTLS(t *testing.T) {
	now := time.Now()
	day := 24 * time.Hour
	for _, c := range []struct {
		name       string
		of         string
		from, till time.Time
		trusted    bool
		noClock    bool
		clientCert bool
		want       string
		outcome    facts.Outcome
	}{
		{"good", "example.net", now.Add(-day), now.Add(day), true, false, false, "", facts.Passed},
		{"good by URI", "sip:example.net", now.Add(-day), now.Add(day), true, false, false, "", facts.Passed},
		{"expired", "example.net", now.Add(-2 * day), now.Add(-day), true, false, false, "expired", facts.Passed},
		{"not yet", "example.net", now.Add(day), now.Add(2 * day), true, false, false, "not-yet", facts.Passed},
		{"other name", "example.org", now.Add(-day), now.Add(day), true, false, false, "name", facts.Passed},
		{"other URI", "sip:example.org", now.Add(-day), now.Add(day), true, false, false, "name", facts.Passed},
		{"unknown", "example.net", now.Add(-day), now.Add(day), false, false, false, "unknown-authority", facts.Passed},
		{"expired, no clock", "example.net", now.Add(-2 * day), now.Add(-day), true, true, false, "", facts.Passed},
		{"other name, no clock", "example.org", now.Add(-day), now.Add(day), true, true, false, "name", facts.Passed},
		{"unknown, no clock", "example.net", now.Add(-day), now.Add(day), false, true, false, "unknown-authority", facts.Passed},
		{"client certificate", "example.net", now.Add(-day), now.Add(day), true, false, true, "client-certificate", facts.Failed},
	} {
		t.Run(c.name, func(t *testing.T) {
			certificate, roots := siptest.Certificate(t, c.of, c.from, c.till)
			if !c.trusted {
				_, roots = siptest.Certificate(t, c.of, c.from, c.till)
			}
			config := &tls.Config{Certificates: []tls.Certificate{certificate}}
			if c.clientCert {
				config.ClientAuth = tls.RequireAnyClientCert
			}
			known := knownTargets("tls", siptest.New(t, siptest.Switches{}).TLS(t, "127.0.0.1:0", config))
			if known.Clock = (&facts.Clock{Source: "ntp", Now: &now}); c.noClock {
				known.Clock = &facts.Clock{Source: "none"}
			}
			r := SIPPath{Transport: "tls", Dial: sipDialer(t), Domain: "example.net", Roots: roots}.Look(t.Context(), known)
			r.File(&known)
			s := known.TLS.Targets[0].TLS
			if r.Outcome != c.outcome || s == nil || s.Fault != c.want || s.ClockKnown == c.noClock {
				t.Fatalf("%s %s: %+v", r.Outcome, r.Saw, s)
			}
			if len(s.Names) != 1 || s.Names[0] != c.of || s.Issuer == "" || !s.NotAfter.Equal(c.till.Truncate(time.Second)) {
				t.Errorf("session %+v", s)
			}
		})
	}
}

// A PBX with an outbound proxy checks the certificate of the host that it contacts: one for the proxy is good, one
// for the domain as well, and the server is asked for by the proxy's name.
func TestSIPPathTLSThroughProxy(t *testing.T) {
	now := time.Now()
	for _, c := range []struct{ name, of, proxy, asked, want string }{
		{"for the proxy", "proxy.example.org", "proxy.example.org", "proxy.example.org", ""},
		{"for the domain", "example.net", "proxy.example.org", "proxy.example.org", ""},
		{"for neither", "example.com", "proxy.example.org", "proxy.example.org", "name"},
		{"a proxy by its address", "example.net", "198.51.100.5", "example.net", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			certificate, roots := siptest.Certificate(t, c.of, now.Add(-time.Hour), now.Add(time.Hour))
			asked := make(chan string, 1)
			config := &tls.Config{GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
				asked <- hello.ServerName
				return &certificate, nil
			}}
			known := knownTargets("tls", siptest.New(t, siptest.Switches{}).TLS(t, "127.0.0.1:0", config))
			known.Clock = &facts.Clock{Source: "ntp", Now: &now}
			r := SIPPath{Transport: "tls", Dial: sipDialer(t), Domain: "example.net", Proxy: c.proxy, Roots: roots}.Look(t.Context(), known)
			r.File(&known)
			if s := known.TLS.Targets[0].TLS; s == nil || s.Fault != c.want {
				t.Errorf("%s %s: %+v", r.Outcome, r.Saw, s)
			}
			if got := <-asked; got != c.asked {
				t.Errorf("asked for %s", got)
			}
		})
	}
}

func TestSIPPathTLSHandshakeFails(t *testing.T) {
	known := knownTargets("tls", siptest.New(t, siptest.Switches{}).TLS(t, "127.0.0.1:0", &tls.Config{MaxVersion: tls.VersionTLS10, MinVersion: tls.VersionTLS10, GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
		c, _ := siptest.Certificate(t, "example.net", time.Now(), time.Now().Add(time.Hour))
		return &c, nil
	}}))
	r := SIPPath{Transport: "tls", Dial: sipDialer(t), Domain: "example.net"}.Look(t.Context(), known)
	r.File(&known)
	if s := known.TLS.Targets[0].TLS; r.Outcome != facts.Failed || s.Fault != "handshake" || s.Error == "" {
		t.Errorf("%s: %+v", r.Outcome, s)
	}
}

func TestControls(t *testing.T) {
	server := siptest.New(t, siptest.Switches{})
	d := sipDialer(t)
	host := server.UDP(t, "127.0.0.1:0").String()
	known := facts.Facts{}
	r := Controls{Dial: d, Hosts: []string{"127.0.0.9:9"}, Reflector: host}.Look(t.Context(), known)
	r.File(&known)
	if r.Outcome != facts.Passed || len(known.Controls.UDP) != 2 || len(known.Controls.TCP) != 2 {
		t.Fatalf("%s: %+v", r.Outcome, known.Controls)
	}
	if a := known.Controls.UDP[0]; !answered(a) || a.Host != host {
		t.Errorf("reflector %+v", a)
	}
	if a := known.Controls.TCP[1]; a.Connect != facts.Refused {
		t.Errorf("dead host by TCP: %+v", a)
	}
	if all, _ := d.Conduct.Sent(); all != 0 || len(d.Conduct.Requests()) < 2 {
		t.Errorf("%d counted for the provider, %d recorded", all, len(d.Conduct.Requests()))
	}
	if r := (Controls{}).Look(t.Context(), known); r.Outcome != facts.NotRun {
		t.Error(r.Outcome)
	}
	if r := (Controls{Dial: d, Hosts: []string{"sip.example.net"}}).Look(t.Context(), known); r.Outcome != facts.Broken {
		t.Error(r.Outcome, r.Saw)
	}
}

// Every server of the trunk's own transport is asked, up to a handful; of the others fewer.
func TestSIPPathAsksEveryServer(t *testing.T) {
	server := siptest.New(t, siptest.Switches{})
	var at []netip.AddrPort
	for range 7 {
		at = append(at, server.UDP(t, "127.0.0.1:0"))
	}
	for servers, want := range map[int]int{0: mostOtherServers, MostOwnServers: MostOwnServers} {
		known := knownTargets("udp", at...)
		SIPPath{Transport: "udp", Dial: sipDialer(t), Domain: "example.net", Servers: servers}.Look(t.Context(), known).File(&known)
		if len(known.UDP.Targets) != want {
			t.Errorf("%d servers asked, want %d", len(known.UDP.Targets), want)
		}
		for _, a := range known.UDP.Targets {
			if !answered(a) {
				t.Errorf("%s did not answer", a.Target)
			}
		}
	}
}
