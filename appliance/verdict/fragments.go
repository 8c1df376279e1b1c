package verdict

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	"trunktester/appliance/catalogue"
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
	c := candidate{code: "3-5", kind: catalogue.Hurts, text: fmt.Sprintf(
		"SIP messages of 1,200 bytes pass over UDP, those of 1,600 bytes, which go in two fragments, are not answered (%d sent over %s). Over TCP the provider answers them.",
		f.Long.Exchanges[0].Sends, f.Long.Exchanges[0].Spanned)}
	switch {
	case passed > 0:
		c.kind = catalogue.Tells
		c.acts = []catalogue.Actor{catalogue.Provider}
		c.text += " Other hosts answer them, so they are lost near the provider, or it does not want them."
	case lost > 0:
		c.acts = []catalogue.Actor{catalogue.IT, catalogue.ISP}
		c.text += " Other SIP hosts do not answer them either, so they are lost on this side."
	default:
		c.text += " Who loses them cannot be told: there is no other host to compare with."
	}
	switch {
	case gone(f.Down):
		c.text += fmt.Sprintf(" On the way back they are lost as well: an answer of 1,600 bytes from the reflector %s did not come, one of 1,200 bytes did.", f.Down.Target.Addr())
	case f.Down != nil && came(*f.Down, 1):
		c.text += fmt.Sprintf(" This is so on the way to the provider only: an answer of 1,600 bytes from the reflector %s came.", f.Down.Target.Addr())
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
	c := candidate{code: "3-5", kind: catalogue.Hurts, acts: []catalogue.Actor{catalogue.IT, catalogue.ISP, catalogue.Provider}, text: fmt.Sprintf(
		"Long SIP messages are lost on the way back from the provider: an answer of 1,200 bytes from its reflector %s comes over UDP, one of 1,600 bytes, which goes in two fragments, does not (asked for %d times over %s).",
		from, f.Down.Exchanges[1].Sends, f.Down.Exchanges[1].Spanned)}
	if came(f.Long, 0) {
		c.text += " Long messages to the provider pass."
	}
	if !slices.ContainsFunc(in.Profile.Provider.Networks, func(n netip.Prefix) bool { return n.Contains(from) }) {
		c.kind = catalogue.Tells
		c.text += " The reflector lies outside of the provider's networks, so the way from the provider itself may be another."
	}
	c.text += " Who loses them cannot be told."
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
