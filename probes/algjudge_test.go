package probes

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"trunktester/probes/facts"
	"trunktester/probes/sip"
)

var (
	ownSocket  = netip.MustParseAddrPort("192.168.1.20:40000")
	secondDoor = netip.MustParseAddrPort("192.168.1.20:40001")
)

// answer is an exchange from the box's socket that was answered with this top Via; "" is silence.
func answer(via string) sip.Exchange {
	x := sip.Exchange{Local: ownSocket, Door: ownSocket, Sends: 1, Sent: []byte("OPTIONS sip:a SIP/2.0\r\nCall-ID: a@192.168.1.20\r\n\r\n")}
	if via != "" {
		x.Reply = sip.Split([]byte("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP " + via + "\r\nCall-ID: a@203.0.113.1\r\n\r\n"))
	}
	return x
}

func atDoor(x sip.Exchange, door netip.AddrPort) sip.Exchange {
	x.Door = door
	return x
}

func changed(names ...string) sip.Exchange {
	x := answer("h")
	x.Mangled = names
	return x
}

func TestJudgements(t *testing.T) {
	const public, other, private = "h;received=203.0.113.1", "h;received=203.0.113.9", "h;received=192.168.1.20"
	stopped := sip.Exchange{Local: ownSocket, Err: sip.ErrStopped}
	for _, c := range []struct {
		name           string
		judge          judgement
		probe, control sip.Exchange
		want           string
		says           string
	}{
		{"A1 ALG", judgeReceived, answer(private), answer(public), algProof, "received=192.168.1.20"},
		{"A1 clean", judgeReceived, answer(public), answer(public), algClean, "received=203.0.113.1"},
		{"A1 no NAT", judgeReceived, answer(private), answer(private), algInconclusive, "no address translation"},
		{"A1 two lines", judgeReceived, answer(other), answer(public), algInconclusive, "changes between requests"},
		{"A1 server that adds none", judgeReceived, answer("h"), answer("h"), algInconclusive, "adds no received="},
		{"A1 server that adds it to names only", judgeReceived, answer("h"), answer(public), algInconclusive, "has no received="},
		{"A1 probe lost", judgeReceived, answer(""), answer(public), algInconclusive, "probe was not answered"},
		{"A1 control lost", judgeReceived, answer(private), answer(""), algInconclusive, "control was not answered"},
		{"A1 both lost", judgeReceived, answer(""), answer(""), algInconclusive, "Neither"},
		{"A1 not sent", judgeReceived, stopped, stopped, algInconclusive, sip.ErrStopped.Error()},
		{"A2 ALG", judgeMissing, answer("h"), answer(public), algProof, "added no received="},
		{"A2 server that always adds it, ALG", judgeMissing, answer(private), answer(public), algProof, "own private address"},
		{"A2 clean", judgeMissing, answer(public), answer(public), algClean, "received=203.0.113.1"},
		{"A2 server that adds none", judgeMissing, answer("h"), answer("h"), algInconclusive, "says nothing"},
		{"A2 no NAT", judgeMissing, answer("h"), answer(private), algInconclusive, "no address translation"},
		{"A2 ports changed", judgeMissing, answer(""), answer(public), algInconclusive, "changes ports"},
		{"A2 two lines", judgeMissing, answer(other), answer(public), algInconclusive, "changes between requests"},
		{"A3 ALG", judgeDoor, atDoor(answer(public), secondDoor), answer(public), algProof, "port 40001"},
		{"A3 clean", judgeDoor, answer(public), answer(public), algClean, "ports that asked"},
		{"A3 server without rport", judgeDoor, atDoor(answer(public), secondDoor), atDoor(answer(public), secondDoor), algInconclusive, "does not honour rport"},
		{"A3 no NAT", judgeDoor, atDoor(answer(private), secondDoor), answer(private), algInconclusive, "no address translation"},
		{"A3 probe lost", judgeDoor, answer(""), answer(public), algInconclusive, "not answered"},
		{"A6 Call-ID rewritten", judgeMirror, changed("Call-ID"), changed(), algProof, `"a@203.0.113.1"`},
		{"A6 server that rewrites", judgeMirror, changed("From"), changed("From"), algInconclusive, "alike"},
		{"A6 clean", judgeMirror, changed(), changed(), algClean, "proves nothing"},
		{"A6 lost", judgeMirror, answer(""), changed(), algInconclusive, "Not both"},
		{"A6 not sent", judgeMirror, stopped, changed(), algInconclusive, "no further requests"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := c.judge(c.probe, c.control)
			if got.result != c.want || !strings.Contains(got.why, c.says) {
				t.Errorf("%s: %s", got.result, got.why)
			}
		})
	}
}

// ended is the message of hop n as that hop quotes it; "" is no ICMP error.
func ended(quote string) sip.Exchange {
	x := sip.Exchange{Sends: 1, Sent: []byte("OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/UDP 192.168.1.20:40000;rport\r\nCall-ID: a\r\n\r\n")}
	if quote != "" {
		x.ICMP = []sip.ICMPError{{Type: 11, Offender: netip.MustParseAddr("192.168.1.1"), Quoted: []byte(quote)}}
	}
	return x
}

func TestWalk(t *testing.T) {
	whole := string(ended("").Sent)
	short, rewritten := whole[:30], strings.Replace(whole, "192.168.1.20", "203.0.113.2", 1)
	for _, c := range []struct {
		name               string
		hops               []string
		control            string
		unchanged, changed int // 0, 0: no place
		want               string
	}{
		{"the router rewrites", []string{whole, rewritten, rewritten, ""}, whole, 1, 2, algProof},
		{"a device in front of the router rewrites", []string{rewritten, rewritten, "", ""}, whole, 0, 1, algProof},
		{"a hop in between keeps silent", []string{whole, "", rewritten, ""}, whole, 1, 3, algProof},
		{"a hop in between quotes too little", []string{whole, short, rewritten, ""}, whole, 1, 3, algProof},
		{"what a hop quotes is always changed", []string{whole, rewritten, "", ""}, rewritten, 1, 2, algInconclusive},
		{"the control is not quoted", []string{whole, rewritten, "", ""}, "", 1, 2, algInconclusive},
		{"the control is quoted too little", []string{whole, rewritten, "", ""}, short, 1, 2, algInconclusive},
		{"nothing is rewritten as far as it can be seen", []string{whole, whole, "", ""}, "", 0, 0, ""},
		{"all hops keep silent", []string{"", "", "", ""}, "", 0, 0, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var exchanges []sip.Exchange
			for _, quote := range c.hops {
				exchanges = append(exchanges, ended(quote))
			}
			place, at := readWalk(exchanges)
			if place == nil {
				if c.changed != 0 {
					t.Errorf("no place: %s", walkWords(exchanges))
				}
				return
			}
			f := judgeWalk(*place, exchanges[at], ended(c.control))
			if place.Unchanged != c.unchanged || place.Changed != c.changed || f.result != c.want {
				t.Errorf("%+v: %s, %s", place, f.result, f.why)
			}
		})
	}
}

func TestDrop(t *testing.T) {
	yes, no := answer("h"), answer("")
	for _, c := range []struct {
		name      string
		exchanges []sip.Exchange
		want      string
	}{
		{"low ports are dropped", []sip.Exchange{no, yes, no, yes, no, yes}, algProof},
		{"one of them was answered", []sip.Exchange{no, yes, yes, yes, no, yes}, algClean},
		{"a control was lost as well", []sip.Exchange{no, yes, no, no, no, yes}, algInconclusive},
		{"the server answers no UPDATE", []sip.Exchange{no, no, no, no, no, no}, algInconclusive},
		{"not all were sent", []sip.Exchange{no, yes, {Err: sip.ErrBudget}, {Err: sip.ErrBudget}, no, yes}, algInconclusive},
	} {
		if f := judgeDrop(c.exchanges); f.result != c.want {
			t.Errorf("%s: %s, %s", c.name, f.result, f.why)
		}
	}
}

// path is one server with the given answers: 0 is silence, -1 was not asked.
func path(transport string, options, register int) *facts.Path {
	var a facts.Attempt
	for method, code := range map[string]int{sip.OPTIONS: options, sip.REGISTER: register} {
		if code >= 0 {
			x := facts.Exchange{Method: method, Sends: 4}
			if code > 0 {
				x.Reply = &facts.Reply{Code: code}
			}
			a.Exchanges = append(a.Exchanges, x)
		}
	}
	return &facts.Path{Transport: transport, Targets: []facts.Attempt{a}}
}

func TestJudgeTransports(t *testing.T) {
	for _, c := range []struct {
		name       string
		clear, tls *facts.Path
		want       string
	}{
		{"both work", path("udp", 200, 401), path("tls", 200, 401), algClean},
		{"REGISTER malformed in the clear", path("udp", 200, 400), path("tls", 200, 401), algProof},
		{"REGISTER malformed everywhere", path("udp", 200, 400), path("tls", 200, 400), algClean},
		{"REGISTER swallowed in the clear", path("udp", 200, 0), path("tls", 200, 401), algProof},
		{"nothing in the clear", path("udp", 0, 0), path("tls", 200, 401), algInconclusive},
		{"no TLS", path("udp", 200, 400), nil, ""},
		{"TLS silent", path("udp", 200, 400), path("tls", 0, 0), ""},
		{"nothing asked", nil, path("tls", 200, 401), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if p, ok := judgeTransports(c.clear, c.tls); p.Result != c.want || ok != (c.want != "") {
				t.Errorf("%q: %s", p.Result, p.Why)
			}
		})
	}
}

func TestALGWord(t *testing.T) {
	p := func(id, result string) facts.Proof { return facts.Proof{ID: id, Result: result, Why: id + "."} }
	for _, c := range []struct {
		name   string
		proofs []facts.Proof
		want   string
	}{
		{"nothing", nil, facts.ALGCouldNotTell},
		{"one proof outweighs", []facts.Proof{p("A1", algClean), p("A2", algInconclusive), p("A3", algProof)}, facts.ALGProved},
		{"all clean", []facts.Proof{p("A1", algClean), p("A2", algClean), p("A9", algInconclusive)}, facts.ALGNotSeen},
		{"one open", []facts.Proof{p("A1", algClean), p("A2", algInconclusive)}, facts.ALGCouldNotTell},
		{"contrast alone", []facts.Proof{p("A1", algInconclusive), p("A9", algProof)}, facts.ALGLikely},
		{"clean contrast alone", []facts.Proof{p("A9", algClean)}, facts.ALGCouldNotTell},
	} {
		if got, why := algWord(c.proofs); got != c.want || why == "" {
			t.Errorf("%s: %s, %q", c.name, got, why)
		}
	}
}

func TestConcludeNamesTheTransports(t *testing.T) {
	proof := func(id, transport, result string) facts.Proof {
		return facts.Proof{ID: id, Transport: transport, Result: result, Why: id}
	}
	for name, c := range map[string]struct {
		proofs []facts.Proof
		word   string
		over   []string
	}{
		"nothing is rewritten":                     {[]facts.Proof{proof("A1", "udp", algClean)}, facts.ALGNotSeen, nil},
		"UDP alone, and TCP is clean":              {[]facts.Proof{proof("A1", "tcp", algClean), proof("A1", "udp", algProof)}, facts.ALGProved, []string{"udp"}},
		"both":                                     {[]facts.Proof{proof("A1", "tcp", algProof), proof("A1", "udp", algProof), proof("A3", "udp", algProof)}, facts.ALGProved, []string{"tcp", "udp"}},
		"UDP is proved, over TCP a mere sign":      {[]facts.Proof{proof("A9", "tcp", algProof), proof("A1", "udp", algProof)}, facts.ALGProved, []string{"udp"}},
		"a sign over TCP":                          {[]facts.Proof{proof("A9", "tcp", algProof), proof("A1", "udp", algInconclusive)}, facts.ALGLikely, []string{"tcp"}},
		"a reflector shows that it is the far end": {[]facts.Proof{proof(algReflector, "udp", algClean), proof("A2", "udp", algProof)}, facts.ALGRuledOut, nil},
		"could not tell":                           {[]facts.Proof{proof("A1", "udp", algInconclusive)}, facts.ALGCouldNotTell, nil},
	} {
		found := facts.ALG{Proofs: c.proofs, Over: []string{"tls"}}
		if conclude(&found); found.Word != c.word || !slices.Equal(found.Over, c.over) {
			t.Errorf("%s: %s over %v", name, found.Word, found.Over)
		}
	}
}
