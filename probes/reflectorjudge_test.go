package probes

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
	"trunktester/probes/sip"
	"trunktester/reflector/wire"
)

// message is one that went to the reflector; each difference is written "place: sent > received".
func message(transport string, port uint16, method string, differences ...string) facts.Reflected {
	m := facts.Reflected{
		Transport: transport, Target: netip.AddrPortFrom(netip.MustParseAddr("198.51.100.60"), port), Control: port != 5060,
		Exchange: facts.Exchange{Method: method, Sent: method + " as sent", Received: method + " as it arrived"},
		Local:    netip.MustParseAddrPort("192.168.1.20:40001"), From: netip.MustParseAddrPort("203.0.113.2:40001"),
	}
	for _, d := range differences {
		place, lines, _ := strings.Cut(d, ": ")
		sent, received, _ := strings.Cut(lines, " > ")
		m.Differences = append(m.Differences, facts.Difference{Place: place, Sent: sent, Received: received})
	}
	return m
}

func silent(transport string, port uint16, method string) facts.Reflected {
	m := message(transport, port, method)
	m.Fault = words.Said("reflector.silent", "n", 2)
	return m
}

// routed is what arrives where addresses stay as they are.
func routed(messages []facts.Reflected) []facts.Reflected {
	messages = slices.Clone(messages)
	for i := range messages {
		messages[i].From = messages[i].Local
	}
	return messages
}

const (
	changedSDP     = "SDP c=: c=IN IP4 192.168.1.20 > c=IN IP4 203.0.113.2"
	changedContact = "Contact: <sip:box@192.168.1.20> > <sip:box@203.0.113.2>"
)

func TestWhatArrivedAtTheReflectorTells(t *testing.T) {
	own := func(options, invite, register []string) []facts.Reflected {
		return []facts.Reflected{message("udp", 5060, sip.OPTIONS, options...), message("udp", 5060, sip.INVITE, invite...), message("udp", 5060, sip.REGISTER, register...)}
	}
	clean, sdp := own(nil, nil, nil), own(nil, []string{changedSDP}, nil)
	all := own([]string{changedContact}, []string{changedContact, changedSDP}, []string{changedContact})
	for _, c := range []struct {
		ticket   string
		messages []facts.Reflected
		trunk    uint16
		id       string
		result   string
		says     string
	}{
		{"a plain router", clean, 5060, algReflector, algClean, "OPTIONS, INVITE, REGISTER over UDP to port 5060 arrived at the reflector byte for byte as sent, from 203.0.113.2:40001."},
		{"the provider's server did not answer, its port is not known", clean, 0, algReflector, algClean, "byte for byte"},
		{"the trunk uses another port, which an ALG may look at", clean, 5070, algReflector, algInconclusive, "the trunk uses port 5070"},
		{"a routed line, where no device would have anything to rewrite", routed(clean), 5060, algReflector, algInconclusive, "no address is translated"},
		{"the INVITE was lost", append(clean[:1:1], silent("udp", 5060, sip.INVITE), clean[2]), 5060, algReflector, algInconclusive, "INVITE over UDP to port 5060: no answer"},
		{"the router changes SDP only", append(sdp[:3:3], message("udp", 5080, sip.OPTIONS), message("udp", 5080, sip.INVITE)), 5060, algReflector, algProof,
			`changed before it arrived at the reflector: SDP c=. "c=IN IP4 192.168.1.20" arrived as "c=IN IP4 203.0.113.2". Over UDP to port 5080 the same arrived as it was sent.`},
		{"it changes every message", append(all[:3:3], message("udp", 5080, sip.OPTIONS), message("udp", 5080, sip.INVITE)), 5060, algReflector, algProof, "INVITE over UDP"},
		{"an OPTIONS that arrives elsewhere is no control for the INVITE", append(sdp[:3:3], message("udp", 5080, sip.OPTIONS), silent("udp", 5080, sip.INVITE)), 5060, algAlone, algProof, "Neither another port nor TLS"},
		{"it changes every port, TLS shows that it is on the way", append(sdp[:3:3], message("udp", 5080, sip.OPTIONS), message("udp", 5080, sip.INVITE, changedSDP),
			message("tls", 5061, sip.OPTIONS), message("tls", 5061, sip.INVITE)), 5060, algReflector, algProof, "Over TLS to port 5061 the same arrived as it was sent."},
		{"a border controller stands before the reflector", append(sdp[:3:3], message("udp", 5080, sip.OPTIONS), message("udp", 5080, sip.INVITE, changedSDP),
			message("tls", 5061, sip.OPTIONS), message("tls", 5061, sip.INVITE, changedSDP)), 5060, algReflector, algInconclusive, "the far end does it"},
		{"every port is changed, and TLS does not pass", append(sdp[:3:3], message("udp", 5080, sip.OPTIONS), message("udp", 5080, sip.INVITE, changedSDP),
			silent("tls", 5061, sip.OPTIONS)), 5060, algReflector, algInconclusive, "TLS, which would tell"},
		{"the same message arrived unchanged once: on the same way it is no control", append(sdp[:3:3], message("udp", 5060, sip.INVITE)), 5060, algAlone, algProof, "Neither another port nor TLS"},
		{"the first INVITE arrived, the second was changed", append(clean[:3:3], message("udp", 5060, sip.INVITE, changedSDP), message("udp", 5080, sip.INVITE)), 5060, algReflector, algProof, "INVITE over UDP to port 5060 was changed"},
		{"the control was changed as well, and stands first", append([]facts.Reflected{message("udp", 5060, sip.OPTIONS), message("udp", 5080, sip.INVITE, changedContact)}, sdp...), 5060, algReflector, algInconclusive,
			"INVITE over UDP to port 5060 was changed before it arrived at the reflector: SDP c=."},
		{"of several differences an address is quoted", append(own(nil, []string{"Supported: Supported: 100rel > Supported: timer", changedContact}, nil), message("udp", 5080, sip.INVITE)), 5060, algReflector, algProof,
			`Supported, Contact. "<sip:box@192.168.1.20>" arrived as "<sip:box@203.0.113.2>".`},
		{"a firewall lets port 5060 through and nothing else", append(sdp[:3:3], silent("udp", 5080, sip.OPTIONS), silent("tls", 5061, sip.OPTIONS)), 5060, algAlone, algProof, "Neither another port nor TLS"},
		{"only a REGISTER is changed", append(own(nil, nil, []string{changedContact}), message("udp", 5080, sip.OPTIONS), message("udp", 5080, sip.REGISTER)), 5060, algReflector, algProof, "REGISTER over UDP"},
		{"a line was added", append(own(nil, []string{"SDP i=:  > i=(o=IN IP4 192.168.1.20)"}, nil), message("udp", 5080, sip.INVITE)), 5060, algReflector, algProof, `"i=(o=IN IP4 192.168.1.20)" was added.`},
		{"a line was taken away", append(own(nil, []string{"Supported: Supported: 100rel > "}, nil), message("udp", 5080, sip.INVITE)), 5060, algReflector, algProof, `"Supported: 100rel" was taken away.`},
		{"two header fields changed places", append(own(nil, []string{wire.Unordered + ":  > "}, nil), message("udp", 5080, sip.INVITE)), 5060, algReflector, algProof, "order or line ends. Over UDP"},
	} {
		t.Run(c.ticket, func(t *testing.T) {
			p, ok := judgeReflector(&facts.Reflector{Messages: c.messages}, c.trunk)
			spoken(t, p.Why)
			if !ok || p.ID != c.id || p.Result != c.result || !strings.Contains(p.Why, c.says) {
				t.Errorf("%t %s %s: %s", ok, p.ID, p.Result, p.Why)
			}
			if p.Result == algClean && p.Probe.Method != sip.INVITE {
				t.Errorf("the message that would show the most is not told: %s", p.Probe.Method)
			}
			if p.Result == algProof && (p.Probe.Sent == "" || p.Probe.Received == "" || p.ID == algReflector && p.Control.Received == "") {
				t.Errorf("a proof without its messages: %+v", p)
			}
		})
	}
	for ticket, f := range map[string]*facts.Reflector{
		"none is configured": nil, "it is silent": {Messages: []facts.Reflected{silent("udp", 5060, sip.OPTIONS)}}, "nothing was sent": {},
	} {
		if p, ok := judgeReflector(f, 5060); ok {
			t.Errorf("%s: %+v", ticket, p)
		}
	}
}

// The step fails for the trunk's own way alone, and tells every message with what became of it.
func TestWhatTheReflectorStepSays(t *testing.T) {
	options, invite := message("udp", 5060, sip.OPTIONS), message("udp", 5060, sip.INVITE)
	for ticket, c := range map[string]struct {
		messages []facts.Reflected
		outcome  facts.Outcome
		saw      string
		kinds    string
		evidence string // of the last message
	}{
		"all arrived":                          {[]facts.Reflected{options, invite}, facts.Passed, "OPTIONS, INVITE over UDP", "probe probe", "byte for byte"},
		"one was lost":                         {[]facts.Reflected{options, silent("udp", 5060, sip.INVITE)}, facts.Failed, "INVITE over UDP to port 5060: no answer", "probe probe", "no answer"},
		"nothing came back":                    {[]facts.Reflected{silent("udp", 5060, sip.OPTIONS)}, facts.Failed, "OPTIONS over UDP to port 5060: no answer", "probe", "no answer"},
		"one was changed":                      {[]facts.Reflected{options, message("udp", 5060, sip.INVITE, changedSDP)}, facts.Failed, "INVITE over UDP to port 5060 was changed", "probe probe", "Received is what arrived there."},
		"one was changed, and its control not": {[]facts.Reflected{options, message("udp", 5060, sip.INVITE, changedSDP), message("udp", 5080, sip.INVITE)}, facts.Failed, "Over UDP to port 5080 the same arrived", "probe probe control", "byte for byte"},
		"a control was lost":                   {[]facts.Reflected{options, invite, silent("udp", 5080, sip.INVITE)}, facts.Passed, "OPTIONS, INVITE over UDP", "probe probe control", "no answer"},
		"a control was changed, and it alone":  {[]facts.Reflected{options, invite, message("udp", 5080, sip.INVITE, changedSDP)}, facts.Passed, "", "probe probe control", "was changed"},
	} {
		f := facts.Reflector{Messages: c.messages}
		if o, saw := reflectorOutcome(f), reflectorSaw(f); o != c.outcome || !strings.Contains(saw, c.saw) {
			t.Errorf("%s: %s: %s", ticket, o, saw)
		}
		var kinds []string
		all := reflectorEvidence(f)
		for _, e := range all {
			kinds = append(kinds, e.Kind)
		}
		if last := all[len(all)-1].Text; strings.Join(kinds, " ") != c.kinds || !strings.Contains(last, c.evidence) {
			t.Errorf("%s: %v: %s", ticket, kinds, last)
		}
	}
}

func TestTheWordWithAReflector(t *testing.T) {
	proof := func(id, result string) facts.Proof { return facts.Proof{ID: id, Result: result, Why: id} }
	arrived, rewritten := proof(algReflector, algClean), proof(algReflector, algProof)
	for _, c := range []struct {
		ticket string
		proofs []facts.Proof
		word   string
		why    string
	}{
		{"everything arrived as it was sent", []facts.Proof{arrived, proof("A1", algClean)}, facts.ALGRuledOut, algReflector},
		{"the other comparisons could not tell", []facts.Proof{arrived, proof("A1", algInconclusive), proof("A6", algInconclusive)}, facts.ALGRuledOut, algReflector},
		{"what a far end might do as well is the far end's", []facts.Proof{arrived, proof("A2", algProof), proof("A6", algProof), proof("A9", algProof)}, facts.ALGRuledOut, algReflector},
		{"what no far end can do stands, as the way to the provider may be another", []facts.Proof{arrived, proof("A1", algProof)}, facts.ALGProved, "A1"},
		{"a hop that quotes a rewritten message stands", []facts.Proof{arrived, proof("A1", algClean), proof("A5", algProof)}, facts.ALGProved, "A5"},
		{"a message that is dropped may be the far end's doing", []facts.Proof{arrived, proof("A4", algProof)}, facts.ALGRuledOut, algReflector},
		{"an answer at the wrong door stands", []facts.Proof{arrived, proof("A3", algProof)}, facts.ALGProved, "A3"},
		{"a device that reads only what comes from the PBX's port stands", []facts.Proof{arrived, proof(algPBXPort, algProof)}, facts.ALGProved, algPBXPort},
		{"changed on the way", []facts.Proof{rewritten, proof("A1", algProof)}, facts.ALGProved, algReflector},
		{"changed on the way, and nothing else shows it", []facts.Proof{rewritten, proof("A1", algClean)}, facts.ALGProved, algReflector},
		{"changed, without a control", []facts.Proof{proof(algAlone, algProof), proof("A1", algClean)}, facts.ALGLikely, algAlone},
		{"changed by the far end of the reflector", []facts.Proof{proof(algReflector, algInconclusive), proof("A1", algClean)}, facts.ALGNotSeen, ""},
		{"nothing but half a reflector", []facts.Proof{proof(algReflector, algInconclusive)}, facts.ALGCouldNotTell, ""},
	} {
		if word, why := algWord(c.proofs); word != c.word || c.why != "" && why != c.why {
			t.Errorf("%s: %s, %s", c.ticket, word, why)
		}
	}
}

// Whatever answers: no message counts as arrived unless it is the one that was sent.
func FuzzArrived(f *testing.F) {
	sent := "OPTIONS sip:reflect@h SIP/2.0\r\nVia: SIP/2.0/UDP 192.168.1.20:5070\r\nX-Reflect: id=abc\r\n\r\n"
	body := wire.Reflection{Source: netip.MustParseAddrPort("203.0.113.2:40001"), Transport: "udp", TOS: -1, Length: len(sent), Message: []byte(sent)}.Encoded()
	f.Add([]byte(sent), body)
	f.Add([]byte(strings.Replace(sent, "192", "10", 1)), body)
	f.Add([]byte(sent), []byte("v=0\r\n"))
	other := strings.Replace(sent, "id=abc", "id=xyz", 1) // the reflection of another message
	f.Add([]byte(other), wire.Reflection{Source: netip.MustParseAddrPort("203.0.113.2:40001"), TOS: -1, Length: len(other), Message: []byte(other)}.Encoded())
	f.Fuzz(func(t *testing.T, sent, body []byte) {
		m := arrived(sip.Exchange{Sent: sent, Sends: 1, Reply: &sip.Message{Code: 200, Body: body}}, "abc")
		r, err := wire.ParseReflection(body)
		equal := err == nil && string(r.Message) == string(sent) && strings.Contains(string(sent), "id=abc")
		if (m.Fault == "" && len(m.Differences) == 0) != equal {
			t.Errorf("%q is said to have arrived as %q: %+v", sent, r.Message, m)
		}
	})
}
