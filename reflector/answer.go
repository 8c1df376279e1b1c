package reflector

import (
	"errors"
	"strings"
	"time"

	"trunktester/reflector/wire"
)

// answer is a reply and how it shall be sent.
type answer struct {
	bytes []byte        // nil: nothing is sent, and a stream goes on
	delay time.Duration // a place in later is reserved when it is above 0
	other bool          // from the other port
	dscp  int
}

// answer decides about one message; ok is false when nothing is sent. other says that there is another port.
//
// The order is the cheap before the dear, and only what would be answered uses up the sender's rate. A request
// without the proof is met with silence: to a scanner the port looks filtered, a spoofed sender draws
// nothing, and no reply tells a wrong token from none.
func (s *Server) answer(raw []byte, a arrival, other bool, now time.Time) (answer, bool) {
	s.counts.sips[a.transport].Inc()
	switch {
	case len(raw) > wire.Longest:
		s.counts.drop(dropTooLong)
		return answer{}, false
	case len(raw) < wire.Shortest && a.transport == "udp": // the sender of a stream is who it says
		s.counts.drop(dropTooShort)
		return answer{}, false
	}
	r, err := parse(raw)
	if err != nil {
		s.counts.drop(reason(err))
		return answer{}, false
	}
	if strings.EqualFold(r.method, "ACK") { // never answered (RFC 3261 section 17); on a stream the next request follows it
		s.counts.drop(dropACK)
		return answer{}, a.transport != "udp" && s.admitted(s.sipLimit.take(a.from.Addr(), now))
	}
	if !r.wish.Proven(s.config.Token, r.proof) {
		s.counts.drop(dropToken)
		return answer{}, false
	}
	if !s.admitted(s.sipLimit.take(a.from.Addr(), now)) {
		return answer{}, false
	}
	given := answer{dscp: r.wish.DSCP}
	var refused []string
	if r.wish.OtherPort {
		if given.other = other; !other {
			refused = append(refused, "port")
		}
	}
	if r.wish.Delay > 0 {
		if r.wish.Delay <= s.config.LongestDelay && len(raw) <= longestWaiting && s.later.reserve(a.from.Addr()) {
			given.delay = r.wish.Delay
		} else {
			refused = append(refused, "delay")
		}
	}
	for _, wish := range refused {
		s.counts.refused.WithLabelValues(wish).Inc()
	}
	given.bytes = reply(r, a, refused)
	return given, true
}

// admitted counts what a limiter refused.
func (s *Server) admitted(v verdict) bool {
	switch v {
	case tooManyOfOne:
		s.counts.drop(dropRate)
	case tooManyOfAll:
		s.counts.drop(dropRateAll)
	}
	return v == granted
}

// reason is the label under which a message that cannot be read is counted.
func reason(err error) string {
	if errors.Is(err, errStranger) {
		return dropStranger
	}
	return dropMalformed
}
