package verdict

import (
	"strings"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
)

// streamsBlocked tells beside a trunk over UDP that works that TCP or TLS does not reach the provider: worth knowing before the
// trunk is set to one of them. That a provider does not serve them is usual, and nothing to tell.
func streamsBlocked(in Input) []candidate {
	f := in.Facts
	if trunk(in).Transport != "udp" || !answered(f, "udp") {
		return nil
	}
	c := candidate{code: "3-4", kind: catalogue.Tells, title: "streams", advice: "streams", acts: []catalogue.Actor{catalogue.IT}}
	var over, how []string
	here := ""
	for _, t := range []string{"tcp", "tls"} {
		connect, failed := unconnected(path(f, t))
		if !failed {
			continue
		}
		switch {
		case connect == facts.Unreachable:
			here = words.Said("verdict.device-rejects")
		case t == "tcp" && streamsCut(in):
			here = words.Said("verdict.streams-blocked")
		case f.Name == nil || !f.Name.Serves(t):
			continue
		}
		over, how = append(over, strings.ToUpper(t)), append(how, words.Said("verdict.connection", "how", connectWords(connect)))
	}
	if len(how) == 0 {
		return nil
	}
	if here == "" {
		here = words.Said("verdict.streams-served")
		c.acts = append(c.acts, catalogue.Provider)
	}
	c.text = words.Said("verdict.streams-one", "transport", over[0], "how", how[0])
	if len(how) > 1 {
		c.text = words.Said("verdict.streams-two", "one", over[0], "how", how[0], "other", over[1], "otherwise", how[1])
	}
	c.text += " " + here + boxAddress
	return []candidate{c}
}

// unconnected tells how the connections of a path failed, where all did that were tried.
func unconnected(p *facts.Path) (how facts.Answer, failed bool) {
	if p == nil {
		return facts.Unasked, false
	}
	for _, a := range p.Targets {
		switch a.Connect {
		case facts.Silent, facts.Refused, facts.Unreachable:
			how, failed = a.Connect, true
		default:
			return facts.Unasked, false
		}
	}
	return how, failed
}

// streamsCut reports whether none of the SIP hosts that are not the provider's servers takes or refuses a connection, a
// stranger's among them that answers over UDP.
func streamsCut(in Input) bool {
	f := in.Facts
	if !passesUDP(f) {
		return false
	}
	silent := false
	for _, a := range f.Controls.TCP {
		switch a.Connect {
		case facts.Silent, facts.Unreachable:
			silent = silent || stranger(in, a) && answersAt(f.Controls.UDP, a.Target)
		case facts.Answered, facts.Refused:
			return false
		}
	}
	return silent
}
