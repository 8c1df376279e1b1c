package verdict

import (
	"net/netip"
	"slices"
	"time"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
)

// fragments judges SIP messages over UDP that do not fit one packet, each way.
func fragments(in Input) []candidate {
	f := in.Facts.Fragments
	if f == nil || trunk(in).Transport != "udp" {
		return nil
	}
	up, down := lostUp(*f), lostDown(in, *f)
	if up == nil || up[0].kind == catalogue.Tells && down != nil {
		return down
	}
	return up
}

// lostUp judges long messages to the provider: any answer to one says that they pass, a refusal for its length as well.
// Who loses them is told by what becomes of the same message to other hosts.
func lostUp(f facts.Fragments) []candidate {
	if !came(f.Whole, 0) || came(f.Long, 0) || !patient(f.Long, 0) {
		return nil
	}
	if f.TCP == nil || !came(*f.TCP, 0) {
		return nil // nothing shows that the provider takes a message of that length at all
	}
	lost, passed := 0, 0
	for _, c := range f.Controls {
		switch {
		case !came(c, 0):
		case came(c, 1):
			passed++
		case patient(c, 1):
			lost++
		}
	}
	c := candidate{code: "3-5", kind: catalogue.Hurts, text: words.Said("verdict.fragments", "n", f.Long.Exchanges[0].Sends, "time", f.Long.Exchanges[0].Spanned)}
	switch {
	case passed > 0:
		c.kind = catalogue.Tells
		c.acts = []catalogue.Actor{catalogue.Provider}
		c.text += " " + words.Said("verdict.fragments-far")
	case lost > 0:
		c.acts = []catalogue.Actor{catalogue.IT, catalogue.ISP}
		c.text += " " + words.Said("verdict.fragments-near")
	default:
		c.text += " " + words.Said("verdict.fragments-unknown")
	}
	switch {
	case gone(f.Down):
		c.text += " " + words.Said("verdict.fragments-back-too", "server", f.Down.Target.Addr())
	case f.Down != nil && came(*f.Down, 1):
		c.text += " " + words.Said("verdict.fragments-up-only", "server", f.Down.Target.Addr())
	}
	return []candidate{c}
}

// lostDown judges long messages from the provider, by its reflector. One that stands elsewhere says nothing certain about the
// way from the provider.
func lostDown(in Input, f facts.Fragments) []candidate {
	if !gone(f.Down) {
		return nil
	}
	from := f.Down.Target.Addr()
	c := candidate{code: "3-5", kind: catalogue.Hurts, acts: []catalogue.Actor{catalogue.IT, catalogue.ISP, catalogue.Provider}, text: words.Said("verdict.fragments-back",
		"server", from, "n", f.Down.Exchanges[1].Sends, "time", f.Down.Exchanges[1].Spanned)}
	if came(f.Long, 0) {
		c.text += " " + words.Said("verdict.fragments-up-pass")
	}
	if !slices.ContainsFunc(in.Profile.Provider.Networks, func(n netip.Prefix) bool { return n.Contains(from) }) {
		c.kind = catalogue.Tells
		c.text += " " + words.Said("verdict.reflector-outside")
	}
	c.text += " " + words.Said("verdict.who-loses")
	return []candidate{c}
}

// gone reports whether the reflector's whole answer came and its long one did not.
func gone(down *facts.Attempt) bool {
	return down != nil && came(*down, 0) && !came(*down, 1) && patient(*down, 1)
}

// came reports whether the n-th exchange of an attempt was answered.
func came(a facts.Attempt, n int) bool { return len(a.Exchanges) > n && a.Exchanges[n].Reply != nil }

// patient reports whether it was sent as often, and over as long, as silence has to be to mean anything.
func patient(a facts.Attempt, n int) bool {
	return len(a.Exchanges) > n && a.Exchanges[n].Sends >= sipSends && time.Duration(a.Exchanges[n].Spanned) >= sipSpan
}
