package probes

import (
	"context"
	"sync"
	"time"

	"trunktester/probes/facts"
	"trunktester/probes/sip"
	"trunktester/reflector/wire"
)

// downLength is that of a request for a long answer: it goes in one packet, and is long enough for an answer of
// fragmentedLength, since a reflector's is never much longer than the request (wire.Most).
const downLength = 800

// down asks the reflector for two answers by short requests: one that fits a packet, and one that comes in two fragments.
// None where there is no reflector, or it does not answer as it was asked to.
func (p Fragments) down(ctx context.Context, known facts.Facts) []looked {
	if p.Reflector == "" || mute(known.Reflector) {
		return nil
	}
	a := looked{Attempt: facts.Attempt{Host: p.Reflector}}
	to, err := resolveHost(ctx, p.Dial, p.Reflector, known)
	if err != nil {
		return nil
	}
	a.Target = to
	conn, err := p.Dial.UDP(ctx, to)
	if err != nil {
		return nil
	}
	defer conn.Close()
	lengths := []int{wholeLength, fragmentedLength}
	exchanges := make([]sip.Exchange, len(lengths))
	var both sync.WaitGroup
	for i, length := range lengths {
		both.Go(func() {
			exchanges[i] = conn.Ask(ctx, pad(p.toReflector(downWish(length)), downLength), sip.Control)
		})
		time.Sleep(fragmentsGap)
	}
	both.Wait()
	if !a.wayBack(exchanges, lengths) {
		return nil
	}
	return []looked{a}
}

func downWish(length int) wire.Wish { return wire.Wish{FactsOnly: true, Pad: length} }

// toReflector is a request to the reflector with a wish.
func (p Fragments) toReflector(w wire.Wish) sip.Request {
	name, _ := splitHost(p.Reflector)
	w.ID, w.Body = sip.Token(8), -1
	return sip.Request{Method: sip.OPTIONS, URI: "sip:" + wire.User + "@" + name, From: "sip:trunktester@" + name, To: "sip:" + name, Sends: fragmentSends, Agent: p.Dial.Agent,
		Headers: []sip.Header{{Name: wire.Header, Value: w.Value(p.Token.Reveal())}}}
}
