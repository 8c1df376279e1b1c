package probes

import (
	"fmt"

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
		return finding{algClean, fmt.Sprintf("A session description with port 900 was answered like the control with port 40000, %d.", reply(exchanges))}
	case controls < canaries:
		return inconclusive("%d of %d controls were answered, so that the silence to the others says nothing.", controls, canaries)
	}
	return finding{algProof, fmt.Sprintf("A legal message whose session description names port 900 was not answered %d times; the same with port 40000 was answered %d times with %d. A device that reads SIP drops it.",
		canaries, controls, exchanges[1].Reply.Code)}
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
