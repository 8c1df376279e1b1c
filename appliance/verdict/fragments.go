package verdict

import (
	"time"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
)

// fragments judges SIP messages over UDP that do not fit one packet: any answer to one says that they pass, a
// refusal for its length as well. Who loses them is told by what becomes of the same message to other hosts.
func fragments(in Input) []candidate {
	f := in.Facts.Fragments
	if f == nil || trunk(in).Transport != "udp" || !came(f.Whole, 0) || came(f.Long, 0) || !patient(f.Long, 0) {
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
	return []candidate{c}
}

// came reports whether the n-th exchange of an attempt was answered.
func came(a facts.Attempt, n int) bool { return len(a.Exchanges) > n && a.Exchanges[n].Reply != nil }

// patient reports whether it was sent as often, and over as long, as silence has to be to mean anything.
func patient(a facts.Attempt, n int) bool {
	return len(a.Exchanges) > n && a.Exchanges[n].Sends >= sipSends && time.Duration(a.Exchanges[n].Spanned) >= sipSpan
}
