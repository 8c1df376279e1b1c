package probes

import (
	"errors"
	"testing"

	"trunktester/probes/facts"
)

// No answer from addresses where nobody lives is as it should be; any is a device in everybody's place.
func TestInterceptResult(t *testing.T) {
	ours := cannot(errors.New("bind: cannot assign requested address"))
	for ticket, c := range map[string]struct {
		attempts []looked
		outcome  facts.Outcome
	}{
		"nobody answered":                        {[]looked{asks(0), asks(0)}, facts.Passed},
		"one was answered":                       {[]looked{asks(0), asks(200)}, facts.Failed},
		"one was answered, the other not asked":  {[]looked{asks(404), ours}, facts.Failed},
		"one was not asked, the other answered":  {[]looked{ours, asks(404)}, facts.Failed},
		"the box could not ask":                  {[]looked{ours, ours}, facts.Broken},
		"the box could ask one, which is silent": {[]looked{asks(0), ours}, facts.Broken},
	} {
		if r := (Intercept{Transport: "udp"}).result(c.attempts); r.Outcome != c.outcome || r.Saw == "" {
			t.Errorf("%s: %s: %s", ticket, r.Outcome, r.Saw)
		}
	}
}
