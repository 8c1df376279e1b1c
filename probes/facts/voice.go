package facts

import "net/netip"

// Voice is a stream of voice packets to the provider's reflector and back, 50 a second with 160 bytes of payload, as
// G.711 makes them (RFC 3551). What became of the last ones, after the last echo, is not known: Untold. (light 3)
type Voice struct {
	Server  netip.AddrPort `json:"server"`
	Inside  bool           `json:"inside"` // the reflector stands in the provider's networks
	Sent    int            `json:"sent"`
	Back    int            `json:"back"`
	Untold  int            `json:"untold"`  // lost, and nothing tells on which way
	Skipped int            `json:"skipped"` // arrived there, and were not sent back for the reflector's limits
	Up      *VoiceWay      `json:"up"`      // towards the provider; nil where the reflector did not count
	Down    *VoiceWay      `json:"down"`    // back
	RTT     Duration       `json:"rtt_ms"`  // the shortest
	Late    Duration       `json:"late_ms"`
	MOS     *MOS           `json:"mos"` // of the worse way; nil where it could not be estimated
}

// The one way on which packets are lost.
const (
	OnlyUp   = "up"
	OnlyDown = "down"
)

// OneWay is the way on which all packets that were lost were lost; "" where none were, both ways lose some, or it is not
// known.
func (v Voice) OneWay() string {
	switch {
	case v.Up == nil || v.Down == nil || v.Untold > 0:
		return ""
	case v.Up.Lost > 0 && v.Down.Lost == 0:
		return OnlyUp
	case v.Down.Lost > 0 && v.Up.Lost == 0:
		return OnlyDown
	}
	return ""
}

// VoiceWay is one direction of a stream.
type VoiceWay struct {
	Sent      int      `json:"sent"` // packets of which it is known whether they arrived
	Lost      int      `json:"lost"`
	Overdue   int      `json:"overdue"`       // later than a jitter buffer waits: as good as lost
	Jitter    Duration `json:"jitter_ms"`     // RFC 3550 section 6.4.1, at the end of the stream
	JitterMax Duration `json:"jitter_max_ms"` // the highest it stood
	MOS       *MOS     `json:"mos"`
}

// MOS is a mean opinion score, estimated by a simplified ITU-T G.107 for G.711: nobody listened.
type MOS struct {
	Value  float64 `json:"value"` // 1 to 4.5
	Probes int     `json:"probes"`
	// Bound is the share of loss that may have been missed where no probe was lost: below it with 95 % confidence (the
	// rule of three). 0 where some were.
	Bound float64 `json:"bound"`
	Least float64 `json:"least"` // the score with a loss of Bound; Value where some were lost
}

// DSCP is what becomes of the marks for the quality of service (RFC 2474) on the way to the provider's reflector and
// back. Information only: clearing them is common, and no fault. (light 3)
type DSCP struct {
	Server netip.Addr `json:"server"`
	Marks  []Mark     `json:"marks"`
}

// Mark is one DSCP, sent both ways.
type Mark struct {
	Class string `json:"class"` // "EF" or "CS3"
	Of    string `json:"of"`    // what was marked with it: "voice" or "SIP"
	Sent  int    `json:"sent"`  // 0 to 63
	Up    *int   `json:"up"`    // as it arrived at the reflector; nil: not told
	Down  *int   `json:"down"`  // as it came back; nil: not told
}
