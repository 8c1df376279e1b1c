package probes

import (
	"slices"

	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
	"trunktester/probes/sip"
	"trunktester/reflector/wire"
)

func fragmentsSaw(whole, long looked) (facts.Outcome, string) {
	switch {
	case answered(long.Attempt):
		return facts.Passed, words.Said("saw.fragments-pass", "bytes", fragmentedLength)
	case !long.asked():
		return facts.NotRun, words.Said("saw.fragments-unsent", "error", long.err)
	case !answered(whole.Attempt):
		return facts.NotRun, words.Said("saw.fragments-neither")
	}
	return facts.Failed, words.Said("saw.fragments-lost", "small", wholeLength, "large", fragmentedLength)
}

// mute says that the reflector was asked before, and did not answer.
func mute(r *facts.Reflector) bool {
	return r != nil && !slices.ContainsFunc(r.Messages, func(m facts.Reflected) bool { return m.Exchange.Reply != nil })
}

// asLong says whether an answer is a reflection as long as it was asked for, less what a device on the way may have taken
// from its addresses.
func asLong(m *sip.Message, length int) bool {
	seen, err := wire.ParseReflection(m.Body)
	return err == nil && !slices.Contains(seen.Refused, "pad") && len(m.Raw) >= length-100
}

// wayBack files what the reflector answered to wishes for so many bytes, and says whether that tells anything: both wishes were
// sent, it answers as long as it is asked to, and the first, short answer came.
func (a *looked) wayBack(exchanges []sip.Exchange, lengths []int) bool {
	for i, x := range exchanges {
		if x.Sends == 0 || x.Answered() && !asLong(x.Reply, lengths[i]) {
			return false
		}
		a.add(x)
	}
	return exchanges[0].Answered()
}

// downSaw adds what became of a long answer to what was seen of long requests.
func downSaw(outcome facts.Outcome, saw string, down *facts.Attempt) (facts.Outcome, string) {
	switch {
	case down == nil:
		return outcome, saw
	case down.Exchanges[1].Reply != nil:
		return outcome, saw + " " + words.Said("saw.fragments-down", "bytes", fragmentedLength)
	}
	return facts.Failed, saw + " " + words.Said("saw.fragments-down-lost", "small", wholeLength, "large", fragmentedLength)
}
