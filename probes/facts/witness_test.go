package facts

import "testing"

// What can be forged least is believed first, where it tells anything.
func TestTold(t *testing.T) {
	told := func(way string, rcode string) Name {
		return Name{Way: way, Answers: []NameAnswer{{Answer: Answered, Rcode: rcode}}}
	}
	for ticket, c := range map[string]struct {
		witness Witness
		want    string
	}{
		"all answer":               {Witness{told("udp", "NOERROR"), told("tcp", "NOERROR"), told("https", "NOERROR"), nil}, "https"},
		"HTTPS is blocked":         {Witness{told("udp", "NOERROR"), told("tcp", "NXDOMAIN"), Name{}, nil}, "tcp"},
		"HTTPS gives errors":       {Witness{told("udp", "NOERROR"), told("tcp", "NOERROR"), told("https", "SERVFAIL"), nil}, "tcp"},
		"UDP alone is let through": {Witness{told("udp", "NOERROR"), Name{}, Name{}, nil}, "udp"},
	} {
		if got := c.witness.Told().Way; got != c.want {
			t.Errorf("%s: %s", ticket, got)
		}
	}
	for ticket, c := range map[string]struct {
		answer NameAnswer
		want   bool
	}{
		"an answer":                   {NameAnswer{Answer: Answered, Rcode: "NOERROR"}, true},
		"no such name":                {NameAnswer{Answer: Answered, Rcode: "NXDOMAIN"}, true},
		"an error":                    {NameAnswer{Answer: Answered, Rcode: "SERVFAIL"}, false},
		"silence":                     {NameAnswer{Answer: Silent}, false},
		"one that was not waited for": {NameAnswer{Answer: Unasked, Rcode: "NOERROR"}, false},
	} {
		if got := c.answer.Usable(); got != c.want {
			t.Errorf("%s: %v", ticket, got)
		}
	}
}
