package probes

import (
	"bytes"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"trunktester/probes/facts"
)

const internetRootNS = ". NS a.root-servers.net."

func TestInternet(t *testing.T) {
	t.Parallel()
	if !ownNet(t) {
		return
	}
	world := newOwnNetWorld(t)
	server := func(t *testing.T, ip string, records ...string) (*dnsWorld, Internet) {
		w := dnsServe(t, ip, 0, records...)
		return w, Internet{
			Targets: []netip.Addr{w.addr.Addr()}, DNSPort: w.addr.Port(), TCPPort: w.addr.Port(), TCPAlso: w.addr.Port(),
		}
	}
	// wants compares the three ways of the first target; "" is any.
	wants := func(t *testing.T, p Internet, outcome facts.Outcome, icmp, tcp, dns facts.Answer) facts.InternetTarget {
		t.Helper()
		r := p.Look(t.Context(), facts.Facts{})
		got := dnsFiled(t, r).Internet.Targets[0]
		if r.Outcome != outcome || icmp != "" && got.ICMP != icmp || tcp != "" && got.TCP != tcp || dns != "" && got.DNS != dns {
			t.Errorf("%s %q: %+v", r.Outcome, r.Saw, got)
		}
		return got
	}

	t.Run("with ping", func(t *testing.T) {
		ownNetPing(t, true)
		_, p := server(t, "127.0.0.2", internetRootNS)
		got := wants(t, p, facts.Passed, facts.Answered, facts.Answered, facts.Answered)
		if got.RTT <= 0 {
			t.Errorf("no round trip: %+v", got)
		}
		ping := Internet{Targets: []netip.Addr{netip.MustParseAddr("127.0.0.3")}, TCPPort: 1, TCPAlso: 2, DNSPort: 3}
		wants(t, ping, facts.Passed, facts.Answered, facts.Refused, facts.Refused)
		ping.Via = "lo"
		wants(t, ping, facts.Passed, facts.Answered, facts.Refused, facts.Refused)
		ping.Via = "near"
		wants(t, ping, facts.Failed, facts.Silent, "", "") // loopback is not behind that cable
		ping.Via = "none0"
		if r := ping.Look(t.Context(), facts.Facts{}); r.Outcome != facts.Broken {
			t.Errorf("an interface that is not there: %s %q", r.Outcome, r.Saw)
		}
		nothingRuns(t, "probes.dnsAsk.ask", "probes.echoSeries.run", "probes.Internet.", "probing.(*Pinger)")
	})

	t.Run("without ping", func(t *testing.T) {
		ownNetPing(t, false)
		t.Run("group", func(t *testing.T) {
			t.Run("DNS and TCP", func(t *testing.T) {
				t.Parallel()
				_, p := server(t, "127.0.0.4", internetRootNS)
				wants(t, p, facts.Passed, facts.Unasked, facts.Answered, facts.Answered)
			})
			t.Run("the second TCP port", func(t *testing.T) {
				t.Parallel()
				w, p := server(t, "127.0.0.5")
				w.set(func(dns.Question, *dns.Msg) *dns.Msg { return nil })
				p.TCPPort = 1
				wants(t, p, facts.Passed, facts.Unasked, facts.Answered, "")
			})
			t.Run("a router that catches DNS while its line is down", func(t *testing.T) {
				t.Parallel()
				w, p := server(t, "127.0.0.6", internetRootNS)
				w.set(func(_ dns.Question, m *dns.Msg) *dns.Msg { m.Answer, m.Rcode = nil, dns.RcodeServerFailure; return m })
				p.TCPPort, p.TCPAlso = 1, 2
				wants(t, p, facts.Failed, facts.Silent, facts.Refused, facts.Refused)
			})
			t.Run("refused", func(t *testing.T) {
				t.Parallel()
				p := Internet{Targets: []netip.Addr{netip.MustParseAddr("127.0.0.7")}, TCPPort: 1, TCPAlso: 2, DNSPort: 3}
				wants(t, p, facts.Failed, facts.Silent, facts.Refused, facts.Refused)
			})
			t.Run("unreachable", func(t *testing.T) {
				t.Parallel()
				p := Internet{Targets: []netip.Addr{world.unreachable}}
				wants(t, p, facts.Failed, facts.Unreachable, facts.Unreachable, facts.Unreachable)
			})
			// Linux tells a UDP socket of it only on request (IP_RECVERR), here since ARP is not answered.
			t.Run("a DNS server that is not there", func(t *testing.T) {
				t.Parallel()
				ask := dnsAsk{server: netip.MustParseAddrPort("192.0.2.68:53"), name: ".", qtype: dns.TypeNS}
				if r := ask.ask(t.Context()); r.answer != facts.Unreachable {
					t.Errorf("%q: %v", r.answer, r.err)
				}
			})
			t.Run("one of three is enough", func(t *testing.T) {
				t.Parallel()
				_, p := server(t, "127.0.0.8", internetRootNS)
				p.Targets = []netip.Addr{netip.MustParseAddr("192.0.2.67"), world.unreachable, p.Targets[0]}
				r := p.Look(t.Context(), facts.Facts{})
				if r.Outcome != facts.Passed || !strings.HasPrefix(r.Saw, "127.0.0.8 answers") {
					t.Errorf("%s: %s", r.Outcome, r.Saw)
				}
			})
			t.Run("silent", func(t *testing.T) {
				t.Parallel()
				count := ownNetSniff(t, world.far)
				wants(t, Internet{Targets: []netip.Addr{world.silent}}, facts.Failed, facts.Silent, facts.Silent, facts.Silent)
				seen := count()
				for _, kind := range []string{"icmp", "udp 53", "tcp 443"} {
					if seen[kind] < 3 {
						t.Errorf("called silent after %d packets of %s: %v", seen[kind], kind, seen)
					}
				}
				if seen["tcp 53"] < 2 {
					t.Errorf("TCP port 53 had %d packets", seen["tcp 53"])
				}
			})
		})
	})
}

func TestInternetNoTargets(t *testing.T) {
	if r := (Internet{}).Look(t.Context(), facts.Facts{}); r.Outcome != facts.NotRun {
		t.Errorf("%s", r.Outcome)
	}
}

// nothingRuns checks that no goroutine is inside one of the functions; one that has just handed over its
// result is given a moment to end.
func nothingRuns(t *testing.T, functions ...string) {
	t.Helper()
	left := ""
	for range 50 {
		stacks := make([]byte, 1<<20)
		stacks = stacks[:runtime.Stack(stacks, true)]
		i := slices.IndexFunc(functions, func(f string) bool { return bytes.Contains(stacks, []byte(f)) })
		if i < 0 {
			return
		}
		left = functions[i]
		time.Sleep(20 * time.Millisecond)
	}
	t.Errorf("%s still runs after the probe returned", left)
}
