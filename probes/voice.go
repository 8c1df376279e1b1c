package probes

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"trunktester/probes/facts"
)

// Limits of the stream.
const (
	voiceCount = 150                   // 3 s, as long as the pings of the line quality take
	voiceGap   = 20 * time.Millisecond // 50 a second, as telephones send (RFC 3551)
	voiceWait  = time.Second           // for the last echo
	voiceMore  = 6                     // packets that may follow, where the last was lost
	voiceLate  = 10 * time.Millisecond // a box that is so late on average measures itself
)

// Voice asks: what becomes of a call's packets, on each way? A stream of them goes to the provider's reflector, which
// counts them and tells when each arrived, and comes back. It passed when the stream was measured, however bad the
// line is. It judges nothing.
type Voice struct {
	FarEnd
	Count int // packets, 0 is 150
}

// Look needs known.RTP: a port at which the reflector echoes.
func (p Voice) Look(ctx context.Context, known facts.Facts) Result {
	if known.RTP == nil {
		return Result{Outcome: facts.NotRun, Saw: "Voice quality was not measured with voice packets: the reflector was not found."}
	}
	port, ok := echoing(*known.RTP)
	if !ok {
		return Result{Outcome: facts.NotRun, Saw: "Voice quality was not measured with voice packets: no port of the reflector sends any back."}
	}
	m, err := p.found(ctx, known)
	if err != nil {
		return Result{Outcome: facts.NotRun, Saw: fmt.Sprintf("Voice quality was not measured with voice packets: %v.", err)}
	}
	if p.Count == 0 {
		p.Count = voiceCount
	}
	measuring, measured := context.WithCancel(ctx)
	late := make(chan time.Duration, 1)
	go func() { late <- pulse(measuring) }()
	s, err := m.stream(ctx, port, p.Count, voiceMore, voiceGap, voiceWait)
	measured()
	found := streamFacts(s, <-late)
	found.Server, found.Inside = netip.AddrPortFrom(m.to.Addr(), port), known.RTP.Inside
	r := Result{Outcome: facts.Passed, Saw: voiceSaw(found), Evidence: voiceEvidence(found)}
	switch {
	case ctx.Err() != nil && found.Sent < p.Count:
		return Result{Outcome: facts.NotRun, Saw: "Voice quality was not measured: the time was up."}
	case err != nil:
		return Result{Outcome: facts.Broken, Saw: fmt.Sprintf("The box could not send voice packets: %v.", err)}
	case found.Back == 0:
		r.Outcome = facts.Failed
	}
	r.File = func(f *facts.Facts) { f.Voice = &found }
	return r
}

// echoing is a port at which voice packets came back.
func echoing(r facts.RTP) (port uint16, ok bool) {
	i := slices.IndexFunc(r.Ports, func(p facts.RTPPort) bool { return p.Answer == facts.Answered })
	if i < 0 {
		return 0, false
	}
	return uint16(r.Ports[i].Port), true
}

// voiceSaw is what a person reads of a stream.
func voiceSaw(v facts.Voice) string {
	sent := fmt.Sprintf("%d voice packets, 50 a second, to the reflector %s", v.Sent, v.Server)
	if v.Back == 0 {
		return sent + ": none came back."
	}
	if v.Up == nil {
		return fmt.Sprintf("%s: %d lost on the round trip; it did not count them, so which way loses them is not known.%s", sent, v.Sent-v.Back, scoreWords(v))
	}
	text := fmt.Sprintf("%s and back: on the way there %s, jitter %s; on the way back %s, jitter %s; round trip %s.",
		sent, lossWords(*v.Up), v.Up.Jitter, lossWords(*v.Down), v.Down.Jitter, v.RTT)
	switch v.OneWay() {
	case facts.OnlyUp:
		text += " Packets are lost only on the way to the provider."
	case facts.OnlyDown:
		text += " Packets are lost only on the way back."
	}
	if v.Untold > 0 {
		text += fmt.Sprintf(" The last %d were lost too, on which way is not known.", v.Untold)
	}
	if v.Skipped > 0 {
		text += fmt.Sprintf(" %d were not sent back by the reflector, which limits how many it sends to one address.", v.Skipped)
	}
	return text + scoreWords(v)
}

func lossWords(w facts.VoiceWay) string {
	text := fmt.Sprintf("none of %d lost", w.Sent)
	if w.Lost > 0 {
		text = fmt.Sprintf("%d of %d lost (%.1f %%)", w.Lost, w.Sent, 100*float64(w.Lost)/float64(w.Sent))
	}
	if w.Overdue > 0 {
		text += fmt.Sprintf(" and %d too late to be heard", w.Overdue)
	}
	return text
}

// scoreWords tell the estimate, or why there is none.
func scoreWords(v facts.Voice) string {
	switch {
	case v.MOS == nil:
		return fmt.Sprintf(" The box itself was late by %s on average, so that jitter and voice quality (MOS) cannot be told.", v.Late)
	case v.Up == nil:
		return fmt.Sprintf(" Voice quality: MOS %.1f (%s, half of the loss taken for each way).", v.MOS.Value, basis(*v.MOS, "voice packets"))
	}
	return fmt.Sprintf(" Voice quality: MOS %.1f there and %.1f back (%s).", v.Up.MOS.Value, v.Down.MOS.Value, basis(*v.MOS, "voice packets"))
}

func voiceEvidence(v facts.Voice) []facts.Evidence {
	var all []facts.Evidence
	for _, w := range []struct {
		name string
		way  *facts.VoiceWay
	}{{"To the provider", v.Up}, {"Back", v.Down}} {
		if w.way != nil {
			all = append(all, facts.Evidence{Kind: "probe", Text: fmt.Sprintf("%s: %d of %d lost, %d later than a jitter buffer of %s waits, jitter %s at the end and %s at most (RFC 3550).",
				w.name, w.way.Lost, w.way.Sent, w.way.Overdue, facts.Duration(jitterBuffer), w.way.Jitter, w.way.JitterMax)})
		}
	}
	return append(all, facts.Evidence{Kind: "control", Text: fmt.Sprintf("The box itself was late by %s on average.", v.Late)})
}
