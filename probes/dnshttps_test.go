package probes

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"trunktester/lab/serve"
	"trunktester/probes/facts"
	"trunktester/probes/sip"
)

// httpsResolver is a resolver that speaks DNS over HTTPS at 127.0.0.3, with a certificate for these names.
func httpsResolver(t *testing.T, authority *serve.Authority, expired bool, records string, names ...string) netip.AddrPort {
	t.Helper()
	zone, err := serve.ParseZone("example.net", records)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := authority.Leaf(names...)
	if expired {
		leaf, err = authority.Expired(names...)
	}
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp4", "127.0.0.3:0")
	if err != nil {
		t.Fatal(err)
	}
	go serve.NewDNS(serve.DNSSettings{Zone: zone}).ServeHTTPS(t.Context(), ln, leaf)
	return ln.Addr().(*net.TCPAddr).AddrPort()
}

func authority(t *testing.T) *serve.Authority {
	t.Helper()
	a, err := serve.NewAuthority("Resolvers' authority")
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// Only a resolver that proves by its certificate to be the one at that address is believed.
func TestDNSOverHTTPS(t *testing.T) {
	good, now := authority(t), time.Now()
	for name, c := range map[string]struct {
		by      *serve.Authority
		names   []string
		expired bool
		now     *time.Time
		want    facts.Answer
		says    string
	}{
		"its own certificate":                {good, []string{"127.0.0.3"}, false, &now, facts.Answered, ""},
		"its own, and no clock":              {good, []string{"127.0.0.3"}, false, nil, facts.Answered, ""},
		"an expired one, and no clock":       {good, []string{"127.0.0.3"}, true, nil, facts.Answered, ""},
		"an expired one":                     {good, []string{"127.0.0.3"}, true, &now, facts.Refused, "expired"},
		"that of another address":            {good, []string{"127.0.0.4"}, false, &now, facts.Refused, "name"},
		"that of an authority of the router": {authority(t), []string{"127.0.0.3"}, false, &now, facts.Refused, "unknown-authority"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at := httpsResolver(t, c.by, c.expired, "trunk A 127.0.0.9", c.names...)
			web := dnsHTTPS("", sip.Trust{Roots: good.Pool(), Now: c.now})
			defer web.CloseIdleConnections()
			r := dnsAsk{server: at, name: "trunk.example.net.", qtype: dns.TypeA, web: web}.ask(t.Context())
			if r.answer != c.want || r.usable() != (c.want == facts.Answered) || c.says != "" && !strings.Contains(r.err.Error(), c.says) {
				t.Errorf("%s, %v", r.answer, r.err)
			}
		})
	}
}

// What is no DNS message is no answer: a login page, or a server that wants HTTP/2.
func TestDNSOverHTTPSPage(t *testing.T) {
	plain, err := net.Listen("tcp4", "127.0.0.3:0")
	if err != nil {
		t.Fatal(err)
	}
	go serve.NewWeb(serve.WebSettings{Altered: true}).Serve(t.Context(), plain)
	for name, web := range map[string]http.RoundTripper{
		"a web server without TLS": dnsHTTPS("", sip.Trust{}),
		"a web page":               pageInstead{},
	} {
		r := dnsAsk{server: plain.Addr().(*net.TCPAddr).AddrPort(), name: "trunk.example.net.", qtype: dns.TypeA, web: web}.ask(t.Context())
		if r.answer != facts.Refused || r.usable() || r.fact().Usable() {
			t.Errorf("%s: %s, %v", name, r.answer, r.err)
		}
	}
}

// pageInstead answers every request with a page of its own.
type pageInstead struct{}

func (pageInstead) RoundTrip(r *http.Request) (*http.Response, error) {
	r.URL.Scheme = "http"
	return http.DefaultTransport.RoundTrip(r)
}

// A router that answers in the place of public resolvers over UDP and TCP alike cannot do so over HTTPS.
func TestWitnessBelievesHTTPS(t *testing.T) {
	good := authority(t)
	given := dnsServe(t, "127.0.0.2", 0, witnessHost+". A 127.0.0.9")
	dnsServe(t, "127.0.0.3", int(given.addr.Port()), witnessHost+". A 127.0.0.9")
	at := httpsResolver(t, good, false, "trunk A 127.0.0.1", "127.0.0.3")
	n := Name{Host: witnessHost, Port: int(closedUDP(t).Port()), Transport: "udp", Public: []netip.Addr{netip.MustParseAddr("127.0.0.3")}, DNSPort: given.addr.Port()}
	known := dnsGiven("127.0.0.2")
	n.Look(t.Context(), known).File(&known)
	w := Witness{Name: n, Path: SIPPath{Transport: "udp", Dial: sipDialer(t), Domain: witnessHost}, HTTPSPort: at.Port(), Roots: good.Pool()}
	r := w.Look(t.Context(), known)
	f := *dnsFiled(t, r).Witness
	if r.Outcome != facts.Failed || f.Told().Targets[0].Addr.Addr().String() != "127.0.0.1" || f.TCP.Targets[0].Addr.Addr().String() != "127.0.0.9" {
		t.Errorf("%s %q: %+v", r.Outcome, r.Saw, f)
	}
	w.Roots = authority(t).Pool()
	if f := *dnsFiled(t, w.Look(t.Context(), known)).Witness; f.Told().Targets[0].Addr.Addr().String() != "127.0.0.9" {
		t.Errorf("a resolver without a good certificate was believed: %+v", f.Told())
	}
}
