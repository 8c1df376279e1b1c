package probes

import (
	"context"
	"encoding/hex"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/miekg/dns"

	"trunktester/netsetup/netnstest"
	"trunktester/probes/facts"
)

// nameShort prints targets so that a table can hold them.
func nameShort(targets []facts.Target) []string {
	var s []string
	for _, t := range targets {
		s = append(s, fmt.Sprintf("%s %s %s", t.Transport, t.Host, t.Addr))
	}
	return s
}

// served are the transports that a zone itself says that it serves.
func served(n facts.Name) string {
	var all []string
	for _, t := range []string{"udp", "tcp", "tls"} {
		if n.Serves(t) {
			all = append(all, t)
		}
	}
	return strings.Join(all, " ")
}

func TestNameZones(t *testing.T) {
	t.Parallel()
	const host = "trunk.example.net"
	for _, c := range []struct {
		name, transport string
		port            int
		zone            []string
		outcome         facts.Outcome
		way             string
		serves          string // transports that the zone itself names
		targets         []string
	}{
		{
			name: "address only", transport: "udp", outcome: facts.Passed, way: "address",
			zone: []string{host + ". A 198.51.100.7"},
			targets: []string{
				"udp trunk.example.net 198.51.100.7:5060", "tcp trunk.example.net 198.51.100.7:5060",
				"tls trunk.example.net 198.51.100.7:5061",
			},
		},
		{
			name: "explicit port skips SRV", transport: "tcp", port: 5080, outcome: facts.Passed, way: "address",
			zone: []string{host + ". A 198.51.100.7", "_sip._tcp." + host + ". SRV 0 0 5060 other.example.net."},
			targets: []string{
				"tcp trunk.example.net 198.51.100.7:5080", "udp trunk.example.net 198.51.100.7:5080",
				"tls trunk.example.net 198.51.100.7:5061",
			},
		},
		{
			name: "SRV by priority, then weight", transport: "udp", outcome: facts.Passed, way: "srv", serves: "udp tls",
			zone: []string{
				"_sip._udp." + host + ". SRV 20 0 5070 c.example.net.",
				"_sip._udp." + host + ". SRV 10 5 5060 a.example.net.",
				"_sip._udp." + host + ". SRV 10 60 5060 b.example.net.",
				"_sips._tcp." + host + ". SRV 1 1 5061 a.example.net.",
				"a.example.net. A 198.51.100.1", "b.example.net. A 198.51.100.2", "c.example.net. A 198.51.100.3",
			},
			targets: []string{
				"udp b.example.net 198.51.100.2:5060", "udp a.example.net 198.51.100.1:5060", "udp c.example.net 198.51.100.3:5070",
				"tcp trunk.example.net 198.51.100.2:5060", "tcp trunk.example.net 198.51.100.1:5060", "tcp trunk.example.net 198.51.100.3:5060",
				"tls a.example.net 198.51.100.1:5061",
			},
		},
		{
			name: "NAPTR orders the others and names other services", transport: "udp", outcome: facts.Passed, way: "naptr", serves: "udp tls",
			zone: []string{
				host + `. NAPTR 10 5 "s" "SIPS+D2T" "" _sips._tcp.` + host + ".",
				host + `. NAPTR 20 5 "S" "SIP+D2U" "" _x._udp.` + host + ".",
				host + `. NAPTR 5 5 "u" "E2U+sip" "!^.*$!sip:x@y!" .`,
				"_x._udp." + host + ". SRV 1 1 5062 a.example.net.",
				"_sips._tcp." + host + ". SRV 1 1 5061 a.example.net.",
				"a.example.net. A 198.51.100.1", host + ". A 198.51.100.9",
			},
			targets: []string{
				"udp a.example.net 198.51.100.1:5062", "tls a.example.net 198.51.100.1:5061",
				"tcp trunk.example.net 198.51.100.9:5060",
			},
		},
		{
			name: "aliases are followed", transport: "udp", outcome: facts.Passed, way: "srv", serves: "udp",
			zone: []string{
				"_sip._udp." + host + ". CNAME srv.example.org.", "srv.example.org. SRV 1 1 5060 a.example.org.",
				"a.example.org. CNAME b.example.org.", "b.example.org. A 198.51.100.4",
			},
			targets: []string{
				"udp a.example.org 198.51.100.4:5060", "tcp trunk.example.net 198.51.100.4:5060", "tls trunk.example.net 198.51.100.4:5061",
			},
		},
		{
			name: "a zone that serves TCP only", transport: "udp", outcome: facts.Failed, serves: "tcp",
			zone:    []string{"_sip._tcp." + host + ". SRV 1 1 5060 a.example.net.", "a.example.net. A 198.51.100.1"},
			targets: []string{"tcp a.example.net 198.51.100.1:5060"},
		},
		{
			name: "a service that is not there", transport: "udp", outcome: facts.Passed, way: "address",
			zone: []string{"_sip._udp." + host + ". SRV 0 0 0 .", host + ". A 198.51.100.9"},
			targets: []string{
				"udp trunk.example.net 198.51.100.9:5060", "tcp trunk.example.net 198.51.100.9:5060",
				"tls trunk.example.net 198.51.100.9:5061",
			},
		},
		{name: "no such name", transport: "udp", outcome: facts.Failed},
		{name: "no data", transport: "udp", outcome: facts.Failed, zone: []string{host + `. TXT "x"`}},
		{name: "an alias loop", transport: "udp", outcome: facts.Failed, zone: []string{host + ". CNAME b.example.net.", "b.example.net. CNAME " + host + "."}},
		{name: "SRV to a name without address", transport: "udp", outcome: facts.Failed, serves: "udp",
			zone: []string{"_sip._udp." + host + ". SRV 1 1 5060 gone.example.net."}},
		{name: "an IPv6 address only", transport: "udp", outcome: facts.NotRun, zone: []string{host + ". AAAA 2001:db8::5"}},
		{name: "SRV to a name with an IPv6 address only", transport: "udp", outcome: facts.NotRun, serves: "udp",
			zone: []string{"_sip._udp." + host + ". SRV 1 1 5060 six.example.net.", "six.example.net. AAAA 2001:db8::5"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := dnsServe(t, "127.0.0.1", 0, c.zone...)
			r := Name{Via: "lo", Host: host, Port: c.port, Transport: c.transport, DNSPort: w.addr.Port()}.Look(t.Context(), dnsGiven("127.0.0.1"))
			f := dnsFiled(t, r).Name
			if r.Outcome != c.outcome || f.Way != c.way || served(*f) != c.serves || f.Asked != host {
				t.Errorf("got %s %q, way %q, serves %q", r.Outcome, r.Saw, f.Way, served(*f))
			}
			if diff := cmp.Diff(c.targets, nameShort(f.Targets)); diff != "" {
				t.Errorf("targets (-want +got):\n%s", diff)
			}
			if c.port != 0 && w.count("udp SRV")+w.count("udp NAPTR") > 0 {
				t.Error("SRV or NAPTR was asked though the port is given")
			}
		})
	}
}

func TestNameFirstRoundTrip(t *testing.T) {
	t.Parallel()
	var want []string
	for _, q := range newNamePlan("Trunk.example.net", 0, "udp").questions() {
		want = append(want, dns.TypeToString[q.qtype]+" "+q.name)
	}
	if diff := cmp.Diff([]string{
		"SRV _sip._tcp.trunk.example.net.", "SRV _sip._udp.trunk.example.net.", "SRV _sips._tcp.trunk.example.net.",
		"A trunk.example.net.", "AAAA trunk.example.net.", "NAPTR trunk.example.net.",
	}, want); diff != "" {
		t.Error(diff)
	}
}

func TestNameTransportOrder(t *testing.T) {
	t.Parallel()
	plan := newNamePlan("trunk.example.net", 0, "udp")
	m := new(dns.Msg).SetQuestion(plan.host, dns.TypeNAPTR)
	for _, s := range []string{
		`trunk.example.net. NAPTR 20 1 "s" "SIP+D2T" "" t.example.net.`, `trunk.example.net. NAPTR 10 9 "s" "SIPS+D2T" "" s.example.net.`,
		`trunk.example.net. NAPTR 10 8 "s" "SIP+D2U" "" v.example.net.`, `trunk.example.net. NAPTR 10 3 "s" "SIP+D2U" "" u.example.net.`,
	} {
		rr, err := dns.NewRR(s)
		if err != nil {
			t.Fatal(err)
		}
		m.Answer = append(m.Answer, rr)
	}
	plan.zone[nameQuestion{plan.host, dns.TypeNAPTR}] = m
	if diff := cmp.Diff([]string{"udp", "tls", "tcp"}, plan.transports()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"u.example.net.", "v.example.net.", "_sip._udp.trunk.example.net."}, plan.services("udp")); diff != "" {
		t.Error(diff)
	}
}

// A server that answers SRV with the addresses beside it needs one round trip only.
func TestNameUsesAdditional(t *testing.T) {
	t.Parallel()
	w := dnsServe(t, "127.0.0.1", 0, "_sip._udp.trunk.example.net. SRV 1 1 5060 a.example.net.")
	beside, _ := dns.NewRR("a.example.net. A 198.51.100.1")
	w.set(func(q dns.Question, m *dns.Msg) *dns.Msg {
		if q.Qtype == dns.TypeSRV && len(m.Answer) > 0 {
			m.Extra = append(m.Extra, beside)
		}
		return m
	})
	r := Name{Host: "trunk.example.net", Transport: "udp", DNSPort: w.addr.Port()}.Look(t.Context(), dnsGiven("127.0.0.1"))
	f := dnsFiled(t, r).Name
	if r.Outcome != facts.Passed || f.Targets[0].Addr != netip.MustParseAddrPort("198.51.100.1:5060") {
		t.Errorf("got %s %v", r.Outcome, f.Targets)
	}
	if w.count("udp A a.example.net.") != 0 {
		t.Error("the address was asked for though it stood beside the SRV answer")
	}
}

func TestNameLiteral(t *testing.T) {
	t.Parallel()
	r := Name{Host: "198.51.100.9", Port: 5070, Transport: "udp"}.Look(t.Context(), dnsGiven())
	f := dnsFiled(t, r).Name
	want := []string{"udp 198.51.100.9 198.51.100.9:5070", "tcp 198.51.100.9 198.51.100.9:5070", "tls 198.51.100.9 198.51.100.9:5061"}
	if diff := cmp.Diff(want, nameShort(f.Targets)); r.Outcome != facts.Passed || f.Way != "literal" || diff != "" {
		t.Errorf("%s %q %s", r.Outcome, f.Way, diff)
	}
	needIPv6(t)
	if r := (Name{Via: "lo", Host: "[2001:db8::1]", Transport: "udp"}).Look(t.Context(), dnsGiven()); r.Outcome != facts.NotRun || !strings.Contains(r.Saw, "no IPv6 address here that reaches it") {
		t.Errorf("an IPv6 literal is %s: %s", r.Outcome, r.Saw)
	} else if f := dnsFiled(t, r).Name; len(f.Targets) > 0 || len(f.Six) != 3 || len(f.OnlyIPv6()) != 1 {
		t.Errorf("an IPv6 literal without a way there: %+v", f)
	}
	r = Name{Host: "::1", Port: 5070, Transport: "udp"}.Look(t.Context(), dnsGiven())
	f = dnsFiled(t, r).Name
	want = []string{"udp ::1 [::1]:5070", "tcp ::1 [::1]:5070", "tls ::1 [::1]:5061"}
	if diff := cmp.Diff(want, nameShort(f.Targets)); r.Outcome != facts.Passed || !f.ByIPv6() || diff != "" {
		t.Errorf("an IPv6 literal with a way there: %s %s", r.Outcome, diff)
	}
}

// A name without an IPv4 address is tested by IPv6 where the box has a way to it: here, its own address.
func TestNameByIPv6(t *testing.T) {
	t.Parallel()
	needIPv6(t)
	const host = "trunk.example.net"
	for _, c := range []struct {
		name    string
		zone    []string
		lose    uint16 // questions of this type are not answered
		public  string // what a public resolver knows beside
		way     string
		targets []string
		six     []string
		saw     string
	}{
		{name: "an address only", zone: []string{host + ". AAAA ::1"}, way: "address",
			targets: []string{"udp trunk.example.net [::1]:5060", "tcp trunk.example.net [::1]:5060", "tls trunk.example.net [::1]:5061"}, saw: "tested by IPv6"},
		{name: "service records", way: "srv", zone: []string{"_sip._udp." + host + ". SRV 1 1 5070 six.example.net.", "six.example.net. AAAA ::1"},
			targets: []string{"udp six.example.net [::1]:5070", "tcp trunk.example.net [::1]:5060", "tls trunk.example.net [::1]:5061"}, saw: "tested by IPv6"},
		{name: "service records, and the domain's web server has IPv4", way: "srv",
			zone:    []string{host + ". A 198.51.100.80", "_sip._udp." + host + ". SRV 1 1 5070 six.example.net.", "six.example.net. AAAA ::1"},
			targets: []string{"udp six.example.net [::1]:5070", "tcp trunk.example.net [::1]:5060", "tls trunk.example.net [::1]:5061"}, saw: "tested by IPv6"},
		{name: "the same, and a public name server knows the web server too", way: "srv", public: host + ". A 198.51.100.80",
			zone:    []string{host + ". A 198.51.100.80", "_sip._udp." + host + ". SRV 1 1 5070 six.example.net.", "six.example.net. AAAA ::1"},
			targets: []string{"udp six.example.net [::1]:5070", "tcp trunk.example.net [::1]:5060", "tls trunk.example.net [::1]:5061"}, saw: "tested by IPv6"},
		{name: "an alias", way: "address", zone: []string{host + ". CNAME six.example.net.", "six.example.net. AAAA ::1"},
			targets: []string{"udp trunk.example.net [::1]:5060", "tcp trunk.example.net [::1]:5060", "tls trunk.example.net [::1]:5061"}, saw: "tested by IPv6"},
		{name: "both: IPv4 is what is tested", way: "address", zone: []string{host + ". A 198.51.100.7", host + ". AAAA 2001:db8::5"},
			targets: []string{"udp trunk.example.net 198.51.100.7:5060", "tcp trunk.example.net 198.51.100.7:5060", "tls trunk.example.net 198.51.100.7:5061"},
			six:     []string{"udp trunk.example.net [2001:db8::5]:5060", "tcp trunk.example.net [2001:db8::5]:5060", "tls trunk.example.net [2001:db8::5]:5061"}, saw: "198.51.100.7"},
		{name: "both, by service records", way: "srv", zone: []string{"_sip._udp." + host + ". SRV 1 1 5060 a.example.net.", "a.example.net. A 198.51.100.7", "a.example.net. AAAA 2001:db8::5"},
			targets: []string{"udp a.example.net 198.51.100.7:5060", "tcp trunk.example.net 198.51.100.7:5060", "tls trunk.example.net 198.51.100.7:5061"},
			six:     []string{"udp a.example.net [2001:db8::5]:5060", "tcp trunk.example.net [2001:db8::5]:5060", "tls trunk.example.net [2001:db8::5]:5061"}, saw: "198.51.100.7"},
		{name: "an address that the resolver made of an IPv4 one", way: "address", zone: []string{host + ". A 198.51.100.7", host + ". AAAA 64:ff9b::c633:6407"},
			targets: []string{"udp trunk.example.net 198.51.100.7:5060", "tcp trunk.example.net 198.51.100.7:5060", "tls trunk.example.net 198.51.100.7:5061"},
			six:     []string{}, saw: "198.51.100.7"},
		{name: "the question for the IPv4 address was lost", zone: []string{host + ". AAAA ::1"}, lose: dns.TypeA, targets: []string{},
			six: []string{"udp trunk.example.net [::1]:5060", "tcp trunk.example.net [::1]:5060", "tls trunk.example.net [::1]:5061"}, saw: "knows no server"},
		{name: "a public name server knows the IPv4 address", zone: []string{host + ". AAAA ::1", host + ". AAAA 2001:db8::5"}, public: host + ". A 198.51.100.7", targets: []string{},
			six: []string{"udp trunk.example.net [::1]:5060", "udp trunk.example.net [2001:db8::5]:5060", "tcp trunk.example.net [::1]:5060",
				"tcp trunk.example.net [2001:db8::5]:5060", "tls trunk.example.net [::1]:5061", "tls trunk.example.net [2001:db8::5]:5061"}, saw: "public ones know one"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := dnsServe(t, "127.0.0.1", 0, c.zone...)
			n := Name{Via: "lo", Host: host, Transport: "udp", DNSPort: w.addr.Port()} // which leads to nobody else's IPv6
			if c.lose != 0 {
				w.set(func(q dns.Question, m *dns.Msg) *dns.Msg {
					if q.Qtype == c.lose {
						return nil
					}
					return m
				})
			}
			if c.public != "" {
				dnsServe(t, "127.0.0.9", int(w.addr.Port()), c.public)
				n.Public = []netip.Addr{netip.MustParseAddr("127.0.0.9")}
			}
			r := n.Look(t.Context(), dnsGiven("127.0.0.1"))
			f := dnsFiled(t, r).Name
			if c.six == nil {
				c.six = c.targets
			}
			if diff := cmp.Diff([][]string{c.targets, c.six}, [][]string{nameShort(f.Targets), nameShort(f.Six)}, cmpopts.EquateEmpty()); diff != "" || f.Way != c.way || !strings.Contains(r.Saw, c.saw) {
				t.Errorf("%s %q, way %q:\n%s", r.Outcome, r.Saw, f.Way, diff)
			}
		})
	}
}

// needIPv6 leaves a test out on a machine without IPv6.
func needIPv6(t *testing.T) {
	t.Helper()
	if !ipv6Way("", netip.IPv6Loopback()).IsValid() {
		netnstest.Skip(t, "this machine has no IPv6")
	}
}

func TestNameAbsurd(t *testing.T) {
	t.Parallel()
	for _, host := range []string{".", "a..b", strings.Repeat("a", 64) + ".net", strings.Repeat("a.", 130), "a b", "a\x00b", "a/b", "ä.net"} {
		r := Name{Host: host, Transport: "udp"}.Look(t.Context(), dnsGiven("127.0.0.1"))
		if r.Outcome != facts.Failed || len(dnsFiled(t, r).Name.Answers) != 0 {
			t.Errorf("%q: %s %q", host, r.Outcome, r.Saw)
		}
	}
}

func TestNameNoTrunk(t *testing.T) {
	t.Parallel()
	if r := (Name{}).Look(t.Context(), dnsGiven("127.0.0.1")); r.Outcome != facts.NotRun {
		t.Errorf("%s: %s", r.Outcome, r.Saw)
	}
}

func TestNameSilentFirstResolver(t *testing.T) {
	t.Parallel()
	w := dnsServe(t, "127.0.0.3", 0, "trunk.example.net. A 198.51.100.7")
	dnsSilent(t, "127.0.0.2", int(w.addr.Port()))
	r := Name{Host: "trunk.example.net", Transport: "udp", DNSPort: w.addr.Port()}.Look(t.Context(), dnsGiven("127.0.0.2", "127.0.0.3"))
	if r.Outcome != facts.Passed {
		t.Errorf("%s: %s", r.Outcome, r.Saw)
	}
}

func TestNameRefusedFirstResolver(t *testing.T) {
	t.Parallel()
	w := dnsServe(t, "127.0.0.3", 0, "trunk.example.net. A 198.51.100.7")
	r := Name{Host: "trunk.example.net", Transport: "udp", DNSPort: w.addr.Port()}.Look(t.Context(), dnsGiven("127.0.0.4", "127.0.0.3"))
	f := dnsFiled(t, r).Name
	if r.Outcome != facts.Passed || f.Answers[0].Answer != facts.Refused || f.Answers[1].Answer != facts.Answered {
		t.Errorf("%s: %+v", r.Outcome, f.Answers)
	}
}

// A router that swallows NAPTR and foreign SRV delays nothing that matters.
func TestNameOptionalSilence(t *testing.T) {
	t.Parallel()
	w := dnsServe(t, "127.0.0.1", 0, "_sip._udp.trunk.example.net. SRV 1 1 5060 a.example.net.", "a.example.net. A 198.51.100.1")
	w.set(func(q dns.Question, m *dns.Msg) *dns.Msg {
		if q.Qtype == dns.TypeNAPTR || q.Qtype == dns.TypeAAAA {
			return nil
		}
		return m
	})
	r := Name{Host: "trunk.example.net", Transport: "udp", DNSPort: w.addr.Port()}.Look(t.Context(), dnsGiven("127.0.0.1"))
	if r.Outcome != facts.Passed || w.count("udp NAPTR") != 1 {
		t.Errorf("%s: %s; NAPTR asked %d times, want one: nobody waits for a repeat", r.Outcome, r.Saw, w.count("udp NAPTR"))
	}
}

func TestNameAllSilentWithWitness(t *testing.T) {
	t.Parallel()
	w := dnsServe(t, "127.0.0.9", 0, "trunk.example.net. A 198.51.100.7")
	dnsSilent(t, "127.0.0.2", int(w.addr.Port()))
	n := Name{Host: "trunk.example.net", Transport: "udp", DNSPort: w.addr.Port(), Public: []netip.Addr{netip.MustParseAddr("127.0.0.9")}}
	r := n.Look(t.Context(), dnsGiven("127.0.0.2"))
	f := dnsFiled(t, r).Name
	if r.Outcome != facts.Failed || !strings.Contains(r.Saw, "did not answer") || len(f.Targets) != 0 {
		t.Errorf("%s: %s %v", r.Outcome, r.Saw, f.Targets)
	}
	witness := false
	for _, a := range f.Public {
		witness = witness || a.Type == "A" && len(a.Addrs) == 1 && a.Rcode == "NOERROR"
	}
	for _, a := range f.Answers {
		if a.Answer != facts.Silent || a.Rcode != "" {
			t.Errorf("local answer %+v, want silence", a)
		}
	}
	if !witness {
		t.Errorf("the public resolver's answer is not filed: %+v", f.Public)
	}
	if r := (Name{Host: "trunk.example.net", Transport: "udp", DNSPort: w.addr.Port()}).Look(t.Context(), dnsGiven()); r.Outcome != facts.Failed {
		t.Errorf("without a resolver: %s", r.Outcome)
	}
}

func TestNameRcodes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		rcode int
		saw   string
	}{
		{dns.RcodeServerFailure, "could not look up"}, {dns.RcodeRefused, "could not look up"},
		{dns.RcodeNotImplemented, "could not look up"}, {dns.RcodeNameError, "does not exist"}, {dns.RcodeSuccess, "knows no server"},
	} {
		t.Run(dns.RcodeToString[c.rcode], func(t *testing.T) {
			t.Parallel()
			w := dnsServe(t, "127.0.0.1", 0)
			w.set(func(_ dns.Question, m *dns.Msg) *dns.Msg { m.Rcode = c.rcode; return m })
			r := Name{Host: "trunk.example.net", Transport: "udp", DNSPort: w.addr.Port()}.Look(t.Context(), dnsGiven("127.0.0.1"))
			if r.Outcome != facts.Failed || !strings.Contains(r.Saw, c.saw) {
				t.Errorf("%s: %s", r.Outcome, r.Saw)
			}
			if got := dnsFiled(t, r).Name.Answers[0].Rcode; got != dns.RcodeToString[c.rcode] {
				t.Errorf("filed %q", got)
			}
		})
	}
}

func TestNameTooManyTargets(t *testing.T) {
	t.Parallel()
	var zone []string
	for i := range 60 {
		zone = append(zone, fmt.Sprintf("_sip._udp.trunk.example.net. SRV %d 1 5060 s%d.example.net.", i, i),
			fmt.Sprintf("s%d.example.net. A 198.51.100.%d", i, i+1))
	}
	w := dnsServe(t, "127.0.0.1", 0, zone...)
	r := Name{Host: "trunk.example.net", Transport: "udp", DNSPort: w.addr.Port()}.Look(t.Context(), dnsGiven("127.0.0.1"))
	udp := 0
	for _, x := range dnsFiled(t, r).Name.Targets {
		if x.Transport == "udp" {
			udp++
		}
	}
	if udp != nameTargets || w.count("udp A s") != nameTargets {
		t.Errorf("%d targets, %d addresses asked for, want %d", udp, w.count("udp A s"), nameTargets)
	}
	if w.count("tcp SRV") == 0 {
		t.Error("the answer does not fit a datagram, and TCP was not used")
	}
}

func TestNameCancelled(t *testing.T) {
	t.Parallel()
	at := dnsSilent(t, "127.0.0.1", 0)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := Name{Host: "trunk.example.net", Transport: "udp", DNSPort: at.Port()}.Look(ctx, dnsGiven("127.0.0.1"))
	if r.Outcome != facts.Broken {
		t.Errorf("%s: %s", r.Outcome, r.Saw)
	}
}

func TestNameEvidence(t *testing.T) {
	t.Parallel()
	w := dnsServe(t, "127.0.0.1", 0, "trunk.example.net. A 198.51.100.7")
	r := Name{Host: "trunk.example.net", Port: 5060, Transport: "udp", DNSPort: w.addr.Port()}.Look(t.Context(), dnsGiven("127.0.0.1"))
	for _, e := range r.Evidence {
		if e.Kind == "dns" && strings.Contains(e.Sent, "trunk.example.net.") && strings.Contains(e.Received, "198.51.100.7") {
			return
		}
	}
	t.Errorf("no evidence with the answer: %+v", r.Evidence)
}

// FuzzNameAnswer gives every question of a plan the same bytes for an answer: whatever they are, the
// search ends, and its targets can be used.
func FuzzNameAnswer(f *testing.F) {
	for _, records := range [][]string{
		{"trunk.example.net. A 198.51.100.7"},
		{"trunk.example.net. CNAME trunk.example.net."},
		{"trunk.example.net. AAAA 2001:db8::5", "trunk.example.net. AAAA ::", "trunk.example.net. AAAA ::ffff:192.0.2.1", "trunk.example.net. AAAA fe80::1"},
		{"_sip._udp.trunk.example.net. SRV 1 1 5060 trunk.example.net.", "trunk.example.net. A 0.0.0.0"},
		{`trunk.example.net. NAPTR 1 1 "s" "SIP+D2U" "" trunk.example.net.`, "trunk.example.net. SRV 1 1 65535 trunk.example.net."},
	} {
		m := new(dns.Msg).SetQuestion("trunk.example.net.", dns.TypeA)
		for _, s := range records {
			rr, err := dns.NewRR(s)
			if err != nil {
				f.Fatal(err)
			}
			m.Answer, m.Extra = append(m.Answer, rr), append(m.Extra, rr)
		}
		raw, err := m.Pack()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	loop, _ := hex.DecodeString("00008180000100010000000003777777c00c00010001c00c00050001000000010002c00c")
	f.Add(loop)
	f.Fuzz(func(t *testing.T, raw []byte) {
		m := new(dns.Msg)
		if m.Unpack(raw) != nil {
			return
		}
		plan := newNamePlan("trunk.example.net", 0, "udp")
		for range nameRounds {
			open := plan.questions()
			if len(open) > 200 {
				t.Fatalf("%d questions at once", len(open))
			}
			for _, q := range open {
				plan.zone[q] = m
			}
		}
		targets := plan.targets()
		if len(targets) > 3*nameTargets {
			t.Fatalf("%d targets", len(targets))
		}
		for _, x := range targets {
			if !x.Addr.Addr().Is4() || x.Addr.Addr().IsUnspecified() || x.Addr.Port() == 0 {
				t.Fatalf("target %+v", x)
			}
		}
		for _, x := range plan.byIPv6().targets() {
			if a := x.Addr.Addr(); !a.Is6() || a.Is4In6() || a.IsUnspecified() || x.Addr.Port() == 0 {
				t.Fatalf("IPv6 target %+v", x)
			}
		}
		plan.withoutIPv4()
		reply := dnsReply{dnsAsk: dnsAsk{name: "trunk.example.net.", qtype: dns.TypeA}, msg: m, answer: facts.Answered}
		if reply.fact().Rcode == "" || reply.evidence().Text == "" {
			t.Fatal("an answer without a code or a sentence")
		}
	})
}
