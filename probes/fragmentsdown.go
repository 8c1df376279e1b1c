package probes

import (
	"context"
	"slices"
	"sync"
	"time"

	"trunktester/appliance/catalogue/words"
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
	for i, x := range exchanges {
		if x.Answered() && !asLong(x.Reply, lengths[i]) {
			return nil
		}
		a.add(x)
	}
	if len(a.Exchanges) < len(lengths) || !exchanges[0].Answered() {
		return nil
	}
	return []looked{a}
}

// mute says that the reflector was asked before, and did not answer.
func mute(r *facts.Reflector) bool {
	return r != nil && !slices.ContainsFunc(r.Messages, func(m facts.Reflected) bool { return m.Exchange.Reply != nil })
}

func downWish(length int) wire.Wish { return wire.Wish{FactsOnly: true, Pad: length} }

// asLong says whether an answer is a reflection as long as it was asked for, less what a device on the way may have taken
// from its addresses.
func asLong(m *sip.Message, length int) bool {
	seen, err := wire.ParseReflection(m.Body)
	return err == nil && !slices.Contains(seen.Refused, "pad") && len(m.Raw) >= length-100
}

// toReflector is a request to the reflector with a wish.
func (p Fragments) toReflector(w wire.Wish) sip.Request {
	name, _ := splitHost(p.Reflector)
	w.ID, w.Body = sip.Token(8), -1
	return sip.Request{Method: sip.OPTIONS, URI: "sip:" + wire.User + "@" + name, From: "sip:trunktester@" + name, To: "sip:" + name, Sends: fragmentSends, Agent: p.Dial.Agent,
		Headers: []sip.Header{{Name: wire.Header, Value: w.Value(p.Token.Reveal())}}}
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
