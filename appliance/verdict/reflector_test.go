package verdict

import (
	"strings"
	"testing"

	"trunktester/probes/facts"
)

func algIs(word string) func(*site) {
	return func(s *site) {
		s.Facts.ALG = &facts.ALG{Word: word, Over: []string{"udp"}, Why: "as it arrived at the reflector."}
	}
}

func TestReflectorTickets(t *testing.T) {
	judgeAll(t, []ticket{
		{"everything arrived at the reflector as it was sent", healthy().with(algIs(facts.ALGRuledOut)), "ok green", "", "ggggg"},
		{"the same, and the PBX is not registered: the router is not to blame", healthy().with(algIs(facts.ALGRuledOut), noEntries), "5-1 red", "", "ggggR"},
		{"an INVITE was changed, and no control of the reflector answered", healthy().with(algIs(facts.ALGLikely)), "3-2 amber", "", "ggAgg"},
		{"an INVITE was changed, and the PBX is not registered", healthy().with(algIs(facts.ALGProved), noEntries), "3-2 red", "5-1 red", "ggRgr"},
	})
}

// "No SIP ALG" is said only where a reflector has shown it.
func TestNoALGIsSaidWithAReflectorOnly(t *testing.T) {
	for word, want := range map[string]string{
		facts.ALGRuledOut:     "arrived at the provider's reflector byte for byte: no device on the way rewrites SIP.",
		facts.ALGNotSeen:      "No device was seen to rewrite SIP.",
		facts.ALGCouldNotTell: "Whether a device rewrites SIP could not be told.",
	} {
		text := string(Judge(healthy().with(algIs(word)).Input).Finding.Text)
		if !strings.HasSuffix(text, want) {
			t.Errorf("%s: %s", word, text)
		}
	}
}
