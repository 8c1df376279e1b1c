package probes

import (
	"net/netip"
	"slices"
	"testing"

	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
	"trunktester/probes/sip"
)

// A provider that wants longer registrations says how long; one that says nothing usable is not asked again.
func TestTooBrief(t *testing.T) {
	for reply, want := range map[string]int{
		"SIP/2.0 423 Interval Too Brief\r\nMin-Expires: 300\r\n\r\n":            300,
		"SIP/2.0 423 Interval Too Brief\r\nMin-Expires:  3600 \r\n\r\n":         3600,
		"SIP/2.0 423 Interval Too Brief\r\nMin-Expires: 60\r\n\r\n":             0, // it was asked for as much
		"SIP/2.0 423 Interval Too Brief\r\nMin-Expires: soon\r\n\r\n":           0,
		"SIP/2.0 423 Interval Too Brief\r\nMin-Expires: -300\r\n\r\n":           0,
		"SIP/2.0 423 Interval Too Brief\r\nMin-Expires: 99999999999999\r\n\r\n": 0,
		"SIP/2.0 423 Interval Too Brief\r\n\r\n":                                0,
		"SIP/2.0 200 OK\r\nMin-Expires: 300\r\n\r\n":                            0,
	} {
		least, ok := tooBrief(sip.Split([]byte(reply)))
		if ok != (want > 0) || ok && least != want {
			t.Errorf("%q: %d %v", reply, least, ok)
		}
	}
	if _, ok := tooBrief(nil); ok {
		t.Error("silence is no answer")
	}
}

// What the box takes away again is what it registered, under every name that the provider may hold it by.
func TestHeld(t *testing.T) {
	const contact, canary = "sip:box-1@192.168.1.20:40000", "sip:box-1-b@192.168.1.20:40001"
	for ticket, c := range map[string]struct {
		canary string
		shown  string
		public netip.Addr
		want   []string
	}{
		"one registration":                                     {"", "", lineAddr, []string{contact}},
		"the canary is shown as it was sent":                   {canary, "192.168.1.20:40001", lineAddr, []string{canary, contact}},
		"the canary is shown with the public address":          {canary, "203.0.113.2:40001", netip.Addr{}, []string{"sip:box-1-b@203.0.113.2:40001", canary, contact}},
		"it is shown with an address that nobody knew":         {canary, "198.51.100.9:5060", lineAddr, []string{"sip:box-1-b@198.51.100.9:5060", canary, contact}},
		"it is not shown":                                      {canary, "", lineAddr, []string{"sip:box-1-b@203.0.113.2:40001", canary, contact}},
		"it is not shown, and the public address is not known": {canary, "", netip.Addr{}, []string{canary, contact}},
	} {
		b := ownBinding{login: &login{known: facts.Facts{Public: &facts.Public{Addr: c.public}}}, contact: contact, canary: c.canary, seen: views{canary: at(c.shown)}}
		if got := b.held(); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v", ticket, got)
		}
	}
}

// A registration that the box has pushed out is told; its own is nobody's loss.
func TestWhoWasLost(t *testing.T) {
	list := func(uris ...string) (all []facts.Binding) {
		for _, u := range uris {
			all = append(all, facts.Binding{URI: u})
		}
		return all
	}
	const pbx, phone, own, rewritten = "sip:pbx@192.168.1.50", "sip:phone@192.168.1.51", "sip:box-1@192.168.1.20:40000", "sip:box-1@203.0.113.2:40000"
	for ticket, c := range map[string]struct {
		before, after       []facts.Binding
		removed             bool
		wantAfter, wantLost int
	}{
		"the PBX is there as before":                      {list(pbx), list(pbx), true, 1, 0},
		"the PBX is gone":                                 {list(pbx, phone), list(phone), true, 1, 1},
		"it was listed twice, and is gone once":           {list(pbx, pbx), nil, true, 0, 1},
		"the box's own was listed, and is gone":           {list(own), nil, true, 0, 0},
		"the box's own is still there":                    {list(pbx, own), list(pbx, own), false, 1, 0},
		"the box's own is still there, as somebody wrote": {list(pbx), list(rewritten, pbx), false, 1, 0},
	} {
		b := ownBinding{contact: own, before: c.before, fact: facts.OwnBinding{Removed: true}}
		b.compare(c.after)
		if f := b.fact; !f.AfterKnown || f.Removed != c.removed || len(f.After) != c.wantAfter || len(f.Lost) != c.wantLost {
			t.Errorf("%s: %+v", ticket, f)
		}
	}
}

func TestOwnBindingSaw(t *testing.T) {
	yes, no := true, false
	refused, brief := sip.Split([]byte("SIP/2.0 403 Forbidden\r\n\r\n")), sip.Split([]byte("SIP/2.0 423 Interval Too Brief\r\nMin-Expires: 3600\r\n\r\n"))
	accepted := sip.Split([]byte("SIP/2.0 200 OK\r\n\r\n"))
	unremoved := " " + words.Said("saw.own-unremoved", "time", facts.Duration(0))
	for ticket, c := range map[string]struct {
		said    *sip.Message
		fact    facts.OwnBinding
		outcome facts.Outcome
		saw     string
	}{
		"refused":                    {refused, facts.OwnBinding{}, facts.Failed, words.Said("saw.own-refused", "answer", "403 Forbidden")},
		"refused for its length":     {brief, facts.OwnBinding{}, facts.Failed, words.Said("saw.own-refused", "answer", "423 Interval Too Brief") + " " + words.Said("saw.own-least", "least", 3600, "most", longestOwnExpires)},
		"not answered":               {nil, facts.OwnBinding{}, facts.Failed, words.Said("saw.own-silent")},
		"accepted, and no list came": {accepted, facts.OwnBinding{Registered: true, Removed: true}, facts.Failed, words.Said("saw.own-no-list")},
		"shown":                      {accepted, facts.OwnBinding{Registered: true, Removed: true, Shown: &yes}, facts.Passed, words.Said("saw.own-shown")},
		"not shown":                  {accepted, facts.OwnBinding{Registered: true, Removed: true, Shown: &no}, facts.Failed, words.Said("saw.own-hidden")},
		"shown, and not removed":     {accepted, facts.OwnBinding{Registered: true, Shown: &yes}, facts.Passed, words.Said("saw.own-shown") + unremoved},
		"shown, and the PBX is gone": {accepted, facts.OwnBinding{Registered: true, Removed: true, Shown: &yes, Lost: []facts.Binding{{URI: "sip:pbx"}}}, facts.Passed, words.Said("saw.own-shown") + " " + words.Said("saw.own-lost", "contact", "sip:pbx")},
	} {
		b := ownBinding{login: &login{}, said: c.said, fact: c.fact}
		if r := b.concluded(); r.Outcome != c.outcome || r.Saw != c.saw {
			t.Errorf("%s: %s: %s", ticket, r.Outcome, r.Saw)
		}
	}
}
