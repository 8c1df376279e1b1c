package probes

import (
	"net/netip"
	"strings"
	"testing"

	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
	"trunktester/probes/sip"
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
		"the socket that registered is told nothing":         {lineAddr, "", "203.0.113.2:40000", algInconclusive, "did not show"},
		"no list at all":                                     {lineAddr, "", "", algInconclusive, "did not show"},
		"a routed line":                                      {boundAt.Addr(), "192.168.1.20:40000", "192.168.1.20:40000", algInconclusive, "no address translation"},
		"the public address is not known":                    {netip.Addr{}, "192.168.1.20:40000", "203.0.113.2:40000", algInconclusive, "not known"},
	} {
		f := judgeOtherFlow(boundAt, c.outside, at(c.same), at(c.other))
		spoken(t, f.why)
		if f.result != c.want || !strings.Contains(f.why, c.says) {
			t.Errorf("%s: %s: %s", name, f.result, f.why)
		}
	}
}

func TestJudgeCanary(t *testing.T) {
	for name, c := range map[string]struct {
		outside           netip.Addr
		same, shown, want string
		says              string
	}{
		"nothing on the way":                     {lineAddr, "192.168.1.20:40000", "192.168.1.20:40001", algClean, "as it was sent"},
		"nf_nat_sip":                             {lineAddr, "192.168.1.20:40000", "203.0.113.2:40001", algProof, ""},
		"the far end mends every address":        {lineAddr, "203.0.113.2:40000", "203.0.113.2:40000", algInconclusive, ""},
		"the far end mends a port that is wrong": {lineAddr, "192.168.1.20:40000", "203.0.113.2:40000", algInconclusive, ""},
		"the far end puts the host in only":      {lineAddr, "203.0.113.2:40000", "203.0.113.2:40001", algInconclusive, ""},
		"a border controller":                    {lineAddr, "192.168.1.20:40000", "198.51.100.9:5060", algInconclusive, ""},
		"not shown":                              {lineAddr, "192.168.1.20:40000", "", algInconclusive, "did not show"},
		"the control is not shown":               {lineAddr, "", "203.0.113.2:40001", algInconclusive, "did not show"},
		"a routed line":                          {boundAt.Addr(), "192.168.1.20:40000", "192.168.1.20:40001", algInconclusive, ""},
	} {
		f := judgeCanary(boundAt, canaryAt, c.outside, at(c.same), at(c.shown))
		spoken(t, f.why)
		if f.result != c.want || !strings.Contains(f.why, c.says) {
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

// The box knows its registration by the user that nobody else has.
func TestShownAt(t *testing.T) {
	reply := sip.Split([]byte("SIP/2.0 200 OK\r\nContact: <sip:pbx@192.168.1.50:5060>, <sip:box-1@203.0.113.2:40000>\r\nContact: <sip:box-1-b@203.0.113.2:40001>\r\n\r\n"))
	for user, want := range map[string]string{"box-1": "203.0.113.2:40000", "box-1-b": "203.0.113.2:40001", "box": "", "pbx": "192.168.1.50:5060"} {
		if got := shownAt(reply, user); got != at(want) {
			t.Errorf("%s: %s", user, got)
		}
	}
}

// The sentence of the views: a proof before anything else, and nothing where they could not tell.
func TestViewed(t *testing.T) {
	proof, clean, open := facts.Proof{Result: algProof, Why: "there and back"}, facts.Proof{Result: algClean, Why: "as sent"}, facts.Proof{Result: algInconclusive, Why: "unknown"}
	same := " " + words.Said("saw.own-same")
	for ticket, c := range map[string]struct {
		proofs []facts.Proof
		want   string
	}{
		"nothing was compared":                     {nil, ""},
		"nothing was told":                         {[]facts.Proof{open}, ""},
		"both are equal":                           {[]facts.Proof{clean}, same},
		"one is equal, the other was not told":     {[]facts.Proof{clean, open}, same},
		"one is equal, the other shows the device": {[]facts.Proof{clean, proof}, " there and back"},
	} {
		b := ownBinding{fact: facts.OwnBinding{Proofs: c.proofs}}
		if got := b.viewed(); got != c.want {
			t.Errorf("%s: %q", ticket, got)
		}
	}
}

func TestOutside(t *testing.T) {
	if outside(facts.Facts{}).IsValid() || outside(facts.Facts{Public: &facts.Public{Addr: lineAddr}}) != lineAddr {
		t.Error("the address that nobody told is none")
	}
}
