package probes

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
)

func ap(s string) netip.AddrPort { return netip.MustParseAddrPort(s) }

func TestMappingKind(t *testing.T) {
	const local, one, two, three = "192.168.1.20:5000", "203.0.113.2:5000", "203.0.113.2:5001", "203.0.113.2:5002"
	for _, c := range []struct{ first, address, port, want string }{
		{local, local, local, facts.MappingNone},
		{one, one, one, facts.MappingIndependent},
		{one, two, two, facts.MappingByAddress},
		{one, two, three, facts.MappingByPort},
		{one, one, two, ""},
		{one, two, one, facts.MappingByPort},
	} {
		if got := mappingKind(ap(local), ap(c.first), ap(c.address), ap(c.port)); got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
}

// A server may not send the box anywhere.
func TestSecondAddress(t *testing.T) {
	const server = "198.51.100.9:3478"
	for other, want := range map[string]bool{
		"198.51.100.10:3479":   true,
		"198.51.100.9:3479":    false,
		"198.51.100.10:3478":   false,
		"192.168.1.1:3479":     false,
		"100.64.0.1:3479":      false,
		"169.254.1.1:3479":     false,
		"127.0.0.1:3479":       false,
		"224.0.0.1:3479":       false,
		"255.255.255.255:3479": false,
		"0.0.0.0:3479":         false,
		"[2001:db8::1]:3479":   false,
	} {
		if got := secondAddress(ap(server), ap(other)); got != want {
			t.Errorf("%s: %v", other, got)
		}
	}
	if !secondAddress(ap("127.0.0.1:3478"), ap("127.0.0.2:3479")) || secondAddress(ap("127.0.0.1:3478"), ap("192.168.1.1:3479")) {
		t.Error("a server on this very machine has its other address there, and nowhere else inside")
	}
	if secondAddress(ap(server), netip.AddrPort{}) {
		t.Error("none at all")
	}
}

func TestProviderSees(t *testing.T) {
	seen := func(addr string) *facts.Path {
		return &facts.Path{Targets: []facts.Attempt{{Exchanges: []facts.Exchange{{}, {Reply: &facts.Reply{SeenAs: ap(addr)}}}}}}
	}
	for _, c := range []struct {
		known facts.Facts
		want  string
	}{
		{facts.Facts{UDP: seen("203.0.113.2:5000"), TCP: seen("203.0.113.99:1")}, "203.0.113.2"},
		{facts.Facts{UDP: seen("192.168.1.20:5000"), TLS: seen("203.0.113.99:1")}, "203.0.113.99"}, // a device that rewrites SIP put the private one there
		{facts.Facts{UDP: seen("192.168.1.20:5000")}, ""},
		{facts.Facts{UDP: &facts.Path{Targets: []facts.Attempt{{Exchanges: []facts.Exchange{{Reply: &facts.Reply{Code: 200}}}}}}, TLS: seen("203.0.113.99:1")}, "203.0.113.99"}, // no word of the address
		{facts.Facts{}, ""},
	} {
		got := providerSees(c.known)
		if c.want == "" && got.IsValid() || c.want != "" && got.String() != c.want {
			t.Errorf("%s, want %q", got, c.want)
		}
	}
}

func TestNATKind(t *testing.T) {
	local := netip.MustParseAddrPort("192.168.1.20:40000")
	answers := func(mapped ...string) []facts.STUNAnswer {
		var all []facts.STUNAnswer
		for _, m := range mapped {
			a := facts.STUNAnswer{Local: local}
			if m != "" {
				a.Mapped = netip.MustParseAddrPort(m)
			}
			all = append(all, a)
		}
		return all
	}
	for name, c := range map[string]struct {
		answers []facts.STUNAnswer
		mapping string
		kept    string
	}{
		"one port for all, kept":                       {answers("203.0.113.2:40000", "", "203.0.113.2:40000"), "independent", "true"},
		"one port for all, another":                    {answers("203.0.113.2:1025", "203.0.113.2:1025"), "independent", "false"},
		"symmetric":                                    {answers("203.0.113.2:1025", "203.0.113.2:1026"), "dependent", "false"},
		"two public addresses":                         {answers("203.0.113.2:40000", "203.0.113.3:40000"), "dependent", "true"},
		"no translation":                               {answers("192.168.1.20:40000", "192.168.1.20:40000"), "none", "true"},
		"one server alone":                             {answers("203.0.113.2:40000", ""), "", "true"},
		"nobody told":                                  {answers("", ""), "", "nil"},
		"the first told nothing":                       {answers("", "192.168.1.20:40000"), "none", "true"},
		"one server sees the port kept, the other not": {answers("203.0.113.2:1025", "203.0.113.2:40000"), "dependent", "false"},
		"a server of the site, and one outside":        {answers("192.168.1.20:40000", "203.0.113.2:40000"), "", "true"},
		"one outside, and a server of the site":        {answers("203.0.113.2:40000", "192.168.1.20:40000"), "", "true"},
	} {
		mapping, kept := natKind(c.answers)
		word := "nil"
		if kept != nil {
			word = map[bool]string{true: "true", false: "false"}[*kept]
		}
		if mapping != c.mapping || word != c.kept {
			t.Errorf("%s: %q, kept %s; want %q, %s", name, mapping, word, c.mapping, c.kept)
		}
	}
}

// What is not let in is known only of a server that answers everywhere.
func TestFiltering(t *testing.T) {
	yes, no := true, false
	for ticket, c := range map[string]struct {
		host, port         *bool
		reached            bool
		wantHost, wantPort *bool
	}{
		"only the very address and port":                    {&no, &no, true, &no, &no},
		"the same, of a server that does not answer at all": {&no, &no, false, nil, nil},
		"another port of it, and it does not answer at all": {&no, &yes, false, nil, &yes},
		"anybody": {&yes, &yes, true, &yes, &yes},
		"anybody, of a server that does not answer at all":         {&yes, &yes, false, &yes, &yes},
		"a stranger is let in and its neighbour not: one was lost": {&yes, &no, true, nil, nil},
		"a stranger is let in, the rest was not told":              {&yes, nil, true, &yes, nil},
		"another port is shut, the rest was not told":              {nil, &no, true, nil, &no},
		"a contacted host from any port":                           {&no, &yes, true, &no, &yes},
		"a stranger is shut out, the rest was not told":            {&no, nil, true, &no, nil},
		"nothing was told": {nil, nil, true, nil, nil},
	} {
		var n natLook
		n.filtering(c.host, c.port, c.reached)
		if cmp.Diff(c.wantHost, n.nat.OtherHost) != "" || cmp.Diff(c.wantPort, n.nat.OtherPort) != "" || (n.nat.Filter == "") != (c.wantHost == nil && c.wantPort == nil) {
			t.Errorf("%s: %+v", ticket, n.nat)
		}
	}
}

// Servers that see different addresses agree on none.
func TestPublicAgreement(t *testing.T) {
	yes, no := true, false
	const one, two = "203.0.113.2:40000", "203.0.113.9:40000"
	answers := func(mapped ...string) (all []facts.STUNAnswer) {
		for _, m := range mapped {
			a := facts.STUNAnswer{Answer: facts.Silent}
			switch m {
			case "":
			case "own":
				a.Answer = facts.CouldNotAsk
			default:
				a.Answer, a.Mapped = facts.Answered, ap(m)
			}
			all = append(all, a)
		}
		return all
	}
	for ticket, c := range map[string]struct {
		answers []facts.STUNAnswer
		mapping string
		kept    *bool
		addr    string
		differ  bool
		outcome facts.Outcome
		says    string
	}{
		"all agree, and the port is kept":     {answers(one, one), facts.MappingIndependent, &yes, "203.0.113.2", false, facts.Passed, "keeps"},
		"all agree, and the port is another":  {answers(one, one), facts.MappingIndependent, &no, "203.0.113.2", false, facts.Passed, ""},
		"the port is not known":               {answers(one, one), facts.MappingIndependent, nil, "203.0.113.2", false, facts.Passed, ""},
		"the first one kept silent":           {answers("", one), "", &yes, "203.0.113.2", false, facts.Passed, "203.0.113.2"},
		"the second one kept silent":          {answers(one, ""), "", &yes, "203.0.113.2", false, facts.Passed, "203.0.113.2"},
		"they see different addresses":        {answers(one, two), facts.MappingDependent, &yes, "", true, facts.Passed, "symmetric"},
		"no translation":                      {answers(one), facts.MappingNone, &yes, "203.0.113.2", false, facts.Passed, "not translated"},
		"nobody told":                         {answers("", ""), "", nil, "", false, facts.Failed, ""},
		"the box could ask nobody":            {answers("own", "own"), "", nil, "", false, facts.Broken, ""},
		"it could ask one, which kept silent": {answers("own", ""), "", nil, "", false, facts.Failed, ""},
		"it could ask one, which told":        {answers("own", one), "", &yes, "203.0.113.2", false, facts.Passed, ""},
	} {
		addr, differ := publicAgree(c.answers)
		if addr.IsValid() != (c.addr != "") || addr.IsValid() && addr.String() != c.addr || differ != c.differ {
			t.Errorf("%s: %s, differ %v", ticket, addr, differ)
		}
		outcome, saw := publicSentence(facts.Public{Answers: c.answers, Addr: addr, Differ: differ, Mapping: c.mapping, PortKept: c.kept})
		if outcome != c.outcome || !strings.Contains(saw, c.says) {
			t.Errorf("%s: %s: %s", ticket, outcome, saw)
		}
	}
}

// Each kind of mapping has a sentence of its own.
func TestNATWords(t *testing.T) {
	yes, no := true, false
	for _, c := range []struct {
		public facts.Public
		want   string
	}{
		{facts.Public{Mapping: facts.MappingNone}, "saw.nat-none"},
		{facts.Public{Mapping: facts.MappingDependent, PortKept: &yes}, "saw.nat-symmetric"},
		{facts.Public{Mapping: facts.MappingIndependent, PortKept: &yes}, "saw.nat-kept"},
		{facts.Public{Mapping: facts.MappingIndependent, PortKept: &no}, "saw.nat-same"},
		{facts.Public{Mapping: facts.MappingIndependent}, "saw.nat-same"},
		{facts.Public{PortKept: &yes}, ""},
		{facts.Public{}, ""},
	} {
		want := ""
		if c.want != "" {
			want = " " + words.Said(c.want)
		}
		if got := natWords(c.public); got != want {
			t.Errorf("%+v: %s", c.public, got)
		}
	}
}
