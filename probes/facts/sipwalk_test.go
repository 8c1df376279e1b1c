package facts

import (
	"net/netip"
	"testing"
)

// by is a walk: who answered hop after hop; "" for silence, "!" for a refusal, "=" for an answer in that name.
func by(answers ...string) Walk {
	w := Walk{To: netip.MustParseAddrPort("198.51.100.5:5060")}
	for i, s := range answers {
		h := Hop{TTL: i + 1}
		switch {
		case s == "":
		case s[0] == '!':
			h.Addr, h.Type, h.Code = netip.MustParseAddr(s[1:]), 3, 13
		case s[0] == '=':
			h.Addr = netip.MustParseAddr(s[1:])
		default:
			h.Addr, h.Type = netip.MustParseAddr(s), 11
		}
		w.Hops = append(w.Hops, h)
	}
	return w
}

func TestSIPWalkEnd(t *testing.T) {
	const one, two, three, provider = "192.168.1.1", "203.0.113.1", "192.0.32.1", "198.51.100.5"
	pair := func(ttl int, sip, other string) Pair {
		p := Pair{SIP: Hop{TTL: ttl}, Other: Hop{TTL: ttl}}
		for s, h := range map[string]*Hop{sip: &p.SIP, other: &p.Other} {
			if s != "" {
				h.Addr, h.Type = netip.MustParseAddr(s), 11
			}
		}
		return p
	}
	for name, c := range map[string]struct {
		sip, other Walk
		pairs      []Pair
		ended      bool
		unchanged  int
		changed    int
		by         string
		confirmed  bool
		reached    int
	}{
		"both get as far":                               {sip: by(one, two), other: by(one, two, "="+provider), reached: 2},
		"nobody tells":                                  {sip: by(), other: by("", "")},
		"SIP ends, and nobody asked again":              {sip: by(one, ""), other: by(one, two), ended: true, unchanged: 1, changed: 2},
		"SIP ends, and one pair tells":                  {sip: by(one, ""), other: by(one, two), pairs: []Pair{pair(2, "", two)}, ended: true, unchanged: 1, changed: 2},
		"SIP ends, and two pairs tell":                  {sip: by(one, ""), other: by(one, two), pairs: []Pair{pair(2, "", two), pair(2, "", two)}, ended: true, unchanged: 1, changed: 2, confirmed: true},
		"one pair tells nothing":                        {sip: by(one, ""), other: by(one, two), pairs: []Pair{pair(2, "", two), pair(2, "", ""), pair(2, "", two)}, ended: true, unchanged: 1, changed: 2, confirmed: true},
		"two pairs tell nothing":                        {sip: by(one, ""), other: by(one, two), pairs: []Pair{pair(2, "", ""), pair(2, "", "")}, ended: true, unchanged: 1, changed: 2},
		"two pairs tell of another hop":                 {sip: by(one, ""), other: by(one, two, three), pairs: []Pair{pair(3, "", three), pair(3, "", three)}, ended: true, unchanged: 1, changed: 2},
		"a pair tells of a hop that was passed":         {sip: by(one, two), other: by(one, two), pairs: []Pair{pair(1, one, "")}, reached: 2},
		"a busy router told of SIP later":               {sip: by(one, ""), other: by(one, two), pairs: []Pair{pair(2, two, "")}, reached: 2},
		"it told later, and SIP ends behind it":         {sip: by("", ""), other: by(one, two), pairs: []Pair{pair(1, one, ""), pair(2, "", two)}, ended: true, unchanged: 1, changed: 2},
		"a device refuses":                              {sip: by(one, "!"+one), other: by(one, two), ended: true, unchanged: 1, changed: 2, by: one, confirmed: true},
		"a device refuses from farther on":              {sip: by(one, "", "!"+two), other: by(one, two, three), ended: true, unchanged: 1, changed: 2, by: two, confirmed: true},
		"a device refuses beyond all that others reach": {sip: by(one, two, "!"+one), other: by(one, two), by: one, reached: 2},
		"a reset in the provider's name":                {sip: by(one, "="+provider), other: by(one, two), ended: true, unchanged: 1, changed: 2, by: provider, confirmed: true},
		"a reset from farther on":                       {sip: by(one, "", "="+provider), other: by(one, two, three), ended: true, unchanged: 1, changed: 2, by: provider},
		"a hop between says nothing on any port":        {sip: by(one, "", ""), other: by(one, "", three), ended: true, unchanged: 1, changed: 3},
		"a hop is silent on the other port alone":       {sip: by(one, two, three), other: by(one, "", three), reached: 3},
	} {
		w := SIPWalk{Transport: "udp", SIP: c.sip, Other: c.other, Pairs: c.pairs}
		at, who, ended := w.End()
		if ended != c.ended || ended && (at.Unchanged != c.unchanged || at.Changed != c.changed) || who.Addr.IsValid() != (c.by != "") || c.by != "" && who.Addr.String() != c.by {
			t.Errorf("%s: ended %v, %+v, %+v", name, ended, at, who)
		}
		if w.Confirmed() != c.confirmed {
			t.Errorf("%s: confirmed %v", name, w.Confirmed())
		}
		if last, ok := w.Reached(); ok != (c.reached > 0) || last.TTL != c.reached {
			t.Errorf("%s: reached %+v, %v", name, last, ok)
		}
	}
	if (Hop{TTL: 1, Type: 11}).router() {
		t.Error("nobody is no router")
	}
	if n := by(one, "", three, "="+provider).Routers(); n != 3 {
		t.Errorf("%d hops are routers", n)
	}
}
