package probes

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"trunktester/probes/facts"
	"trunktester/probes/sip"
)

// asks is one server's attempt over UDP: answered with a code, or 0 for silence.
func asks(code int) looked {
	a := looked{Attempt: facts.Attempt{Target: netip.MustParseAddrPort("198.51.100.5:5060"), Exchanges: []facts.Exchange{{Method: sip.OPTIONS, Sends: 4}}}}
	if code > 0 {
		a.Exchanges[0].Reply = &facts.Reply{Code: code}
	}
	return a
}

// cannot is an attempt of which nothing was sent.
func cannot(err error) looked {
	return looked{Attempt: facts.Attempt{Host: "sip.example.net", Exchanges: []facts.Exchange{{Method: sip.OPTIONS, Error: err.Error()}}}, err: err}
}

// connected is an attempt over TCP or TLS.
func connected(answer facts.Answer, session *facts.TLSSession, err error) looked {
	return looked{Attempt: facts.Attempt{Target: netip.MustParseAddrPort("198.51.100.5:5061"), Connect: answer, TLS: session}, err: err}
}

// What was not sent is no silence of the network: the box's own fault and its own restraint are told apart from it.
func TestPathResult(t *testing.T) {
	ours, failed := errors.New("bind: cannot assign requested address"), errors.New("i/o timeout")
	turned := asks(0)
	turned.ICMP = []facts.ICMP{{Offender: netip.MustParseAddr("192.168.1.1"), Type: 3, Code: 13}}
	for ticket, c := range map[string]struct {
		attempts []looked
		outcome  facts.Outcome
		says     string
	}{
		"it answered":                                    {[]looked{asks(200)}, facts.Passed, "198.51.100.5:5060 answered OPTIONS"},
		"it refused by SIP, which is an answer":          {[]looked{asks(403)}, facts.Passed, "403"},
		"it kept silent":                                 {[]looked{asks(0)}, facts.Failed, "did not answer"},
		"the second answered":                            {[]looked{asks(0), asks(200)}, facts.Passed, ""},
		"the first answered, the second kept silent":     {[]looked{asks(200), asks(0)}, facts.Passed, ""},
		"the box could not send":                         {[]looked{cannot(ours)}, facts.Broken, "sip.example.net was not asked: bind"},
		"to one it could not, the other answered":        {[]looked{cannot(ours), asks(200)}, facts.Passed, ""},
		"one answered, to the other it could not send":   {[]looked{asks(200), cannot(ours)}, facts.Passed, ""},
		"to one it could not, the other kept silent":     {[]looked{cannot(ours), asks(0)}, facts.Broken, ""},
		"one kept silent, to the other it could not":     {[]looked{asks(0), cannot(ours)}, facts.Broken, ""},
		"the provider had said no before":                {[]looked{cannot(sip.ErrStopped)}, facts.NotRun, "was not asked"},
		"the run's requests were used up":                {[]looked{cannot(sip.ErrBudget)}, facts.NotRun, "was not asked"},
		"they were used up after one had kept silent":    {[]looked{asks(0), cannot(sip.ErrBudget)}, facts.Failed, ""},
		"the connection was refused":                     {[]looked{connected(facts.Refused, nil, failed)}, facts.Failed, "refused"},
		"the connection was not answered":                {[]looked{connected(facts.Silent, nil, failed)}, facts.Failed, ""},
		"no way to the server":                           {[]looked{connected(facts.Unreachable, nil, failed)}, facts.Failed, ""},
		"the handshake failed":                           {[]looked{connected(facts.Answered, &facts.TLSSession{Error: "bad certificate"}, failed)}, facts.Failed, "bad certificate"},
		"connected, and nothing could be sent":           {[]looked{connected(facts.Answered, nil, ours)}, facts.Broken, "was not asked"},
		"TLS was set up, and the message was held back":  {[]looked{connected(facts.Answered, &facts.TLSSession{}, sip.ErrBudget)}, facts.Failed, "was not asked"},
		"a firewall on the way refused":                  {[]looked{turned}, facts.Failed, "192.168.1.1"},
		"the box could not connect for its own reasons":  {[]looked{connected(facts.CouldNotAsk, nil, ours)}, facts.Broken, ""},
		"a REGISTER was held back, an OPTIONS went out":  {[]looked{{Attempt: facts.Attempt{Exchanges: []facts.Exchange{{Method: sip.REGISTER, Error: "no"}, {Method: sip.OPTIONS, Sends: 1}}}, err: sip.ErrBudget}}, facts.Failed, ""},
		"nothing was sent, and nothing is wrong":         {[]looked{{}}, facts.NotRun, ""},
		"the name leads to no server, and none is asked": {nil, facts.NotRun, ""},
	} {
		r := SIPPath{Transport: "udp"}.result(c.attempts)
		if r.Outcome != c.outcome || !strings.Contains(r.Saw, c.says) {
			t.Errorf("%s: %s: %s", ticket, r.Outcome, r.Saw)
		}
	}
}

// Each way that a connection ends has a sentence of its own.
func TestPathSaw(t *testing.T) {
	seen := map[string]facts.Answer{}
	for _, answer := range []facts.Answer{facts.Refused, facts.Unreachable, facts.Silent, facts.CouldNotAsk} {
		saw := connected(answer, nil, errors.New("why")).saw()
		if before, twice := seen[saw]; twice {
			t.Errorf("%s and %s: %s", before, answer, saw)
		}
		seen[saw] = answer
	}
}
