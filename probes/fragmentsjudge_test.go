package probes

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"

	"trunktester/probes/facts"
	"trunktester/probes/sip"
	"trunktester/reflector/wire"
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
		{"the long one answered, the whole one lost", x(0), x(200), facts.Passed},
		{"the provider had said no before", x(200), looked{err: sip.ErrStopped}, facts.NotRun},
		{"the run's requests were used up before the long one", x(200), cannot(sip.ErrBudget), facts.NotRun},
		{"the box could not send the long one", x(200), cannot(errors.New("message too long")), facts.NotRun},
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

// Only a reflector that answers as long as it is asked to, and to a short wish first, tells what became of a long answer.
func TestWayBack(t *testing.T) {
	at := netip.MustParseAddrPort("203.0.113.2:40001")
	answer := func(length int, refused ...string) sip.Exchange {
		body := wire.Reflection{Source: at, TOS: -1, Sum: wire.Sum(nil), Refused: refused}.Encoded()
		m := sip.Split(append([]byte("SIP/2.0 200 OK\r\n\r\n"), body...))
		m.Raw = make([]byte, length)
		return sip.Exchange{Sends: 1, Reply: m}
	}
	stranger := answer(wholeLength)
	stranger.Reply.Body = []byte("v=0")
	silence := sip.Exchange{Sends: 4}
	for ticket, c := range map[string]struct {
		whole, long sip.Exchange
		tells       bool
	}{
		"both answers came": {answer(wholeLength), answer(fragmentedLength), true},
		"both came, a little shorter for their addresses": {answer(wholeLength - 90), answer(fragmentedLength - 90), true},
		"the long one was lost":                           {answer(wholeLength), silence, true},
		"both were lost":                                  {silence, silence, false},
		"the short one was lost":                          {silence, answer(fragmentedLength), false},
		"the reflector answers shorter than asked":        {answer(wholeLength), answer(wholeLength), false},
		"it says that it does not make it so long":        {answer(wholeLength), answer(fragmentedLength, "pad"), false},
		"it grants that, and refuses what was not asked":  {answer(wholeLength, "delay"), answer(fragmentedLength), true},
		"another server answers":                          {stranger, silence, false},
		"the wish for a long one could not be sent":       {answer(wholeLength), sip.Exchange{Err: context.DeadlineExceeded}, false},
		"the wish for a short one could not be sent":      {sip.Exchange{Err: context.DeadlineExceeded}, answer(fragmentedLength), false},
	} {
		var a looked
		if got := a.wayBack([]sip.Exchange{c.whole, c.long}, []int{wholeLength, fragmentedLength}); got != c.tells || got && len(a.Exchanges) != 2 {
			t.Errorf("%s: %v, %d exchanges", ticket, got, len(a.Exchanges))
		}
	}
}

// A reflector that kept silent before is not asked again.
func TestMute(t *testing.T) {
	silent := facts.Reflected{Exchange: facts.Exchange{Sends: 2}}
	heard := facts.Reflected{Exchange: facts.Exchange{Sends: 2, Reply: &facts.Reply{Code: 200}}}
	for ticket, c := range map[string]struct {
		before *facts.Reflector
		want   bool
	}{
		"it was not asked":       {nil, false},
		"it kept silent":         {&facts.Reflector{Messages: []facts.Reflected{silent}}, true},
		"it answered one of two": {&facts.Reflector{Messages: []facts.Reflected{silent, heard}}, false},
	} {
		if got := mute(c.before); got != c.want {
			t.Errorf("%s: %v", ticket, got)
		}
	}
}
