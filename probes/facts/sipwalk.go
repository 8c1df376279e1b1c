package facts

// SIPWalk is how far packets on the trunk's own port get on the way to the provider, beside packets on another port. It is
// made only where the trunk's SIP is silent. (light 3)
type SIPWalk struct {
	Transport string `json:"transport"` // the trunk's: datagrams for "udp", else connections
	SIP       Walk   `json:"sip"`       // to the trunk's own port, no farther than routers answered on the other
	Other     Walk   `json:"other"`     // to a port that is not SIP's
	Pairs     []Pair `json:"pairs"`     // the first router beyond the end of SIP, asked again on both ports at the same moment
}

// Pair is one hop, asked on the trunk's port and right behind that on the other: a router that tells little in a second told
// the first before the second.
type Pair struct {
	SIP   Hop `json:"sip"`
	Other Hop `json:"other"`
}

// router reports whether a packet ended there, as it was to (RFC 792, type 11).
func (h Hop) router() bool { return h.Addr.IsValid() && h.Type == 11 }

// lastRouter is the farthest router that answered; zero when none did.
func (w Walk) lastRouter() (last Hop) {
	for _, h := range w.Hops {
		if h.router() {
			last = h
		}
	}
	return last
}

// Routers is how many hops of the way are routers, by the farthest that answered.
func (w Walk) Routers() int { return w.lastRouter().TTL }

// farthest is the farthest router that packets on the trunk's port reached; zero when none told.
func (w SIPWalk) farthest() Hop {
	last := w.SIP.lastRouter()
	for _, p := range w.Pairs {
		if p.SIP.router() && p.SIP.TTL > last.TTL {
			last = p.SIP
		}
	}
	return last
}

// End is between which two hops packets on the trunk's port end, while others go on; ok is false where they do not, or
// where the other port shows no farther way. by is the device that turned them away, or answered in the provider's place
// (with the provider's address); zero for silence.
func (w SIPWalk) End() (at Place, by Hop, ok bool) {
	last := w.farthest()
	at = Place{Unchanged: last.TTL, From: last.Addr}
	for _, h := range w.Other.Hops {
		if h.router() && h.TTL > last.TTL {
			at.Changed, at.To = h.TTL, h.Addr
			break
		}
	}
	asked := w.SIP.Hops
	for _, p := range w.Pairs {
		asked = append(asked[:len(asked):len(asked)], p.SIP)
	}
	for _, h := range asked {
		if h.TTL > last.TTL && h.Addr.IsValid() {
			by = h
			break
		}
	}
	return at, by, at.Changed > 0
}

// pairsToConfirm are so many further silences, each beside an answer.
const pairsToConfirm = 2

// Confirmed reports whether the end stands on more than one silence: a device turned packets away, or the next router told
// of the other port and not of the trunk's, when both were asked at the same moment. What bears the provider's own address is
// another's only where packets ended first: farther on, a shorter way may have led to the provider.
func (w SIPWalk) Confirmed() bool {
	at, by, ok := w.End()
	told := 0
	for _, p := range w.Pairs {
		if p.Other.router() && p.Other.TTL == at.Changed {
			told++
		}
	}
	turned := by.Addr.IsValid() && (by.Addr != w.SIP.To.Addr() || by.TTL == at.Changed)
	return ok && (turned || told >= pairsToConfirm)
}

// Reached is the farthest router that packets on both ports reached; ok is false where those on the trunk's own port ended
// earlier than others, and where no router told.
func (w SIPWalk) Reached() (last Hop, ok bool) {
	if _, _, ended := w.End(); ended {
		return Hop{}, false
	}
	last = w.farthest()
	return last, last.TTL > 0
}
