package verdict

import (
	"slices"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/catalogue/words"
)

// refutedByReply are the causes that any SIP reply from the provider refutes (verdict rule 3).
var refutedByReply = []string{"1-2", "1-3", "1-4", "2-1", "2-2", "2-3", "2-5", "2-6", "2-9", "3-1"}

// weakAllTheSame are the causes that stay a weakness where a success spoke against them: calls fail when the name server is asked
// again, and whenever traffic goes to the other device of two with one address.
var weakAllTheSame = []string{"1-6", "2-2"}

// refute turns stopping causes that a success speaks against into a weakness or into information: a line
// without a name server is worth knowing about, even where SIP works.
func refute(found []candidate, in Input) []candidate {
	for i, c := range found {
		if c.kind != catalogue.Stops {
			continue
		}
		if answeredAny(in.Facts) && slices.Contains(refutedByReply, c.code) || accepted(in.Facts) && c.code < "5" && c.code != "3-2" {
			found[i].kind, found[i].minor = catalogue.Tells, true
			if slices.Contains(weakAllTheSame, c.code) {
				found[i].kind = catalogue.Hurts
			}
			found[i].text += " " + words.Said("verdict.sip-works")
		}
	}
	return found
}

// applyAnswers lets what a person saw in the portal speak: a PBX that is registered proves the account,
// so a login refused with the box's settings means that the box's file is out of date (verdict rule 6).
func applyAnswers(found []candidate, in Input) []candidate {
	if in.Answers.PortalShowsPBX == nil || !*in.Answers.PortalShowsPBX {
		return found
	}
	for i, c := range found {
		if c.code == "4-1" || c.code == "4-2" || c.code == "4-5" {
			found[i].kind = catalogue.Hurts
			found[i].text += " " + words.Said("verdict.file-out-of-date")
			found[i].acts = []catalogue.Actor{catalogue.Reseller}
		}
	}
	return found
}
