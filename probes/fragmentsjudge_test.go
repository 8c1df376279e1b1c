package probes

import (
	"strings"
	"testing"

	"trunktester/probes/facts"
	"trunktester/probes/sip"
)

func TestFragmentsSaw(t *testing.T) {
	x := func(reply int) looked {
		a := looked{Attempt: facts.Attempt{Exchanges: []facts.Exchange{{Sends: 4}}}}
		if reply != 0 {
			a.Exchanges[0].Reply = &facts.Reply{Code: reply}
		}
		return a
	}
	for _, c := range []struct {
		name        string
		whole, long looked
		want        facts.Outcome
	}{
		{"both answered", x(200), x(200), facts.Passed},
		{"the long one refused for its length", x(200), x(513), facts.Passed},
		{"only the whole one", x(200), x(0), facts.Failed},
		{"neither", x(0), x(0), facts.NotRun},
		{"the provider had said no before", x(200), looked{err: sip.ErrStopped}, facts.NotRun},
	} {
		if got, saw := fragmentsSaw(c.whole, c.long); got != c.want {
			t.Errorf("%s: %s %s", c.name, got, saw)
		}
	}
}

func TestDownSaw(t *testing.T) {
	heard := &facts.Reply{Code: 200}
	for _, c := range []struct {
		down *facts.Attempt
		want facts.Outcome
		says string
	}{
		{nil, facts.Passed, "Long ones pass."},
		{&facts.Attempt{Exchanges: []facts.Exchange{{Reply: heard}, {Reply: heard}}}, facts.Passed, "came back"},
		{&facts.Attempt{Exchanges: []facts.Exchange{{Reply: heard}, {}}}, facts.Failed, "did not"},
	} {
		if got, saw := downSaw(facts.Passed, "Long ones pass.", c.down); got != c.want || !strings.Contains(saw, c.says) {
			t.Errorf("%s %s", got, saw)
		}
	}
}
