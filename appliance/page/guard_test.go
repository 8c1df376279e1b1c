package page

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"testing"
)

func prefixes(list ...string) []netip.Prefix {
	var all []netip.Prefix
	for _, s := range list {
		all = append(all, netip.MustParsePrefix(s))
	}
	return all
}

func TestServeable(t *testing.T) {
	for _, c := range []struct {
		name      string
		own, want []netip.Prefix
	}{
		{"home network", prefixes("192.168.1.20/24"), prefixes("192.168.1.20/24")},
		{"all of RFC 1918", prefixes("10.1.2.3/8", "172.16.0.1/12", "172.31.255.254/16"), prefixes("10.1.2.3/8", "172.16.0.1/12", "172.31.255.254/16")},
		{"just outside of it", prefixes("172.32.0.1/16"), nil},
		{"link-local", prefixes("169.254.7.7/16", "fe80::1/64"), prefixes("169.254.7.7/16", "fe80::1/64")},
		{"unique local", prefixes("fd00::20/64"), prefixes("fd00::20/64")},
		{"global IPv6 beside a private IPv4", prefixes("192.168.1.20/24", "2001:db8::20/64", "fe80::1/64"), prefixes("192.168.1.20/24", "fe80::1/64")},
		{"bridged to the internet", prefixes("203.0.113.7/24", "fe80::1/64", "fd00::1/64"), nil},
		{"bridged, loopback stays", prefixes("203.0.113.7/24", "127.0.0.1/8"), prefixes("127.0.0.1/8")},
		{"carrier-grade NAT", prefixes("100.64.0.7/10", "fe80::1/64"), nil},
		{"mapped public address", prefixes("::ffff:203.0.113.7/120"), nil},
		{"no address", nil, nil},
	} {
		if got := Serveable(c.own); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestOnLink(t *testing.T) {
	own := prefixes("192.168.1.20/24", "fe80::20/64", "fd00:1::20/64")
	for client, want := range map[string]bool{
		"192.168.1.77": true, "::ffff:192.168.1.77": true, "127.0.0.1": true, "::1": true, "fe80::77%eth0": true, "fd00:1::77": true,
		"192.168.2.77": false, "10.0.0.1": false, "203.0.113.7": false, "100.64.0.1": false, "2001:db8::1": false, "fd00:2::1": false,
	} {
		if got := onLink(netip.MustParseAddr(client), own); got != want {
			t.Errorf("%s: %v, want %v", client, got, want)
		}
	}
	if onLink(netip.MustParseAddr("203.0.113.7"), prefixes("192.168.1.20/0")) {
		t.Error("an absurd netmask lets the internet in")
	}
}

func TestKnownHost(t *testing.T) {
	own := prefixes("192.168.1.20/24", "fd00::20/64")
	names := append(HostNames("Kit 0042"), "box.example.net")
	for host, want := range map[string]bool{
		"192.168.1.20": true, "192.168.1.20:80": true, "[fd00::20]": true, "[fd00::20]:8080": true, "127.0.0.1:8080": true, "localhost:8080": true,
		"trunktester.local": true, "TrunkTester.local.": true, "trunktester-kit-0042.local:80": true, "trunktester": true, "box.example.net": true,
		"": false, "evil.example": false, "192.168.1.21": false, "trunktester.local.evil.example": false, "trunktester-kit-0043.local": false,
		"192.168.1.20.evil.example": false, "203.0.113.7": false,
	} {
		if got := knownHost(host, own, names); got != want {
			t.Errorf("Host %q: %v, want %v", host, got, want)
		}
	}
}

func FuzzKnownHost(f *testing.F) {
	f.Add("[::1")
	f.Add("192.168.1.20:80:80")
	f.Fuzz(func(t *testing.T, host string) {
		own := prefixes("192.168.1.20/24")
		if knownHost(host, own, HostNames("")) && knownHost(host+".evil.example", own, HostNames("")) {
			t.Errorf("%q is known with a strange domain behind it", host)
		}
	})
}

func TestHostNames(t *testing.T) {
	for kit, want := range map[string][]string{
		"":           {"trunktester", "trunktester.local"},
		"Kit 0042":   {"trunktester", "trunktester-kit-0042", "trunktester.local", "trunktester-kit-0042.local"},
		"<é/ A.b c>": {"trunktester", "trunktester-a-b-c", "trunktester.local", "trunktester-a-b-c.local"},
	} {
		if got := HostNames(kit); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", kit, got, want)
		}
	}
}

// strangers pretends that every second connection comes from elsewhere.
type strangers struct {
	net.Listener
	n int
}

type from struct {
	net.Conn
	addr string
}

func (f from) RemoteAddr() net.Addr {
	return net.TCPAddrFromAddrPort(netip.MustParseAddrPort(f.addr))
}

func (s *strangers) Accept() (net.Conn, error) {
	c, err := s.Listener.Accept()
	if err != nil {
		return nil, err
	}
	s.n++
	return from{c, []string{"203.0.113.9:5", "192.168.1.9:5"}[s.n%2]}, nil
}

func TestStrangersAreDroppedWithoutAWord(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "hello") })}
	go srv.Serve(neighbours{&strangers{Listener: l}, prefixes("192.168.1.20/24"), make(chan struct{}, 4)})
	t.Cleanup(func() { srv.Close() })
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for i, ok := range []bool{true, false, true, false} {
		req := httptest.NewRequest("GET", "http://"+l.Addr().String()+"/", nil)
		req.RequestURI = ""
		req.Method = "POST" // a client does not send it again by itself
		resp, err := client.Do(req)
		if (err == nil) != ok {
			t.Fatalf("connection %d: error %v, want answered %v", i, err, ok)
		}
		if err == nil {
			resp.Body.Close()
		}
	}
}
