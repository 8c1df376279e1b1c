package probes

import (
	"strconv"
	"time"

	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
)

// What a call adds to the delay of the line.
const (
	jitterBuffer  = 60 * time.Millisecond // of a usual telephone, fixed; what comes later is as good as lost
	packetisation = 20 * time.Millisecond // of G.711 in packets of 20 ms
	lookups       = 5 * time.Millisecond  // of the two ends
)

// The E-model's values for G.711 with concealment of lost packets (ITU-T G.113 appendix I).
const (
	codecImpairment = 0    // Ie
	codecRobustness = 25.1 // Bpl
)

// score is the mean opinion score by a simplified ITU-T G.107: delay from mouth to ear, the share of packets lost
// (0 to 1), and how much longer runs of lost packets are than by chance (BurstR, 1 for by chance).
func score(delay time.Duration, loss, burst float64) float64 {
	d := float64(delay) / float64(time.Millisecond)
	impairment := 0.024 * d
	if d > 177.3 {
		impairment += 0.11 * (d - 177.3)
	}
	percent := 100 * loss
	lost := codecImpairment + (95-codecImpairment)*percent/(percent/max(burst, 1)+codecRobustness)
	r := 93.2 - impairment - lost
	if r <= 0 {
		return 1
	}
	return max(1, 1+0.035*r+7e-6*r*(r-60)*(100-r))
}

// estimate is the score of one way, from so many probes.
func estimate(roundTrip time.Duration, loss, burst float64, probes int) *facts.MOS {
	delay := roundTrip/2 + jitterBuffer + packetisation + lookups
	m := facts.MOS{Value: score(delay, loss, burst), Probes: probes}
	m.Least = m.Value
	if loss == 0 && probes > 0 {
		m.Bound = min(1, 3/float64(probes)) // the rule of three
		m.Least = score(delay, m.Bound, 1)
	}
	return &m
}

// pingScore is the estimate from round trips by ping: half of the loss and of the delay is taken for each way. nil: too
// few to say anything.
func pingScore(e facts.Echo) *facts.MOS {
	if e.Sent < qualityCount || e.Back == 0 {
		return nil
	}
	return estimate(time.Duration(e.Avg), float64(e.Sent-e.Back)/float64(e.Sent)/2, 1, e.Sent)
}

// basis says what an estimate rests on: pings, or voice packets.
func basis(m facts.MOS, pings bool) string {
	args := []any{"n", m.Probes, "bound", tenths(100 * m.Bound), "least", tenths(m.Least)}
	switch {
	case pings && m.Bound > 0:
		return words.Said("saw.mos-pings-none", args...)
	case pings:
		return words.Said("saw.mos-pings", args...)
	case m.Bound > 0:
		return words.Said("saw.mos-packets-none", args...)
	}
	return words.Said("saw.mos-packets", args...)
}

// pingWords are what a person reads of an estimate from pings.
func pingWords(m *facts.MOS) string {
	if m == nil {
		return words.Said("saw.mos-few")
	}
	return words.Said("saw.mos-by-ping", "mos", tenths(m.Value), "basis", basis(*m, true))
}

func tenths(f float64) string { return strconv.FormatFloat(f, 'f', 1, 64) }
