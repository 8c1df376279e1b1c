package probes

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"trunktester/probes/facts"
)

// Only a reflector in the provider's networks speaks for its ports; one that is closed has let the packets pass.
func TestRTPResult(t *testing.T) {
	for ticket, c := range map[string]struct {
		outside bool
		answers []facts.Answer
		outcome facts.Outcome
		says    string
	}{
		"all come back":                    {false, []facts.Answer{facts.Answered, facts.Answered}, facts.Passed, "10000, 10002"},
		"one is lost":                      {false, []facts.Answer{facts.Answered, facts.Silent}, facts.Failed, "10002"},
		"one is rejected on the way":       {false, []facts.Answer{facts.Answered, facts.Unreachable}, facts.Failed, "10002"},
		"nothing listens on one":           {false, []facts.Answer{facts.Answered, facts.Refused}, facts.Passed, "10002"},
		"the box could not send to one":    {false, []facts.Answer{facts.Answered, facts.CouldNotAsk}, facts.Passed, "10002"},
		"the box could not send at all":    {false, []facts.Answer{facts.CouldNotAsk, facts.CouldNotAsk}, facts.Broken, "10000, 10002"},
		"the reflector is somebody else's": {true, []facts.Answer{facts.Silent, facts.Silent}, facts.NotRun, "not tested"},
	} {
		found, failed := facts.RTP{Server: netip.MustParseAddr("198.51.100.60"), Inside: !c.outside}, make([]error, len(c.answers))
		for i, a := range c.answers {
			found.Ports = append(found.Ports, facts.RTPPort{Port: 10000 + 2*i, Sent: 3, Answer: a})
			if a == facts.CouldNotAsk {
				failed[i] = errors.New("no buffer space")
			}
		}
		r := RTP{}.result(found, failed)
		if r.Outcome != c.outcome || !strings.Contains(r.Saw, c.says) || strings.Count(r.Saw, "UDP port") > 2 {
			t.Errorf("%s: %s: %s", ticket, r.Outcome, r.Saw)
		}
		for i, e := range r.Evidence[1:] {
			if strings.Contains(e.Text, "no buffer space") != (failed[i] != nil) || strings.Contains(e.Text, "nil") {
				t.Errorf("%s: %s", ticket, e.Text)
			}
		}
	}
}
