package probes

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
	"trunktester/probes/sip"
	"trunktester/probes/sip/siptest"
)

// A far end that does by itself what an ALG would do shows it over TLS as well, and is no ALG.
func TestALGOrFarEnd(t *testing.T) {
	outside := netip.MustParseAddrPort("203.0.113.1:5060")
	healthy := siptest.Switches{SeenAs: outside}
	names := siptest.Switches{SeenAs: outside, Received: "names"}
	// a device or far end that hides the private address wherever it stands in From
	hides := siptest.Switches{SeenAs: outside, Mangle: func(s string) string {
		return strings.Replace(s, "<sip:trunktester@127.0.0.1:", "<sip:trunktester@203.0.113.1:", 1)
	}}
	// a device or far end that changes the address in the Via of REGISTER alone, and puts it back in answers: where no rport asks
	// for it, a server then sees nothing to add
	registers := siptest.Switches{SeenAs: outside, Mangle: func(s string) string {
		via, _, _ := strings.Cut(s[strings.Index(s, "Via:"):], "\r\n")
		if !strings.Contains(s, " REGISTER\r\n") || strings.Contains(via, "rport") || strings.Contains(via, noHost) {
			return s
		}
		return strings.Replace(s, ";received=203.0.113.1", "", 1)
	}}
	// a server that says nothing of where requests come from, and a device or far end that drops low voice ports
	quiet := siptest.Switches{Received: "never"}
	drops := siptest.Switches{Received: "never", Swallow: func(s string) bool { return strings.Contains(s, "m=audio 900 ") }}
	for _, c := range []struct {
		name     string
		udp, tls siptest.Switches
		noTLS    bool
		word     string
		outcome  facts.Outcome
		open     string // the proof that is not conclusive
	}{
		{"healthy", healthy, healthy, false, facts.ALGNotSeen, facts.Passed, ""},
		{"From changed over UDP only", hides, healthy, false, facts.ALGProved, facts.Failed, ""},
		{"From changed by the far end", hides, hides, false, facts.ALGCouldNotTell, facts.NotRun, "A6"},
		{"From changed, TLS does not pass", hides, healthy, true, facts.ALGCouldNotTell, facts.NotRun, "A6"},
		{"received for names only", names, names, false, facts.ALGCouldNotTell, facts.NotRun, "A2"},
		{"received for names only, TLS does not pass", names, names, true, facts.ALGProved, facts.Failed, ""},
		{"nothing is said of the source, nothing is dropped", quiet, quiet, false, facts.ALGCouldNotTell, facts.NotRun, "A1"},
		{"a session description is dropped over UDP only", drops, quiet, false, facts.ALGLikely, facts.Failed, "A1"},
		{"a session description is dropped by the far end", drops, drops, false, facts.ALGCouldNotTell, facts.NotRun, "A4"},
		{"a session description is dropped, TLS does not pass", drops, quiet, true, facts.ALGLikely, facts.Failed, "A1"},
		{"REGISTER alone is changed, over UDP only", registers, healthy, false, facts.ALGProved, facts.Failed, ""},
		{"REGISTER alone is changed, TLS does not pass", registers, healthy, true, facts.ALGProved, facts.Failed, ""},
		{"REGISTER alone is answered so, by the far end", registers, registers, false, facts.ALGCouldNotTell, facts.NotRun, ""},
		{"received for names over UDP only", names, healthy, false, facts.ALGProved, facts.Failed, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := sipDialer(t)
			certificate, _ := siptest.Certificate(t, "example.net", time.Now(), time.Now().Add(time.Hour))
			known := knownTargets("udp", siptest.New(t, c.udp).UDP(t, "127.0.0.1:0"))
			if !c.noTLS {
				to := siptest.New(t, c.tls).TLS(t, "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{certificate}})
				known.Name.Targets = append(known.Name.Targets, facts.Target{Addr: to, Transport: "tls"})
			}
			for _, transport := range []string{"udp", "tls"} {
				if r := (SIPPath{Transport: transport, Dial: d, Domain: "example.net"}).Look(t.Context(), known); r.File != nil {
					r.File(&known)
				}
			}
			r := ALG{Dial: d, Domain: "example.net", Transport: "udp"}.Look(t.Context(), known)
			r.File(&known)
			if known.ALG.Word != c.word || r.Outcome != c.outcome {
				t.Errorf("%s, %s: %s", known.ALG.Word, r.Outcome, r.Saw)
			}
			spoken(t, r.Saw)
			spoken(t, words.Said("verdict.alg-likely", "subject", words.Said("verdict.subject-way"), "why", r.Saw))
			for _, e := range r.Evidence {
				spoken(t, e.Text)
			}
			for _, p := range known.ALG.Proofs {
				if p.ID == c.open && p.Result != algInconclusive {
					t.Errorf("%s is %s: %s", p.ID, p.Result, p.Why)
				}
				if p.ID == "A4" || p.ID == "A5" { // silence is what they are about
					continue
				}
				if p.Probe.Sent == "" || p.Probe.Received == "" || p.Control.Sent == "" || p.Control.Received == "" {
					t.Errorf("%s without its messages", p.ID)
				}
			}
			for _, e := range r.Evidence {
				if strings.Contains(e.Received, "nonce=\"") && !strings.Contains(e.Received, "nonce=\"*") {
					t.Errorf("nonce in evidence: %q", e.Received)
				}
			}
		})
	}
}

// On a line that loses packets three lost in a row are no sudden silence of the provider.
func TestALGOnALossyLine(t *testing.T) {
	server := siptest.New(t, siptest.Switches{SeenAs: netip.MustParseAddrPort("203.0.113.1:5060")})
	d := sipDialer(t)
	known := knownTargets("udp", server.UDP(t, "127.0.0.1:0"))
	SIPPath{Transport: "udp", Dial: d, Domain: "example.net"}.Look(t.Context(), known).File(&known)
	first, lost := "", 0
	server.Set(func(s *siptest.Switches) {
		s.Swallow = func(m string) bool {
			_, id, _ := strings.Cut(m, "\r\nCall-ID: ")
			id, _, _ = strings.Cut(id, "\r\n")
			if first == "" {
				first = id
			}
			if id != first || lost == 3 {
				return false
			}
			lost++
			return true
		}
	})
	r := ALG{Dial: d, Domain: "example.net", Transport: "udp"}.Look(t.Context(), known)
	r.File(&known)
	if why := d.Conduct.Stopped(); why != "" || lost != 3 || known.ALG.Word != facts.ALGNotSeen {
		t.Errorf("%s after %d losses: %s; stopped: %q", known.ALG.Word, lost, r.Saw, why)
	}
}

// A device that reads only what comes from the PBX's port: seen only from there, and only where that is allowed.
func TestALGFromThePBXsPort(t *testing.T) {
	free, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := free.LocalAddr().(*net.UDPAddr).Port
	free.Close()
	taken, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	outside := netip.MustParseAddrPort("203.0.113.1:5060")
	own := fmt.Sprintf("Via: SIP/2.0/UDP 127.0.0.1:%d", port)
	server := siptest.Switches{SeenAs: outside, Mangle: func(s string) string {
		if strings.Contains(s, own) {
			return strings.Replace(s, "received=203.0.113.1", "received=127.0.0.1", 1)
		}
		return s
	}}
	for _, c := range []struct {
		name    string
		ports   []int
		word    string
		why     string
		compare int // comparisons from the PBX's port
	}{
		{"the PBX may be there", nil, facts.ALGNotSeen, "none showed", 0},
		{"the PBX is unplugged", []int{port}, facts.ALGProved, fmt.Sprintf("OPTIONS over UDP: from port %d, which is the PBX's: The answer says received=127.0.0.1", port), 2},
		{"another port of the PBX", []int{taken.LocalAddr().(*net.UDPAddr).Port}, facts.ALGNotSeen, "none showed", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			known := knownTargets("udp", siptest.New(t, server).UDP(t, "127.0.0.1:0"))
			d := sipDialer(t)
			SIPPath{Transport: "udp", Dial: d, Domain: "example.net"}.Look(t.Context(), known).File(&known)
			r := ALG{Dial: d, Domain: "example.net", Transport: "udp", PBXPorts: c.ports}.Look(t.Context(), known)
			r.File(&known)
			spoken(t, r.Saw)
			if known.ALG.Word != c.word || !strings.Contains(known.ALG.Why, c.why) {
				t.Errorf("%s: %s", known.ALG.Word, known.ALG.Why)
			}
			if c.compare > 0 && !strings.HasSuffix(known.ALG.Why, "From other ports nothing is changed.") {
				t.Errorf("it does not say that other ports are clean: %s", known.ALG.Why)
			}
			n := 0
			for _, p := range known.ALG.Proofs {
				if p.ID == algPBXPort {
					n++
				} else if strings.Contains(p.Probe.Sent, own) {
					t.Errorf("%s was sent from the PBX's port", p.ID)
				}
			}
			if n != c.compare || TriedPBXPort(*known.ALG) != (n > 0) || !ComparesUDP(known) {
				t.Errorf("%d comparisons from the PBX's port, want %d", n, c.compare)
			}
			if all, credentials := d.Conduct.Sent(); all > 40 || credentials > 0 {
				t.Errorf("%d requests, %d with credentials", all, credentials)
			}
		})
	}
}

func TestALGNothingToCompare(t *testing.T) {
	r := ALG{Dial: sipDialer(t), Domain: "a", Transport: "tls"}.Look(t.Context(), facts.Facts{})
	known := facts.Facts{}
	r.File(&known)
	if r.Outcome != facts.NotRun || known.ALG.Word != facts.ALGCouldNotTell || r.Saw == "" {
		t.Errorf("%s %+v", r.Outcome, known.ALG)
	}
}

// The planted address must not change the account: a REGISTER for a foreign one would be refused.
func TestPlantKeepsTheAccount(t *testing.T) {
	s := search{ALG: ALG{Domain: "example.net", Username: "u"}}
	for method, from := range map[string]string{sip.OPTIONS: "sip:u@192.168.1.20:40000", sip.REGISTER: "sip:u@example.net"} {
		r := s.request(method)
		s.plant(&r, ownSocket)
		if r.From != from || !strings.HasSuffix(r.CallID, "@192.168.1.20") || r.Contact != "" {
			t.Errorf("%s: From %s, Call-ID %s, Contact %q", method, r.From, r.CallID, r.Contact)
		}
	}
}
