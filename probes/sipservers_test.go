package probes

import (
	"net/netip"
	"strings"
	"testing"

	"trunktester/probes/facts"
	"trunktester/probes/sip"
	"trunktester/probes/sip/siptest"
)

// registers counts the REGISTERs that a server got.
func registers(s *siptest.Server) (n int) {
	for _, m := range s.Seen() {
		if strings.HasPrefix(m.Raw, "REGISTER ") {
			n++
		}
	}
	return n
}

// Of a provider that ignores OPTIONS a further server shows itself by a REGISTER alone, and that only where the first
// does not answer. What it answered is left for the login.
func TestSIPPathFurtherServersRegister(t *testing.T) {
	dead, shy := siptest.Switches{Options: -1, Register: -1}, siptest.Switches{Options: -1}
	for _, c := range []struct {
		name      string
		servers   []siptest.Switches
		outcome   facts.Outcome
		registers []int
		opening   int // of which server; -1: of none
	}{
		{"the first is dead", []siptest.Switches{dead, shy}, facts.Passed, []int{4, 1}, 1},
		{"the first is dead, and two more answer: the preferred one", []siptest.Switches{dead, shy, shy}, facts.Passed, []int{4, 1, 1}, 1},
		{"the first two are dead", []siptest.Switches{dead, dead, shy}, facts.Passed, []int{4, 4, 1}, 2},
		{"the first answers REGISTER", []siptest.Switches{shy, shy}, facts.Passed, []int{1, 0}, 0},
		{"the first answers OPTIONS", []siptest.Switches{{Register: -1}, shy}, facts.Passed, []int{4, 0}, -1},
		{"the first is dead, and the second answers OPTIONS", []siptest.Switches{dead, {}}, facts.Passed, []int{4, 0}, -1},
		{"all are dead", []siptest.Switches{dead, dead, dead, dead, dead}, facts.Failed, []int{4, 2, 2, 2, 2}, -1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var all []*siptest.Server
			var at []netip.AddrPort
			for _, s := range c.servers {
				all = append(all, siptest.New(t, s))
				at = append(at, all[len(all)-1].UDP(t, "127.0.0.1:0"))
			}
			d := sipDialer(t)
			known := knownTargets("udp", at...)
			r := SIPPath{Transport: "udp", Dial: d, Domain: "example.net", Servers: MostOwnServers}.Look(t.Context(), known)
			if r.Outcome != c.outcome {
				t.Errorf("%s: %s", r.Outcome, r.Saw)
			}
			for i, s := range all {
				if n := registers(s); n != c.registers[i] {
					t.Errorf("server %d got %d REGISTERs, want %d", i, n, c.registers[i])
				}
			}
			if sent, _ := d.Conduct.Sent(); sent > 32 {
				t.Errorf("%d requests", sent)
			}
			o, ok := d.Conduct.Take("udp")
			if ok {
				defer o.Conn.Close()
			}
			if ok != (c.opening >= 0) || ok && o.Conn.Remote() != at[c.opening] {
				t.Errorf("opening %t: %+v", ok, o.Exchange.Facts())
			}
		})
	}
}

// The same over TCP: a server that takes the connection is asked to register on it.
func TestSIPPathFurtherServersOverTCP(t *testing.T) {
	dead, shy := siptest.New(t, siptest.Switches{Options: -1, Register: -1}), siptest.New(t, siptest.Switches{Options: -1})
	d := sipDialer(t)
	known := knownTargets("tcp", dead.TCP(t, "127.0.0.1:0"), shy.TCP(t, "127.0.0.1:0"))
	r := SIPPath{Transport: "tcp", Dial: d, Domain: "example.net"}.Look(t.Context(), known)
	o, ok := d.Conduct.Take("tcp")
	if r.Outcome != facts.Passed || !ok || o.Conn.Remote() != known.Name.Targets[1].Addr {
		t.Fatalf("%s %s, opening %t", r.Outcome, r.Saw, ok)
	}
	defer o.Conn.Close()
	if x := o.Conn.Ask(t.Context(), optionsTo("example.net", ""), sip.Search); x.Err != nil {
		t.Error("the left connection is closed:", x.Err)
	}
}
