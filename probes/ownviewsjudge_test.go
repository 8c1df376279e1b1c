package probes

import (
	"net/netip"
	"strings"
	"testing"

	"trunktester/probes/facts"
)

var (
	boundAt  = netip.MustParseAddrPort("192.168.1.20:40000")
	canaryAt = netip.MustParseAddrPort("192.168.1.20:40001")
	lineAddr = netip.MustParseAddr("203.0.113.2")
)

func at(s string) netip.AddrPort {
	if s == "" {
		return netip.AddrPort{}
	}
	return netip.MustParseAddrPort(s)
}

// A provider that writes addresses itself is no device on the way.
func TestJudgeOtherFlow(t *testing.T) {
	for name, c := range map[string]struct {
		outside           netip.Addr
		same, other, want string
		says              string
	}{
		"nothing on the way": {lineAddr, "192.168.1.20:40000", "192.168.1.20:40000", algClean, "Both views are equal"},
		"nf_nat_sip":         {lineAddr, "192.168.1.20:40000", "203.0.113.2:40000", algProof, "there and back"},
		"nf_nat_sip, and a router that changes ports":        {lineAddr, "192.168.1.20:40000", "203.0.113.2:21717", algProof, "203.0.113.2:21717"},
		"the far end mends addresses":                        {lineAddr, "203.0.113.2:40000", "203.0.113.2:40000", algInconclusive, "cannot tell"},
		"a border controller shows its own":                  {lineAddr, "192.168.1.20:40000", "198.51.100.9:5060", algInconclusive, "198.51.100.9:5060"},
		"a far end that mends for strangers only, elsewhere": {lineAddr, "203.0.113.2:40000", "192.168.1.20:40000", algInconclusive, ""},
		"the list is hidden":                                 {lineAddr, "192.168.1.20:40000", "", algInconclusive, "did not show"},
		"no list at all":                                     {lineAddr, "", "", algInconclusive, "did not show"},
		"a routed line":                                      {boundAt.Addr(), "192.168.1.20:40000", "192.168.1.20:40000", algInconclusive, "no address translation"},
		"the public address is not known":                    {netip.Addr{}, "192.168.1.20:40000", "203.0.113.2:40000", algInconclusive, "not known"},
	} {
		if f := judgeOtherFlow(boundAt, c.outside, at(c.same), at(c.other)); f.result != c.want || !strings.Contains(f.why, c.says) {
			t.Errorf("%s: %s: %s", name, f.result, f.why)
		}
	}
}

func TestJudgeCanary(t *testing.T) {
	for name, c := range map[string]struct {
		outside           netip.Addr
		same, shown, want string
	}{
		"nothing on the way":                     {lineAddr, "192.168.1.20:40000", "192.168.1.20:40001", algClean},
		"nf_nat_sip":                             {lineAddr, "192.168.1.20:40000", "203.0.113.2:40001", algProof},
		"the far end mends every address":        {lineAddr, "203.0.113.2:40000", "203.0.113.2:40000", algInconclusive},
		"the far end mends a port that is wrong": {lineAddr, "192.168.1.20:40000", "203.0.113.2:40000", algInconclusive},
		"the far end puts the host in only":      {lineAddr, "203.0.113.2:40000", "203.0.113.2:40001", algInconclusive},
		"a border controller":                    {lineAddr, "192.168.1.20:40000", "198.51.100.9:5060", algInconclusive},
		"not shown":                              {lineAddr, "192.168.1.20:40000", "", algInconclusive},
		"a routed line":                          {boundAt.Addr(), "192.168.1.20:40000", "192.168.1.20:40001", algInconclusive},
	} {
		if f := judgeCanary(boundAt, canaryAt, c.outside, at(c.same), at(c.shown)); f.result != c.want || f.why == "" {
			t.Errorf("%s: %s: %s", name, f.result, f.why)
		}
	}
}

func TestWithProofs(t *testing.T) {
	proof, clean := facts.Proof{ID: "A8", Result: algProof, Why: "there and back"}, facts.Proof{ID: "A7", Result: algInconclusive, Why: "unknown"}
	unseen := &facts.ALG{Word: facts.ALGNotSeen, Why: "nothing", Proofs: []facts.Proof{{ID: "A1", Result: algClean}}}
	if got := withProofs(unseen, []facts.Proof{clean}); got != unseen {
		t.Errorf("what proves nothing changes nothing: %+v", got)
	}
	got := withProofs(unseen, []facts.Proof{proof, clean})
	if got.Word != facts.ALGProved || got.Why != "there and back" || len(got.Proofs) != 3 || len(unseen.Proofs) != 1 || unseen.Word != facts.ALGNotSeen {
		t.Errorf("%+v of %+v", got, unseen)
	}
	if got := withProofs(nil, []facts.Proof{proof}); got.Word != facts.ALGProved {
		t.Errorf("%+v", got)
	}
	ruledOut := &facts.ALG{Word: facts.ALGRuledOut, Proofs: []facts.Proof{{ID: algReflector, Result: algClean, Why: "arrived"}}}
	if got := withProofs(ruledOut, []facts.Proof{proof}); got.Word != facts.ALGRuledOut {
		t.Errorf("the provider's server says less than a reflector on the same way: %+v", got)
	}
}
