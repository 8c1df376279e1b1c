package probes

import (
	"errors"
	"strings"
	"testing"

	"trunktester/probes/facts"
)

// One control that answers shows that SIP passes; the box's own fault shows nothing.
func TestControlsResult(t *testing.T) {
	ours := cannot(errors.New("look up: no DNS server was given"))
	for ticket, c := range map[string]struct {
		udp, tcp []looked
		outcome  facts.Outcome
		all      bool
	}{
		"all answered":                             {[]looked{asks(200), asks(200)}, []looked{asks(200), asks(200)}, facts.Passed, true},
		"one answered over UDP":                    {[]looked{asks(200), asks(0)}, []looked{asks(0), asks(0)}, facts.Passed, false},
		"one answered over TCP":                    {[]looked{asks(0)}, []looked{asks(200)}, facts.Passed, false},
		"nobody answered":                          {[]looked{asks(0)}, []looked{asks(0)}, facts.Failed, false},
		"the box could ask nobody":                 {[]looked{ours}, []looked{ours}, facts.Broken, false},
		"it could ask one, which kept silent":      {[]looked{ours, asks(0)}, []looked{ours, ours}, facts.Failed, false},
		"it could ask one over TCP, in vain":       {[]looked{ours}, []looked{connected(facts.Silent, nil, errors.New("i/o timeout"))}, facts.Failed, false},
		"one answered, the other it could not ask": {[]looked{asks(200), ours}, []looked{asks(200), ours}, facts.Passed, false},
	} {
		r := Controls{}.result(c.udp, c.tcp)
		if r.Outcome != c.outcome || strings.Contains(r.Saw, "UDP: ") == c.all {
			t.Errorf("%s: %s: %s", ticket, r.Outcome, r.Saw)
		}
	}
}
