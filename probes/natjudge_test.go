package probes

import (
	"net/netip"
	"testing"

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
		"one port for all, kept":    {answers("203.0.113.2:40000", "", "203.0.113.2:40000"), "independent", "true"},
		"one port for all, another": {answers("203.0.113.2:1025", "203.0.113.2:1025"), "independent", "false"},
		"symmetric":                 {answers("203.0.113.2:1025", "203.0.113.2:1026"), "dependent", "false"},
		"two public addresses":      {answers("203.0.113.2:40000", "203.0.113.3:40000"), "dependent", "true"},
		"no translation":            {answers("192.168.1.20:40000", "192.168.1.20:40000"), "none", "true"},
		"one server alone":          {answers("203.0.113.2:40000", ""), "", "true"},
		"nobody told":               {answers("", ""), "", "nil"},
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
