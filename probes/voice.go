package probes

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"trunktester/appliance/catalogue/words"
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
		return Result{Outcome: facts.NotRun, Saw: words.Said("saw.stream-unfound")}
	}
	port, ok := echoing(*known.RTP)
	if !ok {
		return Result{Outcome: facts.NotRun, Saw: words.Said("saw.stream-no-echo")}
	}
	m, err := p.found(ctx, known)
	if err != nil {
		return Result{Outcome: facts.NotRun, Saw: words.Said("saw.stream-unasked", "why", err)}
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
		return Result{Outcome: facts.NotRun, Saw: words.Said("saw.stream-no-time")}
	case err != nil:
		return Result{Outcome: facts.Broken, Saw: words.Said("saw.stream-broken", "error", err)}
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
	if v.Back == 0 {
		return words.Said("saw.stream-none", "n", v.Sent, "server", v.Server)
	}
	if v.Up == nil {
		return words.Said("saw.stream-round", "n", v.Sent, "server", v.Server, "lost", v.Sent-v.Back) + " " + scoreWords(v)
	}
	say := []string{words.Said("saw.stream", "n", v.Sent, "server", v.Server, "up", lossWords(*v.Up), "upjitter", v.Up.Jitter,
		"down", lossWords(*v.Down), "downjitter", v.Down.Jitter, "time", v.RTT)}
	switch v.OneWay() {
	case facts.OnlyUp:
		say = append(say, words.Said("saw.stream-only-up"))
	case facts.OnlyDown:
		say = append(say, words.Said("saw.stream-only-down"))
	}
	if v.Untold > 0 {
		say = append(say, words.Said("saw.stream-untold", "n", v.Untold))
	}
	if v.Skipped > 0 {
		say = append(say, words.Said("saw.stream-skipped", "n", v.Skipped))
	}
	return strings.Join(append(say, scoreWords(v)), " ")
}

func lossWords(w facts.VoiceWay) string {
	args := []any{"n", w.Sent, "lost", w.Lost, "share", tenths(100 * float64(w.Lost) / float64(w.Sent)), "late", w.Overdue}
	switch {
	case w.Lost > 0 && w.Overdue > 0:
		return words.Said("saw.lost-and-late", args...)
	case w.Lost > 0:
		return words.Said("saw.lost", args...)
	case w.Overdue > 0:
		return words.Said("saw.lost-none-late", args...)
	}
	return words.Said("saw.lost-none", args...)
}

// scoreWords tell the estimate, or why there is none.
func scoreWords(v facts.Voice) string {
	switch {
	case v.MOS == nil:
		return words.Said("saw.mos-late", "time", v.Late)
	case v.Up == nil:
		return words.Said("saw.mos-round", "mos", tenths(v.MOS.Value), "basis", basis(*v.MOS, false))
	}
	return words.Said("saw.mos-ways", "up", tenths(v.Up.MOS.Value), "down", tenths(v.Down.MOS.Value), "basis", basis(*v.MOS, false))
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
