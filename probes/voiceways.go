package probes

import (
	"cmp"
	"slices"
	"time"

	"trunktester/probes/facts"
)

// streamFacts tells the two ways of a stream apart: the reflector's counts say how many packets had reached it when each
// of those that came back did, and its times need no common clock (RFC 3550 section 6.4.1).
func streamFacts(s voiceStream, late time.Duration) facts.Voice {
	echoes := s.firsts()
	v := facts.Voice{Sent: s.count(), Back: len(echoes), Late: facts.Duration(late)}
	if len(echoes) == 0 {
		return v
	}
	trip := time.Duration(-1)
	for _, e := range echoes {
		if t := e.at - s.sent[e.seq]; trip < 0 || t < trip {
			trip = t
		}
	}
	v.RTT = facts.Duration(trip)
	calm := late < voiceLate
	if slices.ContainsFunc(echoes, func(e voiceEcho) bool { return e.heard.Count == 0 }) {
		if calm {
			v.MOS = estimate(trip, float64(v.Sent-v.Back)/float64(v.Sent)/2, 1, v.Sent)
		}
		return v
	}
	up, down := ways(s, echoes)
	v.Skipped = up.Sent - up.Lost - down.Sent
	v.Up, v.Down = &up.VoiceWay, &down.VoiceWay
	v.Untold = v.Sent - up.Sent
	if calm {
		up.MOS, down.MOS = up.score(trip), down.score(trip)
		if v.MOS = up.MOS; down.MOS.Value < up.MOS.Value {
			v.MOS = down.MOS
		}
	}
	return v
}

// voiceWay is one way while it is counted.
type voiceWay struct {
	facts.VoiceWay
	runs int // of lost packets that follow each other
}

func (w *voiceWay) lose(n int) {
	if n > 0 {
		w.Lost += n
		w.runs++
	}
}

// score is the estimate of the way: what is too late for the jitter buffer is as good as lost.
func (w voiceWay) score(trip time.Duration) *facts.MOS {
	loss := float64(w.Lost+w.Overdue) / float64(w.Sent)
	burst := 1.0
	if w.runs > 0 {
		burst = float64(w.Lost) / float64(w.runs) * (1 - loss) // BurstR (ITU-T G.107 section 7.4.2)
	}
	return estimate(trip, min(loss, 1), burst, w.Sent)
}

// ways counts, up to the last packet that came back, what each way lost: between two that came back, the counts say how
// many of those missing had reached the reflector.
func ways(s voiceStream, echoes []voiceEcho) (up, down voiceWay) {
	before, beforeCount, beforeSkipped := -1, 0, 0
	for _, e := range echoes {
		missing := 0
		for seq := before + 1; seq < e.seq; seq++ {
			if s.sent[seq] >= 0 {
				missing++
			}
		}
		arrived := min(max(int(e.heard.Count)-beforeCount-1, 0), missing) // out of order, or doubled on the way, they are off by one
		skipped := min(max(int(e.heard.Skipped)-beforeSkipped, 0), arrived)
		up.lose(missing - arrived)
		down.lose(arrived - skipped)
		up.Sent += missing + 1
		down.Sent += arrived - skipped + 1
		before, beforeCount, beforeSkipped = e.seq, max(int(e.heard.Count), beforeCount), max(int(e.heard.Skipped), beforeSkipped)
	}
	epoch := echoes[0].heard.At
	up.timed(echoes, func(e voiceEcho) (from, to time.Duration) { return s.sent[e.seq], e.heard.At.Sub(epoch) })
	down.timed(echoes, func(e voiceEcho) (from, to time.Duration) { return e.heard.At.Sub(epoch), e.at })
	return up, down
}

// timed fills in jitter, in the order of arrival, and what came later than a jitter buffer waits.
func (w *voiceWay) timed(echoes []voiceEcho, times func(voiceEcho) (from, to time.Duration)) {
	type passage struct{ to, transit time.Duration }
	passed := make([]passage, len(echoes))
	for i, e := range echoes {
		from, to := times(e)
		passed[i] = passage{to, to - from}
	}
	slices.SortStableFunc(passed, func(a, b passage) int { return cmp.Compare(a.to, b.to) })
	least := slices.MinFunc(passed, func(a, b passage) int { return cmp.Compare(a.transit, b.transit) }).transit
	var jitter, most float64
	for i, p := range passed {
		if p.transit > least+jitterBuffer {
			w.Overdue++
		}
		if i > 0 {
			jitter += (float64((p.transit - passed[i-1].transit).Abs()) - jitter) / 16
			most = max(most, jitter)
		}
	}
	w.Jitter, w.JitterMax = facts.Duration(jitter), facts.Duration(most)
}
