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
	spent := sip.Exchange{Local: ownSocket, Err: sip.ErrBudget}
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
		{"A1 control not sent", judgeReceived, answer(private), spent, algInconclusive, sip.ErrBudget.Error()},
		{"A1 probe not sent", judgeReceived, spent, answer(public), algInconclusive, sip.ErrBudget.Error()},
		{"A2 ALG", judgeMissing, answer("h"), answer(public), algProof, "added no received="},
		{"A2 server that always adds it, ALG", judgeMissing, answer(private), answer(public), algProof, "own private address"},
		{"A2 clean", judgeMissing, answer(public), answer(public), algClean, "received=203.0.113.1"},
		{"A2 server that adds none", judgeMissing, answer("h"), answer("h"), algInconclusive, "says nothing"},
		{"A2 no NAT", judgeMissing, answer("h"), answer(private), algInconclusive, "no address translation"},
		{"A2 ports changed", judgeMissing, answer(""), answer(public), algInconclusive, "changes ports"},
		{"A2 both lost", judgeMissing, answer(""), answer(""), algInconclusive, "Neither"},
		{"A2 probe not sent", judgeMissing, stopped, answer(public), algInconclusive, sip.ErrStopped.Error()},
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
		{"A6 control lost", judgeMirror, changed("From"), answer(""), algInconclusive, "Not both"},
		{"A6 control not sent", judgeMirror, changed("From"), spent, algInconclusive, sip.ErrBudget.Error()},
		{"A6 not sent", judgeMirror, stopped, changed(), algInconclusive, "no further requests"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := c.judge(c.probe, c.control)
			spoken(t, got.why)
			if got.result != c.want || !strings.Contains(got.why, c.says) {
				t.Errorf("%s: %s", got.result, got.why)
			}
		})
	}
}

// unsentMessage is one that the box kept to itself.
const unsentMessage = "unsent"

// ended is the message of hop n as that hop quotes it; "" is no ICMP error.
func ended(quote string) sip.Exchange {
	if quote == unsentMessage {
		return sip.Exchange{Err: sip.ErrBudget}
	}
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
		says               string
	}{
		{"the router rewrites", []string{whole, rewritten, rewritten, ""}, whole, 1, 2, algProof, `between hop 1 (192.168.1.1) and hop 2 (192.168.1.1): sent was "Via: SIP/2.0/UDP 192.168.1.20:40000;rport", there it was "Via: SIP/2.0/UDP 203.0.113.2:40000;rport"`},
		{"a device in front of the router rewrites", []string{rewritten, rewritten, "", ""}, whole, 0, 1, algProof, "between hop 0 (the box) and hop 1"},
		{"a hop in between keeps silent", []string{whole, "", rewritten, ""}, whole, 1, 3, algProof, ""},
		{"a hop in between quotes too little", []string{whole, short, rewritten, ""}, whole, 1, 3, algProof, ""},
		{"a hop in between was not asked", []string{whole, unsentMessage, rewritten, ""}, whole, 1, 3, algProof, ""},
		{"what a hop quotes is always changed", []string{whole, rewritten, "", ""}, rewritten, 1, 2, algInconclusive, "is not either"},
		{"the control is not quoted", []string{whole, rewritten, "", ""}, "", 1, 2, algInconclusive, "not quoted far enough"},
		{"the control is quoted too little", []string{whole, rewritten, "", ""}, short, 1, 2, algInconclusive, "not quoted far enough"},
		{"the control was not sent", []string{whole, rewritten, "", ""}, unsentMessage, 1, 2, algInconclusive, "not quoted far enough"},
		{"nothing is rewritten as far as it can be seen", []string{whole, whole, "", ""}, "", 0, 0, "", "cannot be seen: hop 1 (192.168.1.1) got it as it was sent; hop 2 (192.168.1.1) got it as it was sent."},
		{"the second hop quotes too little to tell", []string{whole, short, "", ""}, "", 0, 0, "", "hop 2 (192.168.1.1) quotes too little."},
		{"a hop that was not asked tells nothing", []string{unsentMessage, short, "", ""}, "", 0, 0, "", "cannot be seen: hop 2 (192.168.1.1) quotes too little."},
		{"all hops keep silent", []string{"", "", "", ""}, "", 0, 0, "", "No hop on the way quoted the message."},
	} {
		t.Run(c.name, func(t *testing.T) {
			var exchanges []sip.Exchange
			for _, quote := range c.hops {
				exchanges = append(exchanges, ended(quote))
			}
			place, at := readWalk(exchanges)
			if place == nil {
				spoken(t, walkWords(exchanges))
				if said := walkWords(exchanges); c.changed != 0 || !strings.Contains(said, c.says) {
					t.Errorf("no place: %s", said)
				}
				return
			}
			f := judgeWalk(*place, exchanges[at], ended(c.control))
			spoken(t, f.why)
			if place.Unchanged != c.unchanged || place.Changed != c.changed || f.result != c.want || !strings.Contains(f.why, c.says) {
				t.Errorf("%+v: %s, %s", place, f.result, f.why)
			}
		})
	}
}

// A control that took another way says nothing of what the hop itself makes of quotations.
func TestWalkWhoseControlEndedElsewhere(t *testing.T) {
	whole := string(ended("").Sent)
	place, at := readWalk([]sip.Exchange{ended(strings.Replace(whole, "192.168.1.20", "203.0.113.2", 1))})
	control := ended(whole)
	control.ICMP[0].Offender = netip.MustParseAddr("203.0.113.77")
	if f := judgeWalk(*place, ended(whole), control); at != 0 || f.result != algInconclusive || !strings.Contains(f.why, "ended at another device, 203.0.113.77") {
		t.Errorf("%s, %s", f.result, f.why)
	}
}

func TestDrop(t *testing.T) {
	yes, no, unsent := answer("h"), answer(""), sip.Exchange{Err: sip.ErrBudget}
	for _, c := range []struct {
		name      string
		exchanges []sip.Exchange
		want      string
		says      string
	}{
		{"low ports are dropped", []sip.Exchange{no, yes, no, yes, no, yes}, algProof, "3 times with 200"},
		{"one of them was answered", []sip.Exchange{no, yes, yes, yes, no, yes}, algClean, "port 40000, 200."},
		{"a control was lost as well", []sip.Exchange{no, yes, no, no, no, yes}, algInconclusive, "2 of 3"},
		{"the server answers no UPDATE", []sip.Exchange{no, no, no, no, no, no}, algInconclusive, "0 of 3"},
		{"not all were sent", []sip.Exchange{no, yes, unsent, unsent, no, yes}, algInconclusive, sip.ErrBudget.Error()},
		{"one was not sent, and its control was answered", []sip.Exchange{no, yes, unsent, yes, no, yes}, algInconclusive, sip.ErrBudget.Error()},
	} {
		f := judgeDrop(c.exchanges)
		spoken(t, f.why)
		if f.result != c.want || !strings.Contains(f.why, c.says) {
			t.Errorf("%s: %s, %s", c.name, f.result, f.why)
		}
	}
}

// Over TLS the far end is alone: it drops the message by itself only where it answers the control.
func TestDropped(t *testing.T) {
	yes, no := answer("h"), answer("")
	for _, c := range []struct {
		name            string
		canary, control sip.Exchange
		want            bool
	}{{"the far end drops it", no, yes, true}, {"it answers both", yes, yes, false}, {"it answers no UPDATE at all", no, no, false}, {"the control was lost", yes, no, false}} {
		if got := dropped(c.canary, c.control); got != c.want {
			t.Errorf("%s: %v", c.name, got)
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

// unsendable is a path whose REGISTER the box could not send.
func unsendable(p *facts.Path) *facts.Path {
	for i := range p.Targets[0].Exchanges {
		if x := &p.Targets[0].Exchanges[i]; x.Method == sip.REGISTER {
			x.Sends, x.Error = 0, "no buffer space available"
		}
	}
	return p
}

func TestJudgeTransports(t *testing.T) {
	for _, c := range []struct {
		name       string
		clear, tls *facts.Path
		want       string
	}{
		{"both work", path("udp", 200, 401), path("tls", 200, 401), algClean},
		{"REGISTER malformed in the clear", path("udp", 200, 400), path("tls", 200, 401), algProof},
		{"REGISTER malformed in the clear, a proxy's challenge over TLS", path("udp", 200, 400), path("tls", 200, 407), algProof},
		{"REGISTER malformed in the clear, accepted over TLS", path("udp", 200, 400), path("tls", 200, 200), algProof},
		{"REGISTER malformed everywhere", path("udp", 200, 400), path("tls", 200, 400), algClean},
		{"REGISTER swallowed in the clear", path("udp", 200, 0), path("tls", 200, 401), algProof},
		{"nothing in the clear", path("udp", 0, 0), path("tls", 200, 401), algInconclusive},
		{"OPTIONS ignored in the clear, REGISTER answered", path("udp", 0, 401), path("tls", 200, 401), algClean},
		{"REGISTER not asked in the clear", path("udp", 200, -1), path("tls", 200, 401), ""},
		{"REGISTER could not be sent in the clear", unsendable(path("udp", 200, 0)), path("tls", 200, 401), algInconclusive},
		{"no server in the clear", &facts.Path{Transport: "udp"}, path("tls", 200, 401), ""},
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
		{"a dropped message", []facts.Proof{p("A1", algInconclusive), p("A4", algProof)}, facts.ALGLikely},
		{"all clean, and no hop quoted the message", []facts.Proof{p("A1", algClean), p("A5", algInconclusive)}, facts.ALGNotSeen},
		{"clean contrast alone", []facts.Proof{p("A9", algClean)}, facts.ALGCouldNotTell},
	} {
		got, why := algWord(c.proofs)
		if got != c.want || why == "" {
			t.Errorf("%s: %s, %q", c.name, got, why)
		}
		if untried := strings.Contains(why, "Not tried:"); untried != (got == facts.ALGNotSeen) {
			t.Errorf("%s: it says what was not tried: %t", c.name, untried)
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

// What the far end could do as well is held against TLS, and proves nothing where TLS does not say that it does not.
func TestFarEnd(t *testing.T) {
	own, missing, mirror := pair{id: "A1"}, pair{id: "A2", far: true}, pair{id: "A6", far: true}
	proof, clean, open := finding{algProof, "Changed."}, finding{algClean, "Same."}, finding{algInconclusive, "Lost."}
	for name, c := range map[string]struct {
		pair   pair
		shown  finding
		hidden []finding // over TLS
		doubt  bool
		want   string
		says   string
	}{
		"nothing was shown":                                                 {mirror, clean, nil, false, algClean, "Same."},
		"nothing was told":                                                  {mirror, open, nil, false, algInconclusive, "Lost."},
		"nothing was shown, though it shows over TLS":                       {missing, clean, []finding{proof}, false, algClean, "Same."},
		"no far end can do it":                                              {own, proof, nil, false, algProof, "Changed."},
		"no far end can do it, whatever shows over TLS":                     {own, proof, []finding{proof}, false, algProof, "Changed."},
		"a lost answer in the clear":                                        {own, open, nil, false, algInconclusive, "Lost."},
		"the Call-ID came back changed, over TLS it does not":               {mirror, proof, []finding{clean}, true, algProof, "Changed."},
		"the Call-ID came back changed, over TLS as well":                   {mirror, proof, []finding{proof}, true, algInconclusive, "the far end does it"},
		"the Call-ID came back changed, TLS does not pass":                  {mirror, proof, nil, true, algInconclusive, "it may be the far end's doing"},
		"the Call-ID came back changed, over TLS the answer was lost":       {mirror, proof, []finding{open}, true, algInconclusive, "it may be the far end's doing"},
		"no received= was added, over TLS it is":                            {missing, proof, []finding{clean}, true, algProof, "Changed."},
		"no received= was added, over TLS neither":                          {missing, proof, []finding{proof}, true, algInconclusive, "the far end does it"},
		"no received= was added, TLS does not pass: far ends keep the MUST": {missing, proof, nil, true, algProof, "Changed."},
	} {
		pairs, findings := []pair{c.pair}, []finding{c.shown}
		if got := doubtful(pairs, findings); got != c.doubt {
			t.Errorf("%s: doubtful %v", name, got)
		}
		if f := againstTLS(pairs, findings, c.hidden)[0]; f.result != c.want || !strings.Contains(f.why, c.says) {
			t.Errorf("%s: %s, %s", name, f.result, f.why)
		}
	}
	if doubtful([]pair{mirror, own}, []finding{proof, proof}) || !doubtful([]pair{mirror, own}, []finding{proof, clean}) {
		t.Error("a proof that no far end can make takes the doubt away, and nothing else does")
	}
}

// Only where nothing is translated, and what must be repeated was repeated, has a rewriting device nothing to do.
func TestSeenDirectly(t *testing.T) {
	proof := func(id, result, via, seen string) facts.Proof {
		p := facts.Proof{ID: id, Result: result, Probe: facts.Exchange{Sent: "OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/UDP " + via + ";rport\r\n\r\n"}}
		if seen != "" {
			p.Probe.Reply = &facts.Reply{SeenAs: netip.MustParseAddrPort(seen)}
		}
		return p
	}
	const own, mapped = "[2001:db8::20]:40000", "[2001:db8:ffff::1]:40000"
	repeated := proof("A6", algClean, own, own)
	for name, c := range map[string]struct {
		proofs []facts.Proof
		want   bool
	}{
		"the provider sees the box's own address":                   {[]facts.Proof{proof("A1", algInconclusive, own, own), repeated}, true},
		"it sees another":                                           {[]facts.Proof{proof("A1", algInconclusive, own, mapped), proof("A6", algClean, own, mapped)}, false},
		"it did not answer":                                         {[]facts.Proof{proof("A1", algInconclusive, own, ""), proof("A6", algClean, own, "")}, false},
		"one answer of two was lost":                                {[]facts.Proof{proof("A1", algInconclusive, own, ""), repeated}, true},
		"it says nothing of the address, and the Via held a name":   {[]facts.Proof{{ID: "A6", Result: algClean, Probe: facts.Exchange{Sent: "OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/UDP probe.invalid:40000\r\n\r\n", Reply: &facts.Reply{}}}}, false},
		"the next request held a name, and its answer says nothing": {[]facts.Proof{repeated, {ID: "A1", Probe: facts.Exchange{Sent: "OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/UDP probe.invalid:40000\r\n\r\n", Reply: &facts.Reply{}}}}, true},
		"the answer to A6 was changed":                              {[]facts.Proof{proof("A1", algInconclusive, own, own), proof("A6", algInconclusive, own, own)}, false},
		"what must be repeated was not compared":                    {[]facts.Proof{proof("A1", algInconclusive, own, own)}, false},
		"nothing was compared":                                      {nil, false},
	} {
		got, ok := seenDirectly(c.proofs)
		if ok != c.want || ok && got != netip.MustParseAddr("2001:db8::20") {
			t.Errorf("%s: %s %v", name, got, ok)
		}
	}
}
