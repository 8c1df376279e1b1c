package probes

import (
	"trunktester/appliance/catalogue/words"
	"trunktester/probes/sip"
)

// judgeDrop reads canaries and controls in turn: three silences beside three answers are no loss of the line.
func judgeDrop(exchanges []sip.Exchange) finding {
	answered, controls := 0, 0
	for i, x := range exchanges {
		switch {
		case x.Sends == 0:
			return unsent(x, x)
		case !x.Answered():
		case i%2 == 0:
			answered++
		default:
			controls++
		}
	}
	switch {
	case answered > 0:
		return clean("alg.low-port", "code", reply(exchanges))
	case controls < canaries:
		return inconclusive("alg.few-controls", "n", controls, "all", canaries)
	}
	return finding{algProof, words.Said("alg.dropped", "n", canaries, "answered", controls, "code", exchanges[1].Reply.Code) + " " + words.Said("alg.drops")}
}

// reply is the status of the first canary that was answered.
func reply(exchanges []sip.Exchange) int {
	for i := 0; i < len(exchanges); i += 2 {
		if exchanges[i].Answered() {
			return exchanges[i].Reply.Code
		}
	}
	return 0
}

// dropped says whether a canary stayed without an answer beside a control that has one.
func dropped(canary, control sip.Exchange) bool { return !canary.Answered() && control.Answered() }
